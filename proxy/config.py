"""The configuration of the process: one frozen dataclass, and the flags that fill it, named as kube-proxy's.

Called by `__main__`. It calls argparse; the help is made from the fields. It leaves out a configuration file.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from proxy import config_file, flag_types
from proxy.flag_types import split
from proxy.model.objects import family_of
from proxy.node_settings import Sysctl

_PODS = "which packets come from pods of the cluster: those from --cluster-cidr, from this Node's podCIDRs, or through "
_PODS += "--pod-bridge-interface or --pod-interface-name-prefix"
_PERIOD = "seconds between comparisons of the kernel with what is wanted"
_MIN_PERIOD = "seconds between two syncs: a burst of changes becomes one"
_OPEN = "where node ports and health check node ports are open: prefixes `A,B`, or `primary`; default: all but loopback"
_AS_IT_IS = "; 0 leaves it as it is"
_MODES = ["auto", "ipvs", "nftables"]
_LOCAL_MODES = ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix"]


def flag(help: str, default: Any = "", type: Any = None, **more: Any) -> Any:
    """A field that is a flag: `--its-name`."""
    return field(default=default, metadata={"help": help, "type": type, **more})


@dataclass(frozen=True)
class Config:
    config: str = flag("a KubeProxyConfiguration to read; of the flags only --hostname-override counts before it")
    kubeconfig: str = flag("path of a kubeconfig; default: as kubectl finds it")
    hostname_override: str = flag("name of the Node; default: this host's name")
    proxy_mode: str = flag("`auto`: ipvs where the kernel has it", "auto", choices=_MODES)
    cluster_cidr: str = flag("the pods' addresses, `A[,B]`", "", flag_types.cluster_cidr)
    detect_local_mode: str = flag(_PODS, "ClusterCIDR", choices=_LOCAL_MODES)
    pod_bridge_interface: str = flag("the bridge of the pods, for --detect-local-mode BridgeInterface")
    pod_interface_name_prefix: str = flag("how pods' interfaces begin, for --detect-local-mode InterfaceNamePrefix")
    masquerade_all: bool = flag("masquerade all that is sent to cluster IPs", False)
    iptables_masquerade_bit: int = flag("the bit of the mark that asks for it", 14, flag_types.masquerade_bit)
    nodeport_addresses: str = flag(_OPEN, "", flag_types.node_port_addresses)
    ipvs_scheduler: str = flag("the scheduler of virtual servers", "rr", flag_types.scheduler)
    ipvs_strict_arp: bool = flag("answer ARP only for addresses of the interface itself", False)
    ipvs_exclude_cidrs: str = flag("virtual servers on these addresses are never removed", "", flag_types.prefixes)
    ipvs_tcp_timeout: float = flag("seconds that an idle TCP connection is remembered" + _AS_IT_IS, 0.0)
    ipvs_tcpfin_timeout: float = flag("the same after a FIN" + _AS_IT_IS, 0.0)
    ipvs_udp_timeout: float = flag("the same for UDP" + _AS_IT_IS, 0.0)
    ipvs_sync_period: float = flag(_PERIOD + ", in mode ipvs", 30.0, flag_types.period)
    ipvs_min_sync_period: float = flag(_MIN_PERIOD + ", in mode ipvs", 0.02)
    ipvs_drain_seconds: float = flag("how long connections may keep a removed endpoint", 900.0)
    iptables_sync_period: float = flag(_PERIOD + ", in mode nftables", 30.0, flag_types.period)
    iptables_min_sync_period: float = flag(_MIN_PERIOD + ", in mode nftables", 0.02)
    conntrack_max_per_core: int = flag("connections to track, for each processor" + _AS_IT_IS, 0, flag_types.count)
    conntrack_min: int = flag("at least so many, where --conntrack-max-per-core is set", 131072, flag_types.count)
    conntrack_tcp_timeout_established: float = flag("seconds of an idle TCP connection" + _AS_IT_IS, 0.0)
    conntrack_tcp_timeout_close_wait: float = flag("the same in the state CLOSE_WAIT" + _AS_IT_IS, 0.0)
    conntrack_tcp_be_liberal: bool = flag("accept TCP packets out of their window", False)
    conntrack_udp_timeout: float = flag("seconds of a UDP flow without answer" + _AS_IT_IS, 0.0)
    conntrack_udp_timeout_stream: float = flag("seconds of a UDP flow with answers" + _AS_IT_IS, 0.0)
    healthz_bind_address: str = flag(
        "where /healthz and /livez are served; empty turns it off", "0.0.0.0:10256", flag_types.bind_address
    )
    metrics_bind_address: str = flag(
        "where /metrics and /proxyMode are served; empty turns it off", "127.0.0.1:10249", flag_types.bind_address
    )
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
        return {family_of(c): c for c in split(self.cluster_cidr)}

    @property
    def families(self) -> list[int]:
        """The families that are proxied: those of the pods' prefixes; IPv4 where none is told."""
        return sorted(self.cluster_cidrs) or [4]

    def sync_period(self, mode: str) -> float:
        return self.ipvs_sync_period if mode == "ipvs" else self.iptables_sync_period

    def min_sync_period(self, mode: str) -> float:
        return self.ipvs_min_sync_period if mode == "ipvs" else self.iptables_min_sync_period

    def node_port_prefixes(self, primary: Sequence[str]) -> tuple[str, ...]:
        """The prefixes on which node ports are open; empty: everywhere. `primary`: the Node's internal addresses."""
        return tuple(primary) if self.nodeport_addresses == "primary" else tuple(split(self.nodeport_addresses))

    def conntrack_settings(self) -> list[Sysctl]:
        """What the --conntrack flags ask for."""
        limit = max(self.conntrack_min, self.conntrack_max_per_core * (os.cpu_count() or 1))
        wanted = {
            "max": limit if self.conntrack_max_per_core else 0,
            "tcp_timeout_established": self.conntrack_tcp_timeout_established,
            "tcp_timeout_close_wait": self.conntrack_tcp_timeout_close_wait,
            "tcp_be_liberal": self.conntrack_tcp_be_liberal,
            "udp_timeout": self.conntrack_udp_timeout,
            "udp_timeout_stream": self.conntrack_udp_timeout_stream,
        }
        return [
            Sysctl(f"net/netfilter/nf_conntrack_{name}", str(int(value)), f"--conntrack-{name.replace('_', '-')}")
            for name, value in wanted.items() if value
        ]  # fmt: skip


