"""`clusters.lab.server`: one value of a kubeconfig by its path. Called by `config set` and `config unset`.

A name may hold dots: the longest known entry that the path begins with is meant.
"""

from __future__ import annotations

import base64
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.kubeconfig_files import SECTIONS, KubeconfigFiles

Json = dict[str, Any]
FIELDS = {
    "clusters": ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority",
                 "certificate-authority-data", "proxy-url", "disable-compression"),
    "contexts": ("cluster", "user", "namespace"),
    "users": ("client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
              "act-as", "act-as-uid", "act-as-groups", "username", "password", "auth-provider", "exec"),
}  # fmt: skip
"""In the order in which kubectl prints them."""


def set_value(files: KubeconfigFiles, path: str, value: str, *, raw: bool) -> None:
    """Raises CommandError for a path that leads to no value."""
    if path == "current-context":
        files.set_current(value)
        return
    section, name, field = _split(files, path)
    if not field:
        raise CommandError(f"unable to parse {path} after [] at api.Config")
    new: Any = value
    if field.endswith("-data"):
        new = base64.b64encode(value.encode() if raw else _decoded(value)).decode()
    elif field in ("insecure-skip-tls-verify", "disable-compression"):
        if value not in ("true", "false"):
            raise CommandError(f'strconv.ParseBool: parsing "{value}": invalid syntax')
        new = value == "true"
    body = (files.entry(section, name) or {}) | {field: new}
    files.put(section, name, {k: v for k, v in body.items() if v is not False})


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as why:
        raise CommandError(f"error decoding input value: illegal base64 data: {why}") from why


def unset_value(files: KubeconfigFiles, path: str) -> None:
    """Takes a field, an entry, a whole section or the current context away."""
    if path == "current-context":
        files.set_current("")
        return
    if path in SECTIONS:
        for name in files.names(path):
            files.remove(path, name)
        return
    section, name, field = _split(files, path)
    body = files.entry(section, name)
    if body is None:
        raise CommandError(f"current map key `{name}` is invalid")
    if field:
        files.put(section, name, {k: v for k, v in body.items() if k != field})
    else:
        files.remove(section, name)


def _split(files: KubeconfigFiles, path: str) -> tuple[str, str, str]:
    section, _, rest = path.partition(".")
    if section not in SECTIONS or not rest:
        raise CommandError(f"unable to parse {path} after [] at api.Config")
    name, dot, field = rest.rpartition(".")
    if dot and field in FIELDS[section]:
        return section, name, field
    if rest in files.names(section) or not dot:
        return section, rest, ""
    raise CommandError(f"unable to parse {path} after [{section}] at api.{section}")
