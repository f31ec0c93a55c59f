"""Where the API server is and who we are: kubectl's kubeconfig format, or the files mounted into a pod.

Called by `kube.client.client` (`Client.from_kubeconfig`) and by `kubectl_lite`'s session. It calls `kubeconfig` for the
files, `usable` for what applies, `exec_plugin` for credentials and the `ssl` module. It leaves out auth-provider
plugins.
Source: kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/.
"""

from __future__ import annotations

import base64
import contextlib
import os
import ssl
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kube.client.exec_plugin import CredentialsError, ExecPlugin
from kube.client.kubeconfig import ConfigError, ConfigErrors, load_merged, paths_of
from kube.client.usable import Chosen, Overrides, choose, unusable

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TOKEN_REREAD_SECONDS = 60.0
"""A token file is read again after so long: its token is rotated by the kubelet."""


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
    impersonate_uid: str = ""
    impersonate_groups: tuple[str, ...] = ()
    impersonate_extra: tuple[tuple[str, str], ...] = ()
    plugin: ExecPlugin | None = None
    proxy_url: str = ""
    disable_compression: bool = False
    namespace: str = "default"
    context: str = ""
    user: str = ""

    def ssl_context(self) -> ssl.SSLContext | bool:
        """What to verify the server with, and our certificate. False for a plain-HTTP server. Raises ConfigError."""
        if not self.server.startswith("https:"):
            return False
        context = self._trusting()
        # Certificate authorities of test clusters often lack the key usages that Python 3.13 insists on; Go does not.
        context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        cert, key = self.cert_data, self.key_data
        if self.plugin and not cert:
            found = self.plugin.credentials()
            cert, key = found.cert_data, found.key_data
        if cert and key:
            _load_pair(context, cert, key)
        return context

    def _trusting(self) -> ssl.SSLContext:
        if self.insecure and self.ca_data:
            raise ConfigError("specifying a root certificates file with the insecure flag is not allowed")
        try:
            return ssl.create_default_context(cadata=self.ca_data.decode() if self.ca_data else None)
        except (ssl.SSLError, ValueError) as why:
            raise ConfigError("unable to load root certificates: unable to parse bytes as PEM block") from why

    def auth_headers(self) -> dict[str, str]:
        """The headers that say who we are, each once; empty when the certificate does."""
        headers: dict[str, str] = {}
        if token := self.bearer_token():
            headers["Authorization"] = f"Bearer {token}"
        elif self.username or self.password:
            pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        if self.impersonate:
            headers["Impersonate-User"] = self.impersonate
        if self.impersonate_uid:
            headers["Impersonate-Uid"] = self.impersonate_uid
        return headers

    def identity(self) -> list[tuple[str, str]]:
        """All headers that say who we are, also those that may come several times."""
        groups = [("Impersonate-Group", group) for group in self.impersonate_groups]
        extra = [(f"Impersonate-Extra-{key}", value) for key, value in self.impersonate_extra]
        return [*self.auth_headers().items(), *groups, *extra]

    def bearer_token(self) -> str:
        """The token; from its file, which wins over `token`, as kubectl has it; or else from the plugin."""
        token = (_read_token(self.token_file) if self.token_file else "") or self.token
        if not token and self.plugin and not self.username:
            return self.plugin.credentials().token
        return token


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
            raise CredentialsError(_pair_problem(cert, key, error)) from error


def _pair_problem(cert: bytes, key: bytes, error: Exception) -> str:
    """Source: Go's crypto/tls, X509KeyPair."""
    if b"-----BEGIN" not in cert:
        return "tls: failed to find any PEM data in certificate input"
    if b"-----BEGIN" not in key:
        return "tls: failed to find any PEM data in key input"
    if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH":
        return "tls: private key does not match public key"
    return f"tls: cannot use the client certificate: {error}"


def load(
    path: str | os.PathLike[str] | None = None, context: str | None = None, *, flags: Overrides | None = None,
    default_server: str = "",
) -> ClientConfig:  # fmt: skip
    """The configuration that kubectl would use: `path`, else $KUBECONFIG, else ~/.kube/config, else the pod's own.

    Raises ConfigError. Several files in $KUBECONFIG are merged, the first to name a thing wins. `flags` are laid over
    it; `default_server` is asked when no cluster names a server.
    """
    flags = flags or Overrides(context=context or "")
    merged = load_merged(paths_of(path), explicit=bool(path))
    try:
        chosen = choose(merged, flags, default_server)
    except ConfigErrors:
        if merged.contexts or merged.clusters or not in_cluster():
            raise
        return from_service_account()
    nothing_said = not (merged.clusters or any(flags.cluster_fields.values()) or any(flags.user_fields.values()))
    return from_service_account() if nothing_said and in_cluster() else from_chosen(chosen)


def from_chosen(chosen: Chosen) -> ClientConfig:
    """Reads the files that the chosen cluster and user name. Raises ConfigError.

    A server without TLS is told no secret, as with client-go.
    """
    where, who = chosen.cluster, chosen.user
    server = str(where["server"]).rstrip("/")
    server = server if "://" in server else f"http://{server}"
    config = ClientConfig(
        server=server,
        impersonate=who.get("as", ""),
        impersonate_uid=who.get("as-uid", ""),
        impersonate_groups=tuple(who.get("as-groups") or ()),
        impersonate_extra=tuple((k, v) for k, values in (who.get("as-user-extra") or {}).items() for v in values),
        proxy_url=where.get("proxy-url", ""),
        disable_compression=bool(where.get("disable-compression")),
        namespace=chosen.namespace or "default",
        context=chosen.context,
        user=chosen.user_name,
    )
    return config if not server.startswith("https:") else _with_tls(config, where, who)


def _with_tls(config: ClientConfig, where: dict[str, Any], who: dict[str, Any]) -> ClientConfig:
    if problem := unusable(who):
        raise ConfigError(problem)
    token_file = who.get("tokenFile", "")
    if token_file and not who.get("token"):
        try:
            open(token_file, "rb").close()
        except OSError as why:
            raise ConfigError(f"open {token_file}: {(why.strerror or '').lower()}") from why
    cert = _data(who, "client-certificate")
    return replace(
        config,
        ca_data=_data(where, "certificate-authority"),
        insecure=bool(where.get("insecure-skip-tls-verify", False)),
        tls_server_name=where.get("tls-server-name", ""),
        cert_data=cert,
        key_data=_data(who, "client-key") if cert else None,
        token=who.get("token", ""),
        token_file=token_file,
        username=who.get("username", ""),
        password=who.get("password", ""),
        plugin=ExecPlugin(who["exec"], _cluster_info(where)) if who.get("exec") else None,
    )


def _cluster_info(where: dict[str, Any]) -> dict[str, Any]:
    """What a plugin is told of the cluster. Source: k8s.io/client-go/pkg/apis/clientauthentication/v1/types.go."""
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url",
             "disable-compression")  # fmt: skip
    known = where | ({"certificate-authority-data": base64.b64encode(ca).decode()}
                     if (ca := _data(where, "certificate-authority")) else {})  # fmt: skip
    extensions = {e["name"]: e["extension"] for e in where.get("extensions") or ()}
    own = extensions.get("client.authentication.k8s.io/exec")
    return {k: known[k] for k in names if known.get(k)} | {"config": own}


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