def choose_addresses(own: Sequence[str], prefixes: Sequence[str]) -> list[str]:
    """Those of the node's own addresses that node ports are open on."""
    if not prefixes:
        return list(own)
    networks = [ipaddress.ip_network(prefix, strict=False) for prefix in prefixes]
    return [a for a in own if any(ipaddress.ip_address(a) in network for network in networks)]


def parse(argv: list[str] | None = None) -> Config:
    """The configuration of a command line. Exits with a message on a wrong one, as argparse does."""
    parser = _parser()
    config = Config(**vars(parser.parse_args(argv)))
    if config.config:
        config = _with_file(parser, config)
    if wrong := _contradiction(config):
        parser.error(wrong)
    return config


def _with_file(parser: argparse.ArgumentParser, flags: Config) -> Config:
    """What the file says, and what no file can say: how this process is to be run."""
    try:
        found = Config(**vars(parser.parse_args(config_file.flags_in(flags.config))))
    except (OSError, ValueError) as error:
        parser.error(f"--config {flags.config}: {error}")
    kept = {name: getattr(flags, name) for name in ("config", "dry_run", "once", "cleanup", "v", "ipvs_drain_seconds")}
    return replace(found, hostname_override=flags.hostname_override or found.hostname_override, **kept)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m proxy", description="kube-lite's service proxy, one a node")
    for one in fields(Config):
        names = ["-v", "--v"] if one.name == "v" else ["--" + one.name.replace("_", "-")]
        kind: dict[str, Any] = {"type": one.metadata["type"] or _TYPES[type(one.default)]}
        if isinstance(one.default, bool):
            kind |= {"nargs": "?", "const": True}
        if "choices" in one.metadata:
            kind["choices"] = one.metadata["choices"]
        parser.add_argument(*names, dest=one.name, default=one.default, help=one.metadata["help"], **kind)
    return parser


def _contradiction(config: Config) -> str:
    """What no flag alone shows."""
    for mode, name in (("ipvs", "ipvs"), ("nftables", "iptables")):
        if config.min_sync_period(mode) > config.sync_period(mode):
            return f"--{name}-sync-period: must be greater than or equal to --{name}-min-sync-period"
    needed = {"BridgeInterface": "pod_bridge_interface", "InterfaceNamePrefix": "pod_interface_name_prefix"}
    name = needed.get(config.detect_local_mode, "")
    if name and not getattr(config, name):
        return f"--detect-local-mode {config.detect_local_mode} needs --{name.replace('_', '-')}"
    return ""


_TYPES: dict[type, Any] = {str: str, float: flag_types.duration, int: int, bool: flag_types.truth}
