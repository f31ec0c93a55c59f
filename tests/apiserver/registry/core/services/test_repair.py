"""The repair of the node ports' books: what is decided, and that nothing is written which is no longer so."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

import pytest

from apiserver.registry.core.services.claims import NODE_PORTS
from apiserver.registry.core.services.repair import Holder, NodePortRepair, faults
from apiserver.storage.interface import Delete, Put, Stored
from tests.apiserver.registry.core.services.desk import SPECS, Desk, audit, open_desk, service
from tests.support.cluster import ApiServer

_number = itertools.count()


def key(port: int, name: str = "", data: bytes | None = None) -> Stored:
    named = f'{{"namespace":"default","name":"{name}","uid":"uid-{name}"}}'.encode()
    return Stored(f"{NODE_PORTS}{port}", named if data is None else data, 5)


def holder(name: str, *ports: int, created: str = "2026-01-01T00:00:00Z", **spec) -> Holder:
    made = service(name, type="NodePort", ports=[{"port": p % 1000 + 1, "nodePort": p} for p in ports], **spec)
    made.metadata.creationTimestamp = created
    return Holder(Stored(f"{SPECS}default/{name}", made.to_json(), 7), made)


LATER = "2026-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("keys", "holders", "expected"),
    [
        pytest.param([key(30001, "a")], [holder("a", 30001)], [], id="true"),
        pytest.param([key(30001, "a")], [], ["leak 30001 delete"], id="its Service is gone"),
        pytest.param([key(30001, "a")], [holder("a", 30002)], ["leak 30001 delete", "repair 30002 a"], id="has moved"),
        pytest.param([], [holder("a", 30001)], ["repair 30001 a"], id="lost"),
        pytest.param([key(30001, "gone")], [holder("a", 30001)], ["repair 30001 a"], id="names another"),
        pytest.param([key(30001, data=b"?")], [holder("a", 30001)], ["repair 30001 a"], id="unreadable"),
        pytest.param([key(30001, data=b"[]")], [], ["leak 30001 delete"], id="unreadable and nobody's"),
        pytest.param(
            [key(30001, "b")], [holder("a", 30001), holder("b", 30001)], ["duplicate 30001"], id="held by two"
        ),
        pytest.param(
            [], [holder("b", 30001, created=LATER), holder("a", 30001)], ["repair 30001 a", "duplicate 30001"],
            id="lost and held by two: the older one's",
        ),
        pytest.param(
            [], [holder("lb", externalTrafficPolicy="Local", healthCheckNodePort=30009)], [],
            id="a port for health checks of no load balancer is nobody's",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong(keys: list[Stored], holders: list[Holder], expected: list[str]) -> None:
    said = []
    for fault in faults(keys, holders):
        did = []
        for op in fault.ops:
            did = ["delete"] if isinstance(op, Delete) else [str(op.data).split('"name":"')[1].split('"')[0]]
        said.append(" ".join([fault.kind, fault.key.removeprefix(NODE_PORTS), *did]))
    assert said == expected


@pytest.fixture
def prefix() -> str:
    return f"/repair{next(_number)}"


@pytest.fixture
async def desk(etcd: str, prefix: str) -> AsyncIterator[Desk]:
    made = await open_desk(etcd, prefix)
    yield made
    await made.cacher.aclose()


async def test_the_books_are_true_again(desk: Desk) -> None:
    kept = await desk.create(service("kept", type="NodePort"))
    lost = await desk.create(service("lost", type="NodePort", ports=[{"port": 1}, {"port": 2}]))
    local = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
    checked = await desk.create(service("checked", **local))
    first, second = (p.nodePort for p in lost.spec.ports)
    stranger = b'{"namespace":"default","name":"stranger","uid":"x"}'
    await desk.cacher.commit([], [
        Put(f"{NODE_PORTS}30100", stranger), Delete(f"{NODE_PORTS}{first}"), Put(f"{NODE_PORTS}{second}", stranger),
        Delete(f"{NODE_PORTS}{checked.spec.healthCheckNodePort}"),
    ])  # fmt: skip
    repair = NodePortRepair(desk.cacher)
    assert sorted(f.kind for f in await repair.once()) == ["leak", "repair", "repair", "repair"]
    assert await audit(desk.cacher) == 3
    assert await repair.once() == []
    assert (await desk.create(service("new", type="NodePort", ports=[{"port": 1, "nodePort": 30100}]))).spec
    assert kept.spec.ports[0].nodePort != 30100


async def test_what_changes_meanwhile_is_left_alone(desk: Desk) -> None:
    """Between the look and the transaction the Service gives its port back, or takes the leaked one."""
    made = await desk.create(service("a", type="NodePort"))
    port = made.spec.ports[0].nodePort
    await desk.cacher.commit([], [Delete(f"{NODE_PORTS}{port}"), Put(f"{NODE_PORTS}30100", b"{}")])

    class Late(NodePortRepair):
        async def _mend(self, fault) -> bool:
            tried.append(fault.kind)
            if fault.kind == "repair":
                await desk.update("a", type="ClusterIP")
            else:
                await desk.cacher.commit([], [Delete(f"{NODE_PORTS}30100")])
                await desk.create(service("b", type="NodePort", ports=[{"port": 1, "nodePort": 30100}]))
            return await super()._mend(fault)

    tried: list[str] = []
    assert await Late(desk.cacher).once() == [], "nothing was wrong"
    assert set(tried) == {"repair", "leak"}
    assert await audit(desk.cacher) == 2


async def test_two_servers_repair_the_same_books(desk: Desk, etcd: str) -> None:
    for number in range(20):
        made = await desk.create(service(f"s{number}", type="NodePort"))
        if number % 2:
            await desk.cacher.commit([], [Delete(f"{NODE_PORTS}{made.spec.ports[0].nodePort}")])
    await desk.cacher.commit([], [Put(f"{NODE_PORTS}{port}", b"{}") for port in range(31000, 31010)])
    await asyncio.gather(NodePortRepair(desk.cacher).once(), NodePortRepair(desk.cacher).once())
    await audit(desk.cacher)


async def test_a_server_repairs_at_its_start(
    new_apiserver: Callable[..., ApiServer], etcd: str, desk: Desk, prefix: str
) -> None:
    await desk.cacher.commit([], [Put(f"{NODE_PORTS}30100", b'{"namespace":"a","name":"gone","uid":"x"}')])
    server = new_apiserver(prefix=prefix, start=False)
    async with aclosing(desk.cacher.watch(NODE_PORTS, revision=0)) as watch, asyncio.timeout(30):
        await asyncio.to_thread(server.start)
        async for event in watch:
            if (event.type, event.key) == ("DELETE", f"{NODE_PORTS}30100"):
                return
