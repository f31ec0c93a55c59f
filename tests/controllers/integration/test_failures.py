"""Kills and restarts: of the manager that leads, and of the API server."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable

from kube.api.coordination_v1 import Lease
from kube.api.core_v1 import Event, Node, Pod, Service
from kube.api.networking_v1 import IPAddress
from kube.client import Client
from kube.leader_election import Timing
from tests.controllers.conftest import deployment
from tests.controllers.integration.conftest import Kubelets, ManagerProcess, until
from tests.controllers.integration.test_main_job import SERVICE, _scale, consistent
from tests.support.cluster import ApiServer


async def holder(client: Client) -> str:
    lease = await client.get(Lease, "kube-controller-manager", "kube-system")
    return lease.spec.holderIdentity or ""


async def leads(client: Client) -> str:
    leases = (await client.list(Lease, "kube-system")).items
    return next((x.spec.holderIdentity or "" for x in leases if x.metadata.name == "kube-controller-manager"), "")


AS_BY_DEFAULT = [
    f"--leader-elect-{name}={getattr(Timing(), name.replace('-', '_'))}"
    for name in ("lease-duration", "renew-deadline", "retry-period")
]


async def test_another_manager_takes_over(
    client: Client, kubelets: Kubelets, new_manager: Callable[..., ManagerProcess]
) -> None:
    """With the flags' own times, from the kill until the other has done work, in less than 15 s."""
    first = new_manager(*AS_BY_DEFAULT)
    before = await until(lambda: leads(client))
    second = new_manager(*AS_BY_DEFAULT)
    await kubelets.register("n1")
    await client.create(deployment(2))
    await client.create(Service.from_json(json.dumps(SERVICE)))
    await until(lambda: consistent(client, 2))

    first.end(signal.SIGKILL)
    killed = time.monotonic()
    await _scale(client, 4)
    await until(lambda: consistent(client, 4), 15)
    assert time.monotonic() - killed < 15
    after = await holder(client)
    assert after not in ("", before)
    told = {e.message for e in await client.list(Event, "kube-system") if e.reason == "LeaderElection"}
    assert told == {f"{before} became leader", f"{after} became leader"}

    assert second.end(signal.SIGTERM) == 0
    assert await holder(client) == "", "who stops releases the lease"


async def test_everything_converges_after_the_api_server_was_killed(
    client: Client, apiserver: ApiServer, kubelets: Kubelets, manager: ManagerProcess
) -> None:
    await kubelets.register("n1", "n2")
    await client.create(deployment(3))
    await client.create(Service.from_json(json.dumps(SERVICE)))
    await until(lambda: consistent(client, 3))
    address = (await client.get(Service, "web", "default")).spec.clusterIP
    ranges = {n.metadata.name: n.spec.podCIDR for n in await client.list(Node)}

    apiserver.kill()
    apiserver.start()
    await _scale(client, 5)
    await until(lambda: consistent(client, 5), 20)
    victim = (await client.list(Pod, "default")).items[0]
    await client.delete(Pod, victim.metadata.name, "default")
    await until(lambda: consistent(client, 5), 20)
    assert (await client.get(Service, "web", "default")).spec.clusterIP == address
    assert {n.metadata.name: n.spec.podCIDR for n in await client.list(Node)} == ranges
    booked = [a.metadata.name for a in await client.list(IPAddress)]
    assert booked.count(address) == 1
