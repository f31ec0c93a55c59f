"""Where the API server is and who we are: kubectl's kubeconfig format, or the files mounted into a pod.

Called by `kube.client.client` (`Client.from_kubeconfig`) and by commands that show or change a kubeconfig. It calls the
`ssl` module and PyYAML. It leaves out exec and auth-provider plugins.
Source: kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/.
"""

from __future__ import annotations

import base64
import contextlib
import os
import ssl
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_REREAD_SECONDS = 60.0
"""A token file is read again after so long: its token is rotated by the kubelet."""


class ConfigError(Exception):
    """The kubeconfig is missing, unreadable or says something that cannot be used. The text is for people."""


@dataclass(frozen=True)
class ClientConfig:
    """One server and one identity."""

    server: str
    ca_data: bytes | None = None
    insecure: bool = False
    tls_server_name: str = ""
    cert_data: bytes | None = None
    key_data: bytes | None = None
    token: str = ""
    token_file: str = ""
    username: str = ""
    password: str = ""
    impersonate: str = ""
    impersonate_groups: tuple[str, ...] = ()
    namespace: str = "default"
    context: str = ""
    user: str = ""

    def ssl_context(self) -> ssl.SSLContext | bool:
        """What to verify the server with, and our certificate. False for a plain-HTTP server."""
        if not self.server.startswith("https:"):
            return False
        context = ssl.create_default_context(cadata=self.ca_data.decode() if self.ca_data else None)
        # Certificate authorities of test clusters often lack the key usages that Python 3.13 insists on; Go does not.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert_data and self.key_data:
            _load_pair(context, self.cert_data, self.key_data)
        return context

    def auth_headers(self) -> dict[str, str]:
        """The headers that say who we are; empty when the certificate does."""
        headers: dict[str, str] = {}
        if token := self.bearer_token():
            headers["Authorization"] = f"Bearer {token}"
        elif self.username:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        if self.impersonate:
            headers["Impersonate-User"] = self.impersonate
        return headers

    def bearer_token(self) -> str:
        """The token; from its file, which wins over `token`, as kubectl has it."""
        return _read_token(self.token_file) if self.token_file else self.token


_tokens: dict[str, tuple[float, str]] = {}


def _read_token(path: str) -> str:
    read_at, token = _tokens.get(path, (float("-inf"), ""))
    if time.monotonic() - read_at > TOKEN_REREAD_SECONDS:
        with contextlib.suppress(OSError):  # a file that is being replaced: the old token serves a while
            token = Path(path).read_text().strip()
        _tokens[path] = (time.monotonic(), token)
    return token


def _load_pair(context: ssl.SSLContext, cert: bytes, key: bytes) -> None:
    """OpenSSL takes a certificate and its key only from files."""
    with tempfile.TemporaryDirectory(prefix="kube-client-") as folder:
        cert_file, key_file = Path(folder, "cert.pem"), Path(folder, "key.pem")
        cert_file.write_bytes(cert)
        key_file.touch(mode=0o600)
        key_file.write_bytes(key)
        try:
            context.load_cert_chain(cert_file, key_file)
        except (ssl.SSLError, OSError) as error:
            raise ConfigError(f"tls: cannot use the client certificate: {error}") from error


def load(
    path: str | os.PathLike[str] | None = None, context: str | None = None, *, cluster: str = "", user: str = ""
) -> ClientConfig:
    """The configuration that kubectl would use: `path`, else $KUBECONFIG, else ~/.kube/config, else the pod's own.

    Raises ConfigError. Several files in $KUBECONFIG are merged, the first to name a thing wins. `cluster` and `user`
    are taken instead of the context's.
    """
    if path is None and not os.environ.get("KUBECONFIG") and not default_path().exists() and in_cluster():
        return from_service_account()
    return from_dict(load_merged(path), context, cluster=cluster, user=user)


def default_path() -> Path:
    return Path.home() / ".kube" / "config"


