"""The kubeconfig files as they are written: read, changed entry by entry, written back. Called by `config`.

An entry is changed in the file that defines it and created in the first that exists, as kubectl has it. Merging them
for use is `kube.client.config`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
SECTIONS = {"clusters": "cluster", "contexts": "context", "users": "user"}
EMPTY: Json = {"apiVersion": "v1", "clusters": [], "contexts": [], "current-context": "", "kind": "Config",
               "preferences": {}, "users": []}  # fmt: skip


class KubeconfigFiles:
    """All files that apply, in their order."""

    def __init__(self, explicit: str = ""):
        named = [explicit] if explicit else [p for p in os.environ.get("KUBECONFIG", "").split(":") if p]
        self.paths = [Path(p) for p in named] or [Path.home() / ".kube" / "config"]
        self._documents = {path: _read(path) for path in self.paths if path.exists()}

    @property
    def default(self) -> Path:
        """Where new entries go, and whose name messages tell."""
        return next(iter(self._documents), self.paths[-1])

    @property
    def folder(self) -> Path:
        return self.default.absolute().parent

    # ---- reading ----

    def names(self, section: str) -> list[str]:
        return sorted({e["name"] for d in self._documents.values() for e in d.get(section) or ()})

    def entry(self, section: str, name: str) -> Json | None:
        """A copy of a cluster, user or context; None when there is none."""
        found = self._find(section, name)
        return None if found is None else dict(found[1].get(SECTIONS[section]) or {})

    @property
    def current(self) -> str:
        return next((d["current-context"] for d in self._documents.values() if d.get("current-context")), "")

    def merged(self) -> Json:
        """All files as one document, entries in the order of their names."""
        document: Json = dict(EMPTY)
        for section, inner in SECTIONS.items():
            document[section] = [{inner: self.entry(section, n), "name": n} for n in self.names(section)]
        return document | {"current-context": self.current}

    def _find(self, section: str, name: str) -> tuple[Path, Json] | None:
        for path, document in self._documents.items():
            for entry in document.get(section) or ():
                if entry["name"] == name:
                    return path, entry
        return None

    # ---- writing ----

    def put(self, section: str, name: str, body: Json) -> None:
        """Creates or replaces an entry."""
        found = self._find(section, name)
        path = found[0] if found else self.default
        document = self._documents.setdefault(path, dict(EMPTY))
        others = [e for e in document.get(section) or () if e["name"] != name]
        document[section] = sorted([*others, {SECTIONS[section]: body, "name": name}], key=lambda e: e["name"])
        self._write(path)

    def remove(self, section: str, name: str) -> bool:
        """Deletes an entry; returns whether it was there."""
        found = self._find(section, name)
        if found is None:
            return False
        document = self._documents[found[0]]
        document[section] = [e for e in document[section] if e["name"] != name]
        self._write(found[0])
        return True

    def set_current(self, name: str) -> None:
        holder = next((p for p, d in self._documents.items() if d.get("current-context")), self.default)
        self._documents.setdefault(holder, dict(EMPTY))["current-context"] = name
        self._write(holder)

    def _write(self, path: Path) -> None:
        from kubectl_lite.printers.yaml_printer import to_yaml

        path.parent.mkdir(parents=True, exist_ok=True)
        document = EMPTY | {k: v for k, v in self._documents[path].items() if v is not None}
        new = path.with_name(path.name + ".new")
        new.touch(mode=0o600)
        new.write_text(to_yaml(document))
        new.replace(path)


def _read(path: Path) -> Json:
    import yaml

    try:
        document = yaml.safe_load(path.read_text()) or {}
    except (OSError, yaml.YAMLError) as why:
        raise CommandError(f'error loading config file "{path}": {why}') from why
    if not isinstance(document, dict):
        raise CommandError(f'error loading config file "{path}": not a kubeconfig')
    return document
