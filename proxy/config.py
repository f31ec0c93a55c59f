"""The configuration of the process: one frozen dataclass, and the flags that fill it, named as kube-proxy's.

Called by `__main__`. It calls argparse; the help is made from the fields. It leaves out a configuration file.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from proxy.model.objects import family_of


def flag(help: str, default: Any = "", **more: Any) -> Any:
    """A field that is a flag: `--its-name`."""
    return field(default=default, metadata={"help": help, **more})


@dataclass(frozen=True)
class Config:
    kubeconfig: str = flag("path of a kubeconfig; default: as kubectl finds it")
    hostname_override: str = flag("name of the Node; default: this host's name")
    proxy_mode: str = flag("`auto`: ipvs where the kernel has it", "auto", choices=["auto", "ipvs", "nftables"])
    cluster_cidr: str = flag("the pods' addresses; packets from elsewhere to a cluster IP are masqueraded; `A[,B]`")
    nodeport_addresses: str = flag("where node ports are open: prefixes `A,B`, or `primary`; default: all but loopback")
    ipvs_scheduler: str = flag("the scheduler of virtual servers", "rr")
    ipvs_strict_arp: bool = flag("answer ARP only for addresses of the interface itself", False)
    ipvs_drain_seconds: float = flag("how long connections may keep a removed endpoint", 900.0)
    healthz_bind_address: str = flag("where /healthz and /livez are served; `:0` turns it off", "0.0.0.0:10256")
    metrics_bind_address: str = flag("where /metrics and /proxyMode are served", "127.0.0.1:10249")
    iptables_sync_period: float = flag("seconds between full resyncs", 30.0)
    min_sync_period: float = flag("seconds between two syncs: a burst of changes becomes one", 0.02)
    dry_run: bool = flag("print the operations, touch nothing", False)
    once: bool = flag("bring the kernel to what the API says now, then exit", False)
    cleanup: bool = flag("remove all that is ours from the kernel, then exit", False)
    v: int = flag("verbosity: 2 logs each sync, 4 each operation", 1)

    @property
    def node_name(self) -> str:
        return (self.hostname_override or socket.gethostname()).lower()

    @property
    def cluster_cidrs(self) -> dict[int, str]:
        """Family -> the pods' prefix."""
        return {family_of(c): c for c in filter(None, map(str.strip, self.cluster_cidr.split(",")))}

    @property
    def families(self) -> list[int]:
        """The families that are proxied: those of the pods' prefixes; IPv4 where none is told."""
        return sorted(self.cluster_cidrs) or [4]

    def node_port_prefixes(self, primary: Sequence[str]) -> tuple[str, ...]:
        """The prefixes on which node ports are open; empty: everywhere. `primary`: the Node's internal addresses."""
        named = tuple(filter(None, map(str.strip, self.nodeport_addresses.split(","))))
        return tuple(primary) if named == ("primary",) else named


def choose_addresses(own: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """Those of the node's own addresses that node ports are open on."""
    if not prefixes:
        return list(own)
    networks = [ipaddress.ip_network(prefix, strict=False) for prefix in prefixes]
    return [a for a in own if any(ipaddress.ip_address(a) in network for network in networks)]


def parse(argv: list[str] | None = None) -> Config:
    """The configuration of a command line. Exits with a message on a wrong one, as argparse does."""
    parser = argparse.ArgumentParser(prog="python -m proxy", description="kube-lite's service proxy, one a node")
    for one in fields(Config):
        names = ["-v", "--v"] if one.name == "v" else ["--" + one.name.replace("_", "-")]
        if isinstance(one.default, bool):
            parser.add_argument(*names, action="store_true", dest=one.name, help=one.metadata["help"])
        else:
            parser.add_argument(
                *names, dest=one.name, default=one.default, type=_TYPES[type(one.default)], help=one.metadata["help"],
                choices=one.metadata.get("choices"),
            )  # fmt: skip
    return Config(**vars(parser.parse_args(argv)))


def _seconds(text: str) -> float:
    """`30`, `30s`, `1m30s`, `500ms`, as Go writes durations."""
    if not (parts := re.findall(r"([0-9.]+)(ms|s|m|h)", text)):
        return float(text)
    return sum(float(n) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit] for n, unit in parts)


_TYPES: dict[type, Any] = {str: str, float: _seconds, int: int}
