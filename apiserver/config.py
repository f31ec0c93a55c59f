"""The process's configuration: one frozen dataclass, from which the flags and their help are made.

Made by `__main__`, or by a test; read by the app. It calls argparse. Names and meanings are kube-apiserver's.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

_DURATION = re.compile("(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")


def flag(default: Any, help: str, **more: Any) -> Any:
    """A field that is a flag. A tuple default makes the flag repeatable (and its value comma-separated)."""
    return field(default=default, metadata={"help": help, **more})


def seconds(text: str) -> int:
    """`1h30m5s` as a number of seconds; a bare number is one already. Raises ValueError."""
    if text.isdigit():
        return int(text)
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"{text!r} is no duration")
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest


@dataclass(frozen=True)
class Config:
    """What `python -m apiserver --help` lists."""

    etcd_servers: tuple[str, ...] = flag(("http://127.0.0.1:2379",), "URLs of etcd's members.")
    etcd_prefix: str = flag("/registry", "What every key in etcd begins with.")
    etcd_cafile: str = flag("", "The certificate authority of etcd's servers.")
    etcd_certfile: str = flag("", "The certificate for etcd.")
    etcd_keyfile: str = flag("", "The key of the certificate for etcd.")
    etcd_compaction_interval: int = flag(
        300, "How often etcd forgets older history: 5m0s, or seconds; 0: never.", type=seconds
    )
    bind_address: str = flag("0.0.0.0", "The address to serve on.")
    secure_port: int = flag(6443, "The port to serve HTTPS on; 0 serves inherited sockets only.")
    listen_fd: tuple[int, ...] = flag((), "An inherited listening socket to serve too (repeatable).", type=int)
    advertise_address: str = flag("", "The address under which the cluster's members reach this server.")
    advertise_port: int = flag(0, "The port under which the cluster's members reach this server; --secure-port if 0.")
    tls_cert_file: str = flag("", "The serving certificate with its chain; without it a self-signed one is made.")
    tls_private_key_file: str = flag("", "The key of the serving certificate.")
    client_ca_file: str = flag("", "The authority whose client certificates are believed.")
    token_auth_file: str = flag("", 'Lines of token,user,uid,"group,group".')
    anonymous_auth: bool = flag(True, "Let requests without credentials through as system:anonymous.")
    service_account_key_file: tuple[str, ...] = flag((), "Keys (public, or private) that check service account tokens.")
    service_account_signing_key_file: str = flag("", "The key that signs service account tokens.")
    service_account_issuer: str = flag("https://kubernetes.default.svc", "The issuer of service account tokens.")
    api_audiences: tuple[str, ...] = flag((), "Audiences of this server; the issuer by default.")
    service_cluster_ip_range: tuple[str, ...] = flag(("10.96.0.0/16",), "Where cluster IPs come from: a range or two.")
    service_node_port_range: str = flag("30000-32767", "Where node ports come from.")
    authorization_mode: tuple[str, ...] = flag(("Node", "RBAC"), "Node, RBAC, AlwaysAllow, AlwaysDeny: asked in turn.")
    enable_admission_plugins: tuple[str, ...] = flag((), "Admission plugins to use besides the default ones.")
    disable_admission_plugins: tuple[str, ...] = flag((), "Default admission plugins to leave out.")
    kubelet_client_certificate: str = flag("", "The certificate shown to kubelets.")
    kubelet_client_key: str = flag("", "The key of the certificate shown to kubelets.")
    kubelet_certificate_authority: str = flag("", "The authority of the kubelets' serving certificates.")
    controllers_address: str = flag("127.0.0.1:10257", "Where the controllers serve; /debug/controllers leads there.")
    max_mutating_requests_inflight: int = flag(400, "Writes that may be under way at once; 0: any number.")
    max_requests_inflight: int = flag(800, "Reads that may be under way at once; 0: any number.")
    request_timeout: int = flag(60, "How long a request may take: 1m30s, or seconds.", type=seconds)
    event_ttl: int = flag(3600, "For how long Events are kept: 1h30m, or seconds.", type=seconds)
    workers: int = flag(1, "Processes that serve, each with its own watch cache.")
    v: int = flag(0, "How much is logged: 0 what matters, 2 every write, 4 every request.")

    @property
    def public_port(self) -> int:
        """The port to advertise."""
        return self.advertise_port or self.secure_port or 443

    def validate(self) -> None:
        """Raises ValueError, in the words of kube-apiserver, for values that contradict each other."""
        if not self.authorization_mode:
            raise ValueError("at least one authorization-mode must be passed")
        if len(set(self.authorization_mode)) < len(self.authorization_mode):
            raise ValueError(f"authorization-mode {list(self.authorization_mode)} has mode specified more than once")
        if not self.secure_port and not self.listen_fd:
            raise ValueError("--secure-port 0 needs a --listen-fd to serve on")
        if self.workers < 1:
            raise ValueError(f"--workers {self.workers} must be at least 1")


def parse(argv: Sequence[str] | None = None) -> Config:
    """The configuration of a command line. Exits as argparse does for a bad one."""
    parser = argparse.ArgumentParser(
        prog="python -m apiserver", description="The Kubernetes API server of kube-lite.", allow_abbrev=False
    )
    for f in fields(Config):
        _add(parser, f)
    given = {k: v for k, v in vars(parser.parse_args(argv)).items() if v is not None}
    return Config(**given)


def _add(parser: argparse.ArgumentParser, f: Any) -> None:
    name = ("-" if len(f.name) == 1 else "--") + f.name.replace("_", "-")
    shown = ",".join(map(str, f.default)) if isinstance(f.default, tuple) else f.default
    text = f.metadata["help"] + (f" (default {shown})" if shown not in ("", ()) else "")
    options: dict[str, Any] = {"dest": f.name, "help": text.replace("%", "%%")}
    if isinstance(f.default, bool):
        parser.add_argument(name, **options, nargs="?", const=True, type=_boolean)
    elif isinstance(f.default, tuple):
        parser.add_argument(name, **options, action=_Append, type=str, element=f.metadata.get("type", str))
    else:
        parser.add_argument(name, **options, type=f.metadata.get("type", type(f.default)))


def _boolean(text: str) -> bool:
    if text.lower() in ("true", "1", "yes"):
        return True
    if text.lower() in ("false", "0", "no"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")


class _Append(argparse.Action):
    """Values separated by commas, and further ones each time the flag is repeated."""

    def __init__(self, *args: Any, element: type, **more: Any):
        super().__init__(*args, **more)
        self._element = element

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        before = getattr(namespace, self.dest) or ()
        try:
            added = tuple(self._element(v) for v in values.split(",") if v)
        except ValueError:
            parser.error(f"argument {option_string}: invalid value {values!r}")
        setattr(namespace, self.dest, before + added)
