"""`clusters.lab.server`: one value of a kubeconfig by its path. Called by `config set` and `config unset`.

A name may hold dots: the longest known entry that the path begins with is meant. Fields are those of
`kube.client.kubeconfig_v1`, under the names that kubectl's own types have for them (`act-as` for `as`).
Source: k8s.io/kubectl/pkg/cmd/config/set.go, navigation_step_parser.go.
"""

from __future__ import annotations

import base64
from typing import Any

from kube.apimachinery.base64 import canonical
from kube.apimachinery.shapes import fields_of
from kube.client.kubeconfig_v1 import BODIES
from kubectl_lite.errors import CommandError
from kubectl_lite.kubeconfig_files import SECTIONS, KubeconfigFiles
from kubectl_lite.pflag import parse_bool

Json = dict[str, Any]
_NAMES = {"act-as": "as", "act-as-uid": "as-uid", "act-as-groups": "as-groups", "act-as-user-extra": "as-user-extra"}
_ALONE = ("kind", "apiVersion")
"""Fields of the document that can be named and hold one value only."""


def set_value(files: KubeconfigFiles, path: str, value: str, *, raw: bool) -> None:
    """Raises CommandError for a path that leads to no value."""
    if path == "current-context":
        files.set_current(value)
    elif path == "preferences.colors":
        files.set_preferences({"colors": _bool(value)} if _bool(value) else {})
    elif path not in _ALONE:
        section, name, field = _split(files, path)
        if not field:
            raise CommandError(f"can't set a map to a value: {section}")
        body = files.entry(section, name) or {}
        files.put(section, name, body | {_NAMES.get(field, field): _typed(section, field, value, raw)})


def _typed(section: str, field: str, value: str, raw: bool) -> Any:
    shape = fields_of(BODIES[section])[_NAMES.get(field, field)].shape
    if shape.kind == "list":
        raise CommandError("unrecognized slice type. string")
    if shape.kind != "scalar":
        raise CommandError(f"unable to parse one or more field values of {section}.{field}")
    if shape.go == "bool":
        return _bool(value)
    return _data(value, raw) if shape.go == "[]uint8" else value


def _data(value: str, raw: bool) -> str:
    if raw:
        return base64.b64encode(value.encode()).decode()
    try:
        return canonical(value)
    except ValueError as why:
        raise CommandError(f"error decoding input value: {why}") from why


def _bool(value: str) -> bool:
    try:
        return parse_bool(value)
    except ValueError as why:
        raise CommandError(str(why)) from why


def unset_value(files: KubeconfigFiles, path: str) -> None:
    """Takes a field, an entry, a whole section or the current context away."""
    if path == "current-context":
        files.set_current("")
    elif path in ("preferences", "preferences.colors"):
        files.set_preferences({})
    elif path in SECTIONS:
        for name in files.names(path):
            files.remove(path, name)
    elif path not in _ALONE:
        _unset(files, *_split(files, path))


def _unset(files: KubeconfigFiles, section: str, name: str, field: str) -> None:
    if not field:
        files.remove(section, name)
        return
    body = files.entry(section, name)
    if body is None:
        raise CommandError(f"current map key `{name}` is invalid")
    files.put(section, name, {k: v for k, v in body.items() if k != _NAMES.get(field, field)})


def _split(files: KubeconfigFiles, path: str) -> tuple[str, str, str]:
    section, _, rest = path.partition(".")
    if section not in SECTIONS or not rest:
        raise CommandError(f"unable to parse {path} after [] at api.Config")
    known = set(fields_of(BODIES[section])) - set(_NAMES.values()) | (set(_NAMES) if section == "users" else set())
    name, dot, field = rest.rpartition(".")
    if dot and field in known:
        return section, name, field
    if any(part in known for part in name.split(".")[1:]):
        raise CommandError(f"unable to parse one or more field values of {path}")
    return section, rest, ""
