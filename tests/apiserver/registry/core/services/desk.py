"""A stand for the allocator's tests: writes Services as the generic store does, and checks the books.

Used by the tests beside it, and run as a process of its own by the test that kills one: `python -m …desk URL PREFIX`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from typing import Any

from apiserver.registry.core.services.allocation import ServiceAllocator
from apiserver.registry.core.services.claims import ADDRESSES, NODE_PORTS, claims
from apiserver.registry.generic.strategy import WriteContext
from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import Absent, CheckFailed, Delete, Put, Storage, Unchanged
from kube.api import scheme
from kube.api.core_v1 import Service

SPECS = "/registry/services/specs/"


def service(name: str, **spec: Any) -> Service:
    """A Service as it is after decoding and defaulting."""
    ports = [{"protocol": "TCP", **port} for port in spec.pop("ports", [{"port": 80}])]
    return Service.from_dict({
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}"},
        "spec": {"type": "ClusterIP", "selector": {"app": name}, "ports": ports, **spec},
    })  # fmt: skip


class Desk:
    def __init__(self, cacher: Cacher, allocator: ServiceAllocator):
        self.cacher, self.allocator = cacher, allocator

    async def create(self, new: Service, *, dry_run: bool = False) -> Service:
        self.allocator.prepare(new, None)
        key = SPECS + f"default/{new.metadata.name}"
        while True:
            plan = await self.allocator.plan(new, None, self._context(dry_run))
            if dry_run:
                return new
            try:
                await self.cacher.commit([Absent(key), *plan.checks], [Put(key, new.to_json()), *plan.ops])
                return new
            except CheckFailed as failed:
                if failed.key == key or not plan.retry(failed.key):
                    raise

    async def update(self, name: str, *, dry_run: bool = False, **spec: Any) -> Service:
        """A merge patch of the spec."""
        key = SPECS + f"default/{name}"
        while True:
            stored = await self.cacher.get(key)
            old = Service.from_json(stored.data)
            new = Service.from_dict({**old.to_dict(), "spec": {**old.to_dict()["spec"], **spec}})
            self.allocator.prepare(new, old)
            if new.spec.type == "ExternalName":
                new.spec.clusterIP, new.spec.clusterIPs, new.spec.ipFamilies = "", [], []
                new.spec.ipFamilyPolicy = None
            if new.spec.type in ("ExternalName", "ClusterIP"):
                for port in new.spec.ports:
                    port.nodePort = 0
            plan = await self.allocator.plan(new, old, self._context(dry_run))
            if dry_run:
                return new
            try:
                checks = [Unchanged(key, stored.revision), *plan.checks]
                await self.cacher.commit(checks, [Put(key, new.to_json()), *plan.ops])
                return new
            except CheckFailed as failed:
                if failed.key != key and not plan.retry(failed.key):
                    raise

    async def delete(self, name: str) -> None:
        key = SPECS + f"default/{name}"
        while (stored := await self.cacher.get(key)) is not None:
            plan = self.allocator.release(Service.from_json(stored.data))
            checks, ops = (plan.checks, plan.ops) if plan else ((), ())
            try:
                await self.cacher.commit([Unchanged(key, stored.revision), *checks], [Delete(key), *ops])
            except CheckFailed:
                continue

    def _context(self, dry_run: bool) -> WriteContext:
        return WriteContext(scheme.by_type(Service), "default", dry_run=dry_run)


async def open_desk(url: str, prefix: str, *ranges: str, ports: str = "30000-32767") -> Desk:
    cacher = Cacher(EtcdStorage([url], prefix, compaction_interval=0))
    await cacher.start()
    return Desk(cacher, ServiceAllocator(cacher, ranges or ["10.96.0.0/16"], ports))


async def audit(store: Storage) -> int:
    """The books against the Services: every claim has its one owner, every owner its claims. Returns the number of
    Services. Raises AssertionError."""
    services = [Service.from_json(stored.data) for stored in (await store.list(SPECS)).items]
    wanted = Counter(key for one in services for key in claims(one))
    twice = [key for key, owners in wanted.items() if owners > 1]
    assert not twice, f"given twice: {twice}"
    held: dict[str, tuple[str, str]] = {}
    books = [await store.list(prefix) for prefix in (ADDRESSES, NODE_PORTS)]
    for stored in [stored for page in books for stored in page.items]:
        holder = json.loads(stored.data)
        holder = holder["spec"]["parentRef"] if "spec" in holder else holder
        held[stored.key] = holder["namespace"], holder["name"]
    assert set(held) == set(wanted), f"leaked {set(held) - set(wanted)}, lost {set(wanted) - set(held)}"
    owners = {key: (one.metadata.namespace, one.metadata.name) for one in services for key in claims(one)}
    assert owners == held
    return len(services)


async def churn(url: str, prefix: str, name: str) -> None:
    """Makes, changes and removes Services until it is killed, saying so after the first hundred."""
    desk = await open_desk(url, prefix)

    async def one(worker: int) -> None:
        for number in range(1_000_000):
            own = f"{name}-{worker}-{number}"
            await desk.create(service(own, type="NodePort"))
            if number % 3 == 0:
                await desk.update(own, type="ClusterIP")
            if number % 2 == 0:
                await desk.delete(own)
            if worker == 0 and number == 10:
                print("busy", flush=True)

    await asyncio.gather(*(one(worker) for worker in range(8)))


if __name__ == "__main__":
    asyncio.run(churn(*sys.argv[1:]))
