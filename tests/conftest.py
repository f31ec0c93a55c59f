"""Fixtures for the whole suite: free ports, and a real etcd.

Used by every test that needs a store. It starts the `etcd` of PATH on free ports with its data in a temporary
directory, once a session (with pytest-xdist: once a worker), and stops it by its process id. Tests share that etcd,
so each takes a key prefix of its own; tests that kill or fill an etcd start one for themselves with `EtcdServer`.
"""

from __future__ import annotations

import inspect
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import hypothesis
import pytest

from tests.etcd_server import EtcdServer, find_free_port

hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)  # a busy machine is no failure
hypothesis.settings.load_profile("suite")


def _no_fsync() -> tuple[str, ...]:
    """Newer etcds can leave fsync out, which tests do not need."""
    known = subprocess.run(["etcd", "--help"], capture_output=True, text=True)
    return ("--unsafe-no-fsync",) if "--unsafe-no-fsync" in known.stdout + known.stderr else ()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What could never run is not collected; a skip is left for what this machine lacks.

    Guests come first: the longest test is in one, and whoever runs beside it should have enough left to do.
    """
    items.sort(key=lambda item: item.get_closest_marker("uml") is None)
    foreign = [item for item in items if not all(map(partial(_is_meant, item), item.iter_markers("meant_for")))]
    if foreign:
        config.hook.pytest_deselected(items=foreign)
        items[:] = [item for item in items if item not in foreign]


def _is_meant(item: pytest.Item, marker: pytest.Mark) -> bool:
    (wanted,) = marker.args
    return wanted(**{name: item.callspec.params[name] for name in inspect.signature(wanted).parameters})


@pytest.fixture(scope="session")
def etcd_directory() -> Iterator[Path]:
    """Where etcd keeps its data: in memory where the machine can, because every write waits for the disk."""
    memory = Path("/dev/shm")
    root = memory if memory.is_dir() else None
    path = Path(tempfile.mkdtemp(prefix="kube-lite-etcd-", dir=root))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def start_etcd(etcd_directory: Path) -> Iterator[Callable[..., EtcdServer]]:
    """`start_etcd(*flags)` starts one more etcd with its own data; all are stopped when the session ends."""
    servers: list[EtcdServer] = []

    def start(*args: str) -> EtcdServer:
        directory = etcd_directory / str(len(servers))
        directory.mkdir()
        server = EtcdServer(directory, *_no_fsync(), *args)
        servers.append(server)
        try:
            return server.start()
        except RuntimeError:  # somebody took the port in between
            server = servers[-1] = EtcdServer(directory, *_no_fsync(), *args)
            return server.start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def etcd(start_etcd: Callable[..., EtcdServer]) -> str:
    """The URL of the session's shared etcd, `http://127.0.0.1:PORT`."""
    return start_etcd().url


@pytest.fixture
def free_port() -> Callable[[], int]:
    return find_free_port
