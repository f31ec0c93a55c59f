"""`python -m lab.balancer`: the lab's cloud controller manager, on the balancer host.

Started by `lab.up`. It runs the controller `controllers.service_lb` with the lab's own cloud behind it, as a cloud's
vendor builds a cloud-controller-manager. It leaves out leader election: there is one balancer host in a lab.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import signal
import sys

from controllers.controller import Context
from controllers.manager import run_controllers, slim
from controllers.service_lb.controller import ServiceLBController, is_target, wants_balancer
from kube.api.core_v1 import Node, Service
from kube.client import Client, Unreachable
from kube.informer import Informers
from lab.balancer.host import Host
from lab.balancer.pool import Pool, addresses_between
from lab.balancer.provider import LabLoadBalancers
from lab.balancer.publish import Publisher

log = logging.getLogger("lab.balancer")


def _parse(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab.balancer", description=__doc__.split("\n\n")[0])
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--pool", required=True, metavar="FIRST-LAST[,...]", help="addresses of load balancers")
    parser.add_argument("--device", default="eth0", help="the network card that gets them")
    parser.add_argument("--publish-fd", type=int, help="an open network namespace, on whose loopback to publish them")
    return parser.parse_args(argv)


def read_pool(text: str) -> Pool:
    """`192.168.77.200-192.168.77.250`, of each family one range. Raises ValueError."""
    ranges: dict[str, list[str]] = {}
    for part in text.split(","):
        first, _, last = part.partition("-")
        ranges.setdefault("IPv6" if ":" in first else "IPv4", []).extend(addresses_between(first, last or first))
    return Pool(ranges)


async def run(options: argparse.Namespace) -> None:
    """Until cancelled."""
    async with Client.from_kubeconfig(options.kubeconfig, user_agent="lab-cloud-controller-manager") as client:
        host, publisher = Host(options.device), Publisher(options.publish_fd)
        cloud = LabLoadBalancers(client, read_pool(options.pool), host, publisher)
        context = Context(client, Informers(client, transform=slim), cloud=cloud)
        controller = ServiceLBController(context)
        await _restore(client, cloud)
        log.info("a load balancer for every Service that wants one, from %s", options.pool)
        async with asyncio.TaskGroup() as group:
            group.create_task(cloud.health.run())
            group.create_task(run_controllers(context, [controller]))


async def _restore(client: Client, cloud: LabLoadBalancers) -> None:
    while True:
        try:
            services, nodes = await client.list(Service), await client.list(Node)
            break
        except Unreachable as error:
            log.warning("%s", error)
            await asyncio.sleep(0.5)
    wanting = [service for service in services if wants_balancer(service)]
    targets = [node for node in nodes if is_target(node)]
    await cloud.restore((service, targets) for service in wanting)


async def _until_signalled(options: argparse.Namespace) -> None:
    task = asyncio.current_task()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await run(options)


def main() -> None:
    line = "%(asctime)s %(levelname).1s %(name)s: %(message)s"
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=line)
    asyncio.run(_until_signalled(_parse()))


if __name__ == "__main__":
    main()
