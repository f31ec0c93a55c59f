"""Volumes as directories: replaced whole, whatever a kubelet was killed in the middle of, and left by no subPath."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kube.api.core_v1 import Container, Pod
from kubelet.pods import volumes
from kubelet.pods.volumes import VolumeError, mounts

OLD = {"a": b"1", "b": b"1", "deep/c": b"1"}
NEW = {"a": b"2", "deep/d": b"2", "e": b"2"}


class Killed(BaseException):
    """As by SIGKILL: nothing is cleaned up."""


def shown(directory: Path) -> dict[str, bytes]:
    """What a container sees."""
    tops = [name for name in os.listdir(directory) if not name.startswith("..")]
    files = [file for top in tops for file in [directory / top, *(directory / top).rglob("*")] if file.is_file()]
    return {str(file.relative_to(directory)): file.read_bytes() for file in files}


def killed_at(line: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], bool]:
    """Lets so many changes of the file system happen, and none after them; tells whether one was kept from it."""
    happened = {"changes": 0, "killed": False}

    def counted(real: Callable) -> Callable:
        def instead(*args, **more):
            happened["changes"] += 1
            if happened["changes"] > line:
                happened["killed"] = True
                raise Killed
            return real(*args, **more)

        return instead

    for name in ("mkdir", "write_bytes", "chmod", "symlink_to", "unlink"):
        monkeypatch.setattr(Path, name, counted(getattr(Path, name)))
    monkeypatch.setattr(volumes.os, "replace", counted(os.replace))
    return lambda: happened["killed"]


def test_files_are_whole_after_a_kubelet_was_killed_at_any_line(tmp_path: Path) -> None:
    for line in range(100):
        directory = tmp_path / str(line)
        directory.mkdir()
        volumes._replace_files(directory, OLD, 0o644)
        with pytest.MonkeyPatch.context() as patched:
            killed = killed_at(line, patched)
            with contextlib.suppress(Killed):
                volumes._replace_files(directory, NEW, 0o644)
            if not killed():
                break
        before = shown(directory)
        assert before.get("a") in (b"1", b"2")
        volumes._replace_files(directory, NEW, 0o644)
        assert shown(directory) == NEW
        assert len(os.listdir(directory)) == 5, "the old content is gone"
    assert line > 10
    assert shown(directory) == NEW


def _mounted(directory: Path, sub_path: str) -> str:
    container = {"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": sub_path}]}
    return mounts(Pod(), Container.from_dict(container), {"v": str(directory)}, {})[0].source


def test_a_sub_path_stays_in_its_volume(tmp_path: Path) -> None:
    directory, neighbour = tmp_path / "v", tmp_path / "v2"
    directory.mkdir(), neighbour.mkdir()
    (directory / "link").symlink_to(neighbour)
    assert _mounted(directory, "a/b") == str(directory / "a" / "b")
    for outside in ("../v2", "..", "link", "link/x"):
        with pytest.raises(VolumeError, match="leads out of its volume"):
            _mounted(directory, outside)
