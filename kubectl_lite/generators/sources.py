"""Pairs of keys and values from literals, files, directories and env files.

Called by `create configmap` and `create secret`, and by `generators.config`. It reads files.
Source: k8s.io/kubectl/pkg/util (util.go, env_file.go) and pkg/cmd/create (create_configmap.go, create_secret.go).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from kube.apimachinery.validation.names import is_config_map_key
from kubectl_lite.env_names import check_env_name
from kubectl_lite.errors import CommandError

Pair = tuple[str, bytes]
MARK = b"\xef\xbb\xbf"
"""With which some editors begin a file of UTF-8."""


def pairs(
    literals: Sequence[str], files: Sequence[str], env_files: Sequence[str], kind: str, name: str
) -> list[Pair]:  # fmt: skip
    """All pairs. Raises CommandError for a bad literal or key, an unreadable file, and a key given twice."""
    if env_files and (literals or files):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")
    found: dict[str, bytes] = {}
    for key, value in _all(literals, files, env_files):
        if errors := is_config_map_key(key):
            is_secret = kind == "Secret"
            what = "is not valid key name for a Secret" if is_secret else "is not a valid key name for a ConfigMap:"
            raise CommandError(f'"{key}" {what} {(";" if is_secret else ",").join(errors)}')
        if key in found:
            shown, where = (f'"{key}"', f' in Data for {kind} "{name}"') if kind == "ConfigMap" else (key, "")
            raise CommandError(f"cannot add key {shown}, another key by that name already exists{where}")
        found[key] = value
    return list(found.items())


def _all(literals: Sequence[str], files: Sequence[str], env_files: Sequence[str]) -> Iterator[Pair]:
    for word in files:
        yield from _file(word)
    for word in literals:
        yield _literal(word)
    for word in env_files:
        yield from _env_file(word)


def _literal(word: str) -> Pair:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise CommandError(f"invalid literal source {word}, expected key=value")
    return key, value.encode()


def _file(word: str) -> Iterator[Pair]:
    key, equals, name = word.partition("=")
    if "=" in name:
        raise CommandError("key names or file paths cannot contain '='")
    if equals and not key:
        raise CommandError(f"key name for file path {name} missing")
    if equals and not name:
        raise CommandError(f"file path for key name {key} missing")
    path = _existing(name if equals else word)
    if not path.is_dir():
        yield key if equals else path.name, path.read_bytes()
        return
    if equals:
        raise CommandError("cannot give a key name for a directory path")
    yield from ((file.name, file.read_bytes()) for file in sorted(path.iterdir()) if file.is_file())


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise CommandError(f"error reading {name}: no such file or directory")
    return path


def _env_file(name: str) -> Iterator[Pair]:
    path = _existing(name)
    if path.is_dir():
        raise CommandError("env config file cannot be a directory")
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            text = (line.removeprefix(MARK) if number == 1 else line).decode().lstrip()
        except UnicodeDecodeError:
            shown = " ".join(map(str, line))
            raise CommandError(f"env file {name} contains invalid utf8 bytes at line {number}: [{shown}]") from None
        if text and not text.startswith("#"):
            yield _variable(text)


def _variable(text: str) -> Pair:
    """`A=b`; a bare `A` takes its value from our own environment."""
    key, equals, value = text.partition("=")
    check_env_name(key)
    return key, (value if equals else os.environ.get(key, "")).encode()
