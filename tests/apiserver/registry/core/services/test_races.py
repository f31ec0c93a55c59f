"""Many writers at once, and writers that are killed: no address and no port twice, none lost."""

from __future__ import annotations

import asyncio
import itertools
import random
import sys
from pathlib import Path

from kube.apimachinery.errors import InternalError, Invalid
from tests.apiserver.registry.core.services.desk import Desk, audit, open_desk, service

_number = itertools.count()


async def test_two_servers_in_a_small_range_never_give_a_number_twice(etcd: str) -> None:
    prefix = f"/races{next(_number)}"
    desks = [await open_desk(etcd, prefix, "10.0.0.0/26", ports="30000-30059") for _ in range(2)]
    rng = random.Random(7)

    async def client(desk: Desk, name: str) -> None:
        alive: list[str] = []
        for number in range(12):
            try:
                await desk.create(service(f"{name}-{number}", type="NodePort"))
                alive.append(f"{name}-{number}")
            except InternalError:
                pass  # full for the moment
            if alive and rng.random() < 0.6:
                await desk.delete(alive.pop(rng.randrange(len(alive))))
            elif alive:
                await desk.update(rng.choice(alive), type=rng.choice(["ClusterIP", "NodePort"]))

    try:
        await asyncio.gather(*(client(desks[n % 2], f"c{n}") for n in range(16)))
        assert await audit(desks[0].cacher) > 10
    finally:
        for desk in desks:
            await desk.cacher.aclose()


async def test_everybody_wants_the_same_address_and_port(etcd: str) -> None:
    prefix = f"/races{next(_number)}"
    desks = [await open_desk(etcd, prefix) for _ in range(2)]

    async def client(desk: Desk, name: str) -> int:
        asking = service(name, type="NodePort", clusterIP="10.96.9.9", ports=[{"port": 80, "nodePort": 30303}])
        try:
            await desk.create(asking)
        except Invalid as error:
            assert "is already allocated" in error.message
            return 0
        return 1

    try:
        won = await asyncio.gather(*(client(desks[n % 2], f"c{n}") for n in range(20)))
        assert sum(won) == 1
        assert await audit(desks[1].cacher) == 1
    finally:
        for desk in desks:
            await desk.cacher.aclose()


async def test_a_killed_server_leaks_nothing(etcd: str) -> None:
    prefix = f"/races{next(_number)}"
    root = Path(__file__).parents[5]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.apiserver.registry.core.services.desk", etcd, prefix, name,
            cwd=root, stdout=asyncio.subprocess.PIPE,
        )
        for name in ("one", "two")
    ]  # fmt: skip
    for process in processes:
        assert await process.stdout.readline() == b"busy\n"
        process.kill()
        await process.wait()
    desk = await open_desk(etcd, prefix)
    try:
        assert await audit(desk.cacher) > 20
    finally:
        await desk.cacher.aclose()
