"""ConfigMaps and Secrets from literals, files and env files.

Called by `kubectl_lite create configmap` and `create secret`. It reads files; it knows no server.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError


def config_map(name: str, pairs: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """A ConfigMap; what is not UTF-8 goes into `binaryData`."""
    obj: dict[str, Any] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
    for key, value in pairs:
        try:
            obj.setdefault("data", {})[key] = value.decode()
        except UnicodeDecodeError:
            obj.setdefault("binaryData", {})[key] = base64.b64encode(value).decode()
    return obj


def secret(name: str, type_: str, pairs: Sequence[tuple[str, bytes]]) -> dict[str, Any]:
    """A Secret; its type only when one was given."""
    obj: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    if type_:
        obj["type"] = type_
    if pairs:
        obj["data"] = {key: base64.b64encode(value).decode() for key, value in pairs}
    return obj


def hashed(obj: dict[str, Any]) -> dict[str, Any]:
    """The object under a name that changes with its content. Source: k8s.io/kubectl/pkg/util/hash."""
    content = {"name": obj["metadata"]["name"], "kind": obj["kind"]}
    if obj["kind"] == "Secret":
        content |= {"type": obj.get("type", ""), "data": obj.get("data") or {}}
    else:
        content |= {"data": obj.get("data") or ""} | {k: v for k, v in obj.items() if k == "binaryData"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digits = hashlib.sha256(text.encode()).hexdigest()[:10].translate(str.maketrans("013ae", "ghkmt"))
    return obj | {"metadata": obj["metadata"] | {"name": f"{obj['metadata']['name']}-{digits}"}}


def tls_secret(name: str, cert: str, key: str) -> dict[str, Any]:
    """A certificate and its key, from files. Raises CommandError for files that are missing or no such pair."""
    import ssl

    if not cert or not key:
        raise CommandError("key and cert must be specified")
    files = [_bytes(path) for path in (cert, key)]
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as why:
        raise CommandError(f"tls: {cert} and {key} are not a certificate and its private key: {why}") from why
    return secret(name, "kubernetes.io/tls", list(zip(("tls.crt", "tls.key"), files, strict=True)))


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as why:
        text = (why.strerror or "").lower()
        raise CommandError(f"Cannot read file {path}, open {path}: {text}") from why


def registry_secret(
    name: str, server: str, username: str, password: str, email: str, files: Sequence[str]
) -> dict[str, Any]:  # fmt: skip
    """What a node shows to a registry of images to pull from it."""
    if not files and not (server and username and password):
        raise CommandError(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server "
            "is required"
        )
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    entry = {"username": username, "password": password} | ({"email": email} if email else {}) | {"auth": auth}
    content = json.dumps({"auths": {server: entry}}, separators=(",", ":")).encode()
    found = [pair for path in files for pair in _file(path)] or [(".dockerconfigjson", content)]
    return secret(name, "kubernetes.io/dockerconfigjson", found)


def pairs(
    literals: Sequence[str], files: Sequence[str], env_files: Sequence[str], what: str
) -> list[tuple[str, bytes]]:  # fmt: skip
    """All key-value pairs. Raises CommandError for a bad literal, an unreadable file, and a key given twice."""
    if env_files and (literals or files):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")
    found = [pair for word in literals for pair in _literal(word)]
    found += [pair for word in files for pair in _file(word)]
    found += [pair for path in env_files for pair in _env_file(path)]
    seen: set[str] = set()
    for key, _ in found:
        if key in seen:
            raise CommandError(f'cannot add key "{key}", another key by that name already exists in Data for {what}')
        seen.add(key)
    return found


def _literal(word: str) -> Iterator[tuple[str, bytes]]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise CommandError(f"invalid literal source {word}, expected key=value")
    yield key, value.encode()


def _file(word: str) -> Iterator[tuple[str, bytes]]:
    key, equals, name = word.partition("=")
    path = Path(name if equals else word)
    if not path.exists():
        raise CommandError(f"error reading {path}: no such file or directory")
    if path.is_dir():
        if equals:
            raise CommandError("cannot give a key name for a directory path")
        yield from ((f.name, f.read_bytes()) for f in sorted(path.iterdir()) if f.is_file())
    else:
        yield key if equals else path.name, path.read_bytes()


def _env_file(path: str) -> Iterator[tuple[str, bytes]]:
    if not Path(path).exists():
        raise CommandError(f"error reading {path}: no such file or directory")
    for line in Path(path).read_text().splitlines():
        text = line.lstrip()
        if text and not text.startswith("#"):
            key, _, value = text.partition("=")
            yield key, value.encode()
