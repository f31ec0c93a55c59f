"""ConfigMaps and Secrets from pairs of keys and values, certificates, or what opens a registry of images.

Called by `kubectl_lite create configmap` and `create secret`; `generators.sources` reads the pairs. It knows no server.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.generators.sources import pairs


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
    _check_pem(*files)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (ssl.SSLError, OSError) as why:
        unlike = "KEY_VALUES_MISMATCH" in str(why)
        text = "tls: private key does not match public key" if unlike else "x509: malformed certificate"
        raise CommandError(text) from why
    return secret(name, "kubernetes.io/tls", list(zip(("tls.crt", "tls.key"), files, strict=True)))


def _check_pem(cert: bytes, key: bytes) -> None:
    """Raises CommandError, in the words of Go's crypto/tls, for what is no PEM of such a thing."""
    for file, wanted, name in ((cert, b"CERTIFICATE-", "certificate"), (key, b"PRIVATE KEY-", "key")):
        if b"-----BEGIN " not in file:
            raise CommandError(f"tls: failed to find any PEM data in {name} input")
        if wanted not in file:
            raise CommandError(
                "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs "
                "may have been switched" if name == "certificate" else
                "tls: found a certificate rather than a key in the PEM for the private key"
            )  # fmt: skip


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
    words = [word if "=" in word else f".dockerconfigjson={word}" for word in files]
    found = pairs((), words, (), "Secret", name) or [(".dockerconfigjson", content)]
    return secret(name, "kubernetes.io/dockerconfigjson", found)
