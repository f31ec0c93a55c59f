"""Waiting until a lab's parts serve, and no longer: each wait ends at once when the process it waits for has died.

Called by `lab.up`. It asks the health endpoints that Kubernetes' components have, and watches the API for the
nodes.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from kube.api.core_v1 import Node
from kube.client import Client
from lab.errors import LabError

_PAUSE = 0.03


def wait_until(ready: Callable[[], bool], alive: Callable[[], bool], what: str, seconds: float) -> None:
    """Raises LabError when it died, or is not ready in time."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive():
            raise LabError(f"{what} ended while starting")
        if time.monotonic() > deadline:
            raise LabError(f"{what} was not ready within {seconds:g} s")
        time.sleep(_PAUSE)


def http_ok(connect: Callable[[], socket.socket], path: str, ca: Path | None = None) -> bool:
    """Whether GET `path` on the connection answers 200; False for every failure."""
    try:
        with contextlib.closing(connect()) as plain:
            plain.settimeout(5)
            if ca is None:
                return _get(plain, path)
            context = ssl.create_default_context(cafile=str(ca))
            with context.wrap_socket(plain, server_hostname="localhost") as wrapped:
                return _get(wrapped, path)
    except (OSError, http.client.HTTPException):
        return False


def _get(sock: socket.socket, path: str) -> bool:
    connection = http.client.HTTPConnection("localhost")
    connection.sock = sock
    connection.request("GET", path)
    return connection.getresponse().status == 200


def wait_for_nodes(kubeconfig: Path, names: list[str], alive: Callable[[], None], seconds: float) -> dict[str, Node]:
    """The nodes, once all are Ready and have pod CIDRs. `alive` raises when something needed has died."""
    return asyncio.run(_wait_for_nodes(kubeconfig, set(names), alive, seconds))


async def _wait_for_nodes(
    kubeconfig: Path, names: set[str], alive: Callable[[], None], seconds: float
) -> dict[str, Node]:
    async with Client.from_kubeconfig(kubeconfig, user_agent="lab") as client:
        found: dict[str, Node] = {}
        watcher = asyncio.create_task(_watch(client, names, found))
        deadline = time.monotonic() + seconds
        try:
            while not watcher.done():
                await asyncio.wait([watcher], timeout=0.5)
                if not watcher.done():
                    alive()
                    if time.monotonic() > deadline:
                        missing = ", ".join(sorted(names - {n for n, node in found.items() if is_ready(node)}))
                        raise LabError(f"{missing}: not Ready within {seconds:g} s", hint="see `lab logs kubelet-NODE`")
            watcher.result()
        finally:
            watcher.cancel()
        return found


async def _watch(client: Client, names: set[str], found: dict[str, Node]) -> None:
    listed = await client.list(Node)
    found.update((node.metadata.name, node) for node in listed)
    revision = listed.resource_version
    while not all(name in found and is_ready(found[name]) for name in names):
        async for event in client.watch(Node, resource_version=revision):
            revision = event.object.metadata.resourceVersion
            if event.type != "BOOKMARK":
                found[event.object.metadata.name] = event.object
            if all(name in found and is_ready(found[name]) for name in names):
                return


def is_ready(node: Node) -> bool:
    """Ready, and with a pod CIDR."""
    ready = any(condition.type == "Ready" and condition.status == "True" for condition in node.status.conditions)
    return ready and bool(node.spec.podCIDR)
