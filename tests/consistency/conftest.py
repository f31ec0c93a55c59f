"""Two real API servers on a real etcd cluster of three members."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cluster import ApiServer, start_apiserver
from tests.support.etcd_cluster import EtcdCluster

PREFIX = "/registry"
FLAGS = (
    "--disable-admission-plugins", "ServiceAccount",
    "--service-cluster-ip-range", "10.96.0.0/26", "--service-node-port-range", "30000-30040",
)  # fmt: skip
"""Few addresses and ports, so that each is given out again and again."""
WORKERS = ("--workers", "2")
"""Of the second server: one process and several, in one cluster."""
_numbers = itertools.count()


@dataclass
class ControlPlane:
    etcd: EtcdCluster
    servers: list[ApiServer]


ControlPlanes = Callable[..., AbstractAsyncContextManager[ControlPlane]]


@pytest.fixture
def control_plane(etcd_directory: Path, tmp_path: Path) -> ControlPlanes:
    """`async with control_plane(*etcd_flags, servers=2) as plane`."""

    @contextlib.asynccontextmanager
    async def up(*etcd_flags: str, servers: int = 2) -> AsyncIterator[ControlPlane]:
        async with EtcdCluster(etcd_directory / f"plane-{next(_numbers)}", *etcd_flags) as etcd:
            urls = ",".join(etcd.urls)
            started = [
                start_apiserver(urls, tmp_path / f"server-{n}", prefix=PREFIX, flags=(*FLAGS, *more), start=False)
                for n, more in zip(range(servers), ((), WORKERS), strict=False)
            ]
            try:
                await asyncio.gather(*(asyncio.to_thread(server.start, 60) for server in started))
                yield ControlPlane(etcd, started)
            finally:
                for server in started:
                    await asyncio.to_thread(server.kill)
                    server.listener.close()

    return up
