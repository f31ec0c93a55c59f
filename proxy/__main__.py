"""`python -m proxy`: one node's service proxy. The composition root: flags, mode, dataplane, client, loop.

Called by whoever starts the node (the lab, docker-compose, systemd). It works on the network namespace it runs in.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys

from kube import process_metrics
from kube.api.core_v1 import Node
from kube.apimachinery.errors import StatusError
from kube.client import Client, ConfigError, Unreachable
from proxy.config import Config, choose_addresses, parse
from proxy.dataplane import Dataplane
from proxy.flag_types import split
from proxy.memory import collect_seldom
from proxy.model.objects import family_of
from proxy.model.traffic import Traffic
from proxy.netlink.rtnetlink import RouteSocket

log = logging.getLogger("proxy")


def main(argv: list[str] | None = None) -> int:
    config = parse(argv)
    logging.basicConfig(
        level={0: logging.ERROR, 1: logging.INFO}.get(config.v, logging.DEBUG if config.v >= 4 else logging.INFO),
        format="%(asctime)s %(levelname).1s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    collect_seldom()
    process_metrics.register()
    try:
        if config.cleanup:
            return clean_up(config)
        return asyncio.run(_run(config))
    except ConfigError as error:
        log.error("%s", error)
        return 1


def choose_mode(config: Config) -> tuple[str, str]:
    """The mode and why."""
    from proxy.ipvs import kernel as ipvs
    from proxy.nftables import kernel as nftables

    if config.proxy_mode != "auto":
        return config.proxy_mode, "as --proxy-mode says"
    if ipvs.available():
        return "ipvs", "this kernel has IPVS"
    if nftables.available():
        return "nftables", "this kernel has no IPVS"
    raise ConfigError("this kernel has neither IPVS (modprobe ip_vs) nor nftables")


def make_dataplane(config: Config, mode: str, node: Node | None) -> Dataplane:
    """The dataplane of a mode. `node`: this Node, where the flags need it."""
    prefixes = config.node_port_prefixes(primary_addresses(node))
    traffic = traffic_of(config, node)
    if mode == "nftables":
        from proxy.nftables.kernel import Nft
        from proxy.nftables.proxier import NftablesProxier
        from proxy.nftables.skeleton import Settings

        own = {f: tuple(p for p in prefixes if (":" in p) == (f == 6)) for f in traffic}
        tables = [Settings(f, traffic[f], own[f]) for f in traffic]
        return NftablesProxier(Nft(), tables, config.dry_run, config.conntrack_settings())
    from proxy.ipvs.draining import Draining
    from proxy.ipvs.kernel import Kernel, Options
    from proxy.ipvs.proxier import IpvsProxier

    timeouts = (config.ipvs_tcp_timeout, config.ipvs_tcpfin_timeout, config.ipvs_udp_timeout)
    return IpvsProxier(
        Kernel(traffic, Options(config.ipvs_strict_arp, timeouts, config.conntrack_settings())),
        lambda addresses: choose_addresses(addresses, prefixes),
        config.ipvs_scheduler,
        Draining(config.ipvs_drain_seconds),
        config.dry_run,
        split(config.ipvs_exclude_cidrs),
    )


def traffic_of(config: Config, node: Node | None) -> dict[int, Traffic]:
    """How packets of pods are told, in each family that is proxied."""
    common = {"masquerade_all": config.masquerade_all, "mark": 1 << config.iptables_masquerade_bit}
    match config.detect_local_mode:
        case "NodeCIDR":
            own = node.spec.podCIDRs or [node.spec.podCIDR] if node else []
            prefixes = {family_of(prefix): prefix for prefix in own if prefix}
        case "ClusterCIDR":
            prefixes = config.cluster_cidrs
        case _:
            interface = config.pod_bridge_interface
            if config.detect_local_mode == "InterfaceNamePrefix":
                interface = config.pod_interface_name_prefix + "*"
            return {family: Traffic(interface=interface, **common) for family in config.families}
    families = config.families if config.cluster_cidr else sorted(prefixes) or [4]
    return {family: Traffic(prefixes.get(family, ""), **common) for family in families}


def primary_addresses(node: Node | None) -> list[str]:
    """The Node's internal addresses."""
    return [a.address for a in node.status.addresses if a.type == "InternalIP"] if node else []


def clean_up(config: Config) -> int:
    """Removes what either dataplane left; with `--proxy-mode` only that one's."""
    from proxy.ipvs import kernel as ipvs
    from proxy.nftables import kernel as nftables

    there = {"ipvs": ipvs.available, "nftables": nftables.available}
    for mode, is_available in there.items():
        if config.proxy_mode in ("auto", mode) and is_available():
            dataplane = make_dataplane(config, mode, None)
            dataplane.cleanup()
            dataplane.close()
            log.info("removed all that was ours from %s", mode)
    return 0


async def _run(config: Config) -> int:
    from proxy.runner import Proxy

    mode, why = choose_mode(config)
    log.info("mode %s: %s", mode, why)
    async with Client.from_kubeconfig(config.kubeconfig or None, user_agent="kube-lite-proxy") as client:
        node = await _own_node(config, client)
        dataplane = make_dataplane(config, mode, node)
        try:
            proxy = Proxy(config, client, dataplane, health_check_hosts=lambda: health_check_hosts(config, node))
            await _until_signalled(proxy.run())
        finally:
            dataplane.close()
    return 0


def health_check_hosts(config: Config, node: Node | None) -> list[str] | None:
    """Where health check node ports are open: where node ports are. None: everywhere."""
    prefixes = config.node_port_prefixes(primary_addresses(node))
    if not prefixes:
        return None
    with RouteSocket() as route:
        return choose_addresses(list(dict.fromkeys(one.address for one in route.all_addresses())), prefixes)


async def _own_node(config: Config, client: Client) -> Node | None:
    """This Node, waited for where the flags need what it says."""
    needs_address, needs_prefix = config.nodeport_addresses == "primary", config.detect_local_mode == "NodeCIDR"
    while needs_address or needs_prefix:
        with contextlib.suppress(StatusError, Unreachable):
            node = await client.get(Node, config.node_name)
            if (primary_addresses(node) or not needs_address) and (node.spec.podCIDR or not needs_prefix):
                return node
        await asyncio.sleep(1)
    return None


async def _until_signalled(work) -> None:
    """Runs until it ends, or SIGTERM or SIGINT arrives. The kernel keeps its state either way."""
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    sys.exit(main())
