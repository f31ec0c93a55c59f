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
from proxy.memory import collect_seldom

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


def make_dataplane(config: Config, mode: str, primary: list[str]) -> Dataplane:
    """The dataplane of a mode. `primary`: the Node's internal addresses."""
    prefixes = config.node_port_prefixes(primary)
    cidrs = config.cluster_cidrs
    families = config.families
    if mode == "nftables":
        from proxy.nftables.kernel import Nft
        from proxy.nftables.proxier import NftablesProxier
        from proxy.nftables.skeleton import Settings

        own = {f: tuple(p for p in prefixes if (":" in p) == (f == 6)) for f in families}
        return NftablesProxier(Nft(), [Settings(f, cidrs.get(f, ""), own[f]) for f in families], config.dry_run)
    from proxy.ipvs.draining import Draining
    from proxy.ipvs.kernel import Kernel
    from proxy.ipvs.proxier import IpvsProxier

    return IpvsProxier(
        Kernel(families, cidrs, config.ipvs_strict_arp),
        lambda addresses: choose_addresses(addresses, prefixes),
        config.ipvs_scheduler,
        Draining(config.ipvs_drain_seconds),
        config.dry_run,
    )


def clean_up(config: Config) -> int:
    """Removes what either dataplane left; with `--proxy-mode` only that one's."""
    from proxy.ipvs import kernel as ipvs
    from proxy.nftables import kernel as nftables

    there = {"ipvs": ipvs.available, "nftables": nftables.available}
    for mode, is_available in there.items():
        if config.proxy_mode in ("auto", mode) and is_available():
            dataplane = make_dataplane(config, mode, [])
            dataplane.cleanup()
            dataplane.close()
            log.info("removed all that was ours from %s", mode)
    return 0


async def _run(config: Config) -> int:
    from proxy.runner import Proxy

    mode, why = choose_mode(config)
    log.info("mode %s: %s", mode, why)
    async with Client.from_kubeconfig(config.kubeconfig or None, user_agent="kube-lite-proxy") as client:
        primary = await _primary_addresses(config, client)
        dataplane = make_dataplane(config, mode, primary)
        try:
            await _until_signalled(Proxy(config, client, dataplane).run())
        finally:
            dataplane.close()
    return 0


async def _primary_addresses(config: Config, client: Client) -> list[str]:
    """The Node's internal addresses, waited for where `--nodeport-addresses primary` needs them."""
    if config.nodeport_addresses != "primary":
        return []
    while True:
        with contextlib.suppress(StatusError, Unreachable):
            node = await client.get(Node, config.node_name)
            if found := [a.address for a in node.status.addresses if a.type == "InternalIP"]:
                return found
        await asyncio.sleep(1)


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
