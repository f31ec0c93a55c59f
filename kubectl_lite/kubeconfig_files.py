"""The kubeconfig files as they are changed: read, changed entry by entry under a lock, written back.

Called by `config`. An entry is changed in the file that defines it and created in the first that exists, as kubectl has
it. It calls `kube.client.kubeconfig`, which reads and merges. Source: k8s.io/client-go/tools/clientcmd/config.go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from kube.client.kubeconfig import ConfigError, Kubeconfig, load_merged, paths_of, read
from kube.client.kubeconfig_v1 import BODIES, FILE_FIELDS, SECTIONS
from kubectl_lite.connection import config_error
from kubectl_lite.errors import CommandError

__all__ = ["SECTIONS", "KubeconfigFiles"]

Json = dict[str, Any]


class KubeconfigFiles:
    """All files that apply, in their order. Raises CommandError for one that cannot be read."""

    def __init__(self, explicit: str = ""):
        self.explicit, self.paths = explicit, paths_of(explicit)
        try:
            self.merged: Kubeconfig = load_merged(self.paths, resolve=False)
        except ConfigError as why:
            raise config_error(why) from why

    @property
    def default(self) -> Path:
        """Where new entries go, and whose name messages tell."""
        return next((path for path in self.paths if path.exists()), self.paths[-1])

    # ---- reading ----

    @property
    def current(self) -> str:
        return self.merged.current_context

    def names(self, section: str) -> list[str]:
        return sorted(self.merged.section(section))

    def entry(self, section: str, name: str) -> Json | None:
        """A copy of a cluster, user or context; None when there is none."""
        return deepcopy(self.merged.section(section).get(name))

    def folder_of(self, section: str, name: str) -> Path:
        """The folder of the file that defines an entry; files that it names are seen from there."""
        return self.merged.origins.get((section, name), self.default).absolute().parent

    # ---- writing ----

    def put(self, section: str, name: str, body: Json) -> None:
        """Creates or replaces an entry."""
        clean = BODIES[section].from_dict({k: v for k, v in body.items() if v not in ("", None)}).to_dict()
        if clean == self.merged.section(section).get(name):
            return
        path = self.merged.origins.get((section, name), self.default)
        with self._locked(), self._changing(path) as config:
            config.section(section)[name] = _seen_from(path.absolute().parent, clean)
        self.merged.section(section)[name] = clean
        self.merged.origins[section, name] = path

    def remove(self, section: str, name: str) -> bool:
        """Deletes an entry; returns whether it was there."""
        path = self.merged.origins.pop((section, name), None)
        if path is None:
            return False
        with self._locked(), self._changing(path) as config:
            config.section(section).pop(name, None)
        del self.merged.section(section)[name]
        return True

    def set_current(self, name: str) -> None:
        """A name goes into the default file; to clear it, it is taken out of the first file that has one."""
        with self._locked():
            if name == self.current:
                return
            path = self.default
            if not name and not self.explicit:
                path = next(p for p in self.paths if p.exists() and read(p).current_context)
            with self._changing(path) as config:
                config.current_context = name
        self.merged.current_context = name

    def set_preferences(self, preferences: Json) -> None:
        if preferences != self.merged.preferences:
            with self._locked(), self._changing(self.default) as config:
                config.preferences = preferences

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Holds `FILE.lock` of every file, in one order, so that two writers never wait for each other."""
        with ExitStack() as held:
            for path in sorted(self.paths):
                path.parent.mkdir(parents=True, exist_ok=True)
                lock = path.with_name(path.name + ".lock")
                try:
                    os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0))
                except OSError as why:
                    raise CommandError(f"open {lock}: {(why.strerror or '').lower()}") from why
                held.callback(lock.unlink, missing_ok=True)
            yield

    @contextmanager
    def _changing(self, path: Path) -> Iterator[Kubeconfig]:
        """What one file says, to be changed and then written."""
        try:
            config = read(path)
        except FileNotFoundError:
            config = Kubeconfig()
        yield config
        _write(path, config)


def _write(path: Path, config: Kubeconfig) -> None:
    """Whole or not at all; a link stays one, and a file keeps its mode."""
    from kubectl_lite.printers.yaml_printer import to_yaml

    target = path.resolve()
    new = target.with_name(target.name + ".new")
    new.touch(mode=0o600)
    new.write_text(to_yaml(config.document()))
    new.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o600)
    new.replace(target)


def _seen_from(folder: Path, body: Json) -> Json:
    """Files beside the kubeconfig, or below, are named as seen from there; others as they are."""
    near = {f: os.path.relpath(folder / body[f], folder) for f in FILE_FIELDS if body.get(f)}
    return body | {f: path for f, path in near.items() if not path.startswith("../")}