def load_merged(path: str | os.PathLike[str] | None = None) -> dict[str, Any]:
    """The kubeconfig as one dictionary, file references made absolute. Raises ConfigError when no file exists."""
    explicit = path is not None
    paths = [Path(path)] if explicit else [Path(p) for p in os.environ.get("KUBECONFIG", "").split(":") if p]
    paths = paths or [default_path()]
    merged: dict[str, Any] = {"clusters": [], "users": [], "contexts": []}
    found = False
    for one in paths:
        if not one.exists():
            continue
        found = True
        _merge(merged, _read_yaml(one), one.resolve().parent)
    if not found:
        if explicit:
            raise ConfigError(f"stat {path}: no such file or directory")
        raise ConfigError(
            f"no kubeconfig: neither {' nor '.join(map(str, paths))} exists; set KUBECONFIG or use --kubeconfig"
        )
    return merged


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f'error loading config file "{path}": {error}') from error
    if document is not None and not isinstance(document, dict):
        raise ConfigError(f'error loading config file "{path}": not a kubeconfig')
    return document or {}


_FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")


def _merge(merged: dict[str, Any], document: dict[str, Any], folder: Path) -> None:
    for section, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        known = {entry["name"] for entry in merged[section]}
        for entry in document.get(section) or []:
            body = dict(entry.get(inner) or {})
            for name in _FILE_FIELDS:
                if body.get(name):
                    body[name] = str(folder / body[name])
            if entry.get("name") not in known:
                merged[section].append({"name": entry.get("name", ""), inner: body})
    if document.get("current-context"):
        merged.setdefault("current-context", document["current-context"])


def _entry(document: dict[str, Any], section: str, inner: str, name: str) -> dict[str, Any] | None:
    for entry in document[section]:
        if entry["name"] == name:
            return entry[inner]
    return None


def from_dict(
    document: dict[str, Any], context: str | None = None, *, cluster: str = "", user: str = ""
) -> ClientConfig:
    """One context of a parsed kubeconfig, `cluster` and `user` taken instead of its own when given.

    Raises ConfigError when something that is named is missing."""
    name = context or document.get("current-context") or ""
    chosen = _entry(document, "contexts", "context", name)
    if chosen is None:
        if name:
            raise ConfigError(f'context "{name}" does not exist')
        if not cluster:
            raise ConfigError("current-context is not set in the kubeconfig")
        chosen = {}
    asked = cluster
    cluster, user = cluster or chosen.get("cluster", ""), user or chosen.get("user", "")
    where = _entry(document, "clusters", "cluster", cluster)
    if where is None or not where.get("server"):
        raise ConfigError(f'no server found for cluster "{asked}"' if asked else f'cluster "{cluster}" does not exist')
    who: dict[str, Any] = {}
    if user:
        who = _entry(document, "users", "user", user) or {}
        if not who:
            raise ConfigError(f'auth info "{user}" does not exist')
    return ClientConfig(
        server=str(where["server"]).rstrip("/"),
        ca_data=_data(where, "certificate-authority"),
        insecure=bool(where.get("insecure-skip-tls-verify", False)),
        tls_server_name=where.get("tls-server-name", ""),
        cert_data=_data(who, "client-certificate"),
        key_data=_data(who, "client-key"),
        token=who.get("token", ""),
        token_file=who.get("tokenFile", ""),
        username=who.get("username", ""),
        password=who.get("password", ""),
        impersonate=who.get("as", ""),
        namespace=chosen.get("namespace") or "default",
        context=name,
        user=user,
    )


def _data(body: dict[str, Any], name: str) -> bytes | None:
    """`NAME-data` in base64, else the content of the file `NAME`."""
    try:
        if body.get(name + "-data"):
            return base64.b64decode(body[name + "-data"], validate=True)
        return Path(body[name]).read_bytes() if body.get(name) else None
    except (OSError, ValueError) as error:
        raise ConfigError(f"unable to read {name}: {error}") from error


def in_cluster() -> bool:
    return bool(os.environ.get("KUBERNETES_SERVICE_HOST")) and (SERVICE_ACCOUNT / "token").exists()


def from_service_account() -> ClientConfig:
    """The configuration of a process in a pod: the Service's address and the mounted service account."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ.get("KUBERNETES_SERVICE_PORT", "443")
    namespace = SERVICE_ACCOUNT / "namespace"
    return ClientConfig(
        server=f"https://{f'[{host}]' if ':' in host else host}:{port}",
        ca_data=(SERVICE_ACCOUNT / "ca.crt").read_bytes(),
        token_file=str(SERVICE_ACCOUNT / "token"),
        namespace=namespace.read_text().strip() if namespace.exists() else "default",
    )
