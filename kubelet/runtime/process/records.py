"""The files in which the process runtime remembers pods and containers, and what they say.

Called by `ProcessRuntime` and by `enter`. Everything that outlives a kubelet is here, one directory a pod:

    pods/UID/sandbox.json                    the pod's names and addresses
    pods/UID/containers/NAME/ATTEMPT/        the shim's directory: spec.json, running.json, exit.json, log
    by-name/NAMESPACE_NAME -> ../pods/UID    to find a pod as people name it
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from kube import linux
from kubelet.runtime.interface import ContainerRecord, PodRecord


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(data))
    os.replace(fresh, path)


class Records:
    """The records below one root directory."""

    def __init__(self, root: Path):
        self.root = root
        for name in ("pods", "by-name"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def pod_directory(self, uid: str) -> Path:
        return self.root / "pods" / uid

    def attempt_directory(self, uid: str, container: str, attempt: int) -> Path:
        return self.pod_directory(uid) / "containers" / container / str(attempt)

    def uids(self) -> list[str]:
        names = os.listdir(self.root / "pods")
        return [name for name in names if (self.root / "pods" / name / "sandbox.json").exists()]

    def attempts(self, uid: str, container: str) -> list[int]:
        try:
            names = os.listdir(self.pod_directory(uid) / "containers" / container)
        except FileNotFoundError:
            return []
        return sorted(int(name) for name in names if name.isdigit())

    def container_names(self, uid: str) -> list[str]:
        try:
            return os.listdir(self.pod_directory(uid) / "containers")
        except FileNotFoundError:
            return []

    def link_name(self, namespace: str, name: str, uid: str) -> None:
        link = self.root / "by-name" / f"{namespace}_{name}"
        fresh = link.with_name(f".{uid}")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(f"../pods/{uid}")
        os.replace(fresh, link)

    def unlink_name(self, namespace: str, name: str, uid: str) -> None:
        """Only if it still means that pod: another may have taken the name."""
        link = self.root / "by-name" / f"{namespace}_{name}"
        if link.is_symlink() and os.readlink(link).endswith(uid):
            link.unlink()

    def pod(self, uid: str) -> PodRecord | None:
        """As the files have it. None when there is no sandbox."""
        sandbox = read_json(self.pod_directory(uid) / "sandbox.json")
        if sandbox is None:
            return None
        record = PodRecord(uid, sandbox["namespace"], sandbox["name"], tuple(sandbox["ips"]))
        for name in self.container_names(uid):
            *before, newest = [None, *self.attempts(uid, name)[-2:]]
            if newest is not None:
                record.containers[name] = self.container(uid, name, newest)
            if before and before[-1] is not None:
                record.previous[name] = self.container(uid, name, before[-1])
        return record

    def container(self, uid: str, name: str, attempt: int) -> ContainerRecord:
        """One attempt, as its files and its process say."""
        directory = self.attempt_directory(uid, name, attempt)
        spec = read_json(directory / "spec.json") or {}
        record = ContainerRecord(
            name, attempt, spec.get("image", ""), spec.get("image_id", ""), spec.get("container_id", ""), "created"
        )
        running, ending = read_json(directory / "running.json"), read_json(directory / "exit.json")
        if running:
            record = replace(record, state="running", pid=running["pid"], started_at=running["started_at"])
        if ending:
            return _ended(record, ending)
        if running and linux.start_time(running["pid"]) != running["start"]:
            return _vanished(record)
        return record


def _ended(record: ContainerRecord, ending: dict[str, Any]) -> ContainerRecord:
    known = ("exit_code", "signal", "reason", "message", "started_at", "finished_at")
    return replace(record, state="exited", **{key: ending[key] for key in known})


def _vanished(record: ContainerRecord) -> ContainerRecord:
    """The shim was killed with its container, and could not note the end."""
    return replace(
        record, state="exited", exit_code=137, reason="ContainerStatusUnknown",
        message="The container could not be located when the pod was terminated", finished_at=record.started_at,
    )  # fmt: skip
