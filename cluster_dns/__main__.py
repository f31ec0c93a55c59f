"""`python -m cluster_dns`: the composition root: flags, client, zone, sockets, health.

Flags follow CoreDNS' Corefile: what `kubernetes cluster.local`, `forward`, `health`, `ready` and `prometheus` say
there.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from collections.abc import Sequence
from dataclasses import dataclass

from cluster_dns.cluster import Cluster
from cluster_dns.forward import Forwarder
from cluster_dns.responder import Responder
from cluster_dns.server import Server
from cluster_dns.zone import Zone
from kube import process_metrics
from kube.client import Client
from kube.clock import RealClock
from kube.http_server import Answer, HttpServer, metrics

log = logging.getLogger("cluster_dns")


@dataclass(frozen=True)
class Config:
    """The flags, read."""

    kubeconfig: str = ""
    cluster_domain: str = "cluster.local"
    bind_address: tuple[str, ...] = ("0.0.0.0",)
    port: int = 53
    dns_ip: tuple[str, ...] = ("10.96.0.10",)
    forward: tuple[tuple[str, int], ...] = ()
    health_address: str = "0.0.0.0"
    health_port: int = 8080
    metrics_port: int = 9153


def parse_flags(argv: Sequence[str] | None = None) -> Config:
    """Reads the command line. Exits with a message for what it does not know."""
    default = Config()
    p = argparse.ArgumentParser("cluster_dns", description="Cluster DNS: the Kubernetes DNS specification, 1.1.0.")
    p.add_argument("--kubeconfig", default="", help="kubeconfig of the API server")
    p.add_argument("--cluster-domain", default=default.cluster_domain, help="the zone to serve")
    p.add_argument("--bind-address", action="append", help="address to listen on (repeatable; all)")
    p.add_argument("--port", type=int, default=default.port, help="port for UDP and TCP")
    p.add_argument("--dns-ip", action="append", help="cluster IP of the Service kube-dns (repeatable)")
    p.add_argument("--forward", action="append", default=[], help="upstream HOST[:PORT] for other names (repeatable)")
    p.add_argument("--health-address", default=default.health_address, help="where health is told (empty: everywhere)")
    p.add_argument("--health-port", type=int, default=default.health_port, help="port of /health and /ready")
    p.add_argument("--metrics-port", type=int, default=default.metrics_port, help="port of /metrics")
    a = p.parse_args(argv)
    return Config(
        a.kubeconfig,
        a.cluster_domain,
        tuple(a.bind_address or default.bind_address),
        a.port,
        tuple(a.dns_ip or default.dns_ip),
        tuple(_upstream(text) for text in a.forward),
        a.health_address,
        a.health_port,
        a.metrics_port,
    )


def _upstream(text: str) -> tuple[str, int]:
    """`1.2.3.4`, `1.2.3.4:5353`, `[::1]:53`, `::1`."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, int(rest.lstrip(":") or 53)
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon and ":" not in host else (text, 53)


async def serve(config: Config, stop: asyncio.Event) -> None:
    """Serves until `stop` is set."""
    zone = Zone(config.cluster_domain, config.dns_ip)
    forwarder = Forwarder(config.forward, RealClock()) if config.forward else None
    responder = Responder(zone, forwarder)
    client = Client.from_kubeconfig(config.kubeconfig or None, user_agent="cluster_dns")
    cluster = Cluster(client, zone, responder)
    server = Server(responder, config.bind_address, config.port)
    paths = {"/health": lambda: Answer("OK"), "/ready": lambda: _ready(cluster), "/metrics": metrics}
    ports = dict.fromkeys((config.health_port, config.metrics_port))
    health = {port: HttpServer(paths) for port in ports}
    for port, one in health.items():
        await one.start(config.health_address, port)
    working = asyncio.create_task(cluster.run())
    try:
        await cluster.wait_synced()  # an answer before that would deny names that exist
        await server.start()
        log.info("serving %s on port %d", zone.domain, server.port)
        if forwarder:
            await forwarder.probe_for_loop()
        await stop.wait()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await server.close()
        for one in health.values():
            await one.stop()
        await client.close()


def _ready(cluster: Cluster) -> Answer:
    return Answer("OK") if cluster.synced() else Answer("kubernetes", 503)


async def _main(config: Config) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    serving, stopped = asyncio.create_task(serve(config, stop)), asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not serving.done():  # stopped while it still waited for the API server
        _, late = await asyncio.wait((serving,), timeout=2)
        for task in late:
            task.cancel()
    await asyncio.gather(serving, return_exceptions=not serving.done())


def main(argv: Sequence[str] | None = None) -> None:
    import uvloop

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname).1s %(name)s %(message)s")
    process_metrics.register()
    uvloop.run(_main(parse_flags(argv)))


if __name__ == "__main__":
    main()
