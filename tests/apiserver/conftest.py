"""Fixtures of the API server's tests: one real server for the session (a worker), and namespaces of one's own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.cluster import ApiServer, start_apiserver

_numbers = itertools.count(1)
NO_ACCOUNTS = ("--disable-admission-plugins", "ServiceAccount")
"""No controller makes service accounts here, and without one no pod would be let in."""


@pytest.fixture(scope="session")
def apiserver(etcd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """A server that many tests share: each takes a namespace of its own."""
    users = ("jane-token,jane,jane-uid", 'joe-token,joe,joe-uid,"developers,testers"')
    server = start_apiserver(etcd, tmp_path_factory.mktemp("apiserver"), flags=NO_ACCOUNTS, tokens=users)
    yield server
    server.stop()
    server.listener.close()


@pytest.fixture
def new_apiserver(etcd: str, tmp_path: Path) -> Iterator[Callable[..., ApiServer]]:
    """`new_apiserver(flags=(...), prefix=...)` starts a server for this test alone."""
    servers: list[ApiServer] = []

    def start(**options: object) -> ApiServer:
        options["flags"] = (*NO_ACCOUNTS, *options.get("flags", ()))  # type: ignore[misc]
        server = start_apiserver(etcd, tmp_path / f"apiserver-{len(servers)}", **options)  # type: ignore[arg-type]
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()
        server.listener.close()


@pytest.fixture
def namespace(apiserver: ApiServer) -> str:
    """The name of a namespace that nobody else uses."""
    name = f"test-{next(_numbers)}"
    status, answer = apiserver.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    assert status == 201, answer
    return name
