"""Health check node ports, asked as a load balancer asks them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest

from proxy.dataplane import Change
from proxy.healthcheck.service_health import ServiceHealth
from proxy.model.desired import NOTHING, ServiceState
from tests.proxy.objects import endpoint, endpoint_slice, service, state

KEY = ("default", "myapp")


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: dict[str, Any]


@pytest.fixture
def proxy() -> dict[str, bool]:
    return {"healthy": True}


@pytest.fixture
async def health(proxy: dict[str, bool]) -> AsyncIterator[ServiceHealth]:
    made = ServiceHealth(lambda: proxy["healthy"], lambda: ["127.0.0.1"])
    yield made
    await made.stop()


@pytest.fixture
def port() -> int:
    return free_port()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def local(port: int, *endpoints: dict[str, Any]) -> ServiceState:
    svc = service(type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=port)
    return state(svc, endpoint_slice("myapp", list(endpoints)))


async def told(health: ServiceHealth, new: ServiceState) -> None:
    await health.update([Change(KEY, NOTHING, new)])


async def ask(port: int) -> Answer:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: node1\r\n\r\n")
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    first, *lines = head.split("\r\n")
    return Answer(int(first.split()[1]), dict(line.split(": ", 1) for line in lines), json.loads(body))


async def test_endpoints_here_are_counted(health: ServiceHealth, port: int):
    await told(health, local(port, endpoint("10.244.1.2"), endpoint("10.244.1.3"), endpoint("10.244.2.2", "node2")))
    answer = await ask(port)
    assert answer.status == 200
    assert answer.headers["X-Load-Balancing-Endpoint-Weight"] == "2"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.body == {
        "service": {"namespace": "default", "name": "myapp"}, "localEndpoints": 2, "serviceProxyHealthy": True,
    }  # fmt: skip


async def test_a_node_whose_endpoints_terminate_is_drained_though_they_still_serve(health: ServiceHealth, port: int):
    await told(health, local(port, endpoint("10.244.1.2")))
    assert (await ask(port)).status == 200
    gone = endpoint("10.244.1.2", ready=False, serving=True, terminating=True)
    await told(health, local(port, gone))
    answer = await ask(port)
    assert (answer.status, answer.body["localEndpoints"]) == (503, 0)
    assert answer.headers["X-Load-Balancing-Endpoint-Weight"] == "0"


async def test_endpoints_elsewhere_do_not_count(health: ServiceHealth, port: int):
    await told(health, local(port, endpoint("10.244.2.2", "node2")))
    assert (await ask(port)).status == 503


async def test_a_proxy_that_does_not_keep_up_says_so(health: ServiceHealth, proxy: dict[str, bool], port: int):
    await told(health, local(port, endpoint("10.244.1.2")))
    proxy["healthy"] = False
    answer = await ask(port)
    assert (answer.status, answer.body["localEndpoints"], answer.body["serviceProxyHealthy"]) == (503, 1, False)


async def test_a_port_follows_its_service(health: ServiceHealth, port: int):
    await told(health, local(port, endpoint("10.244.1.2")))
    other = free_port()
    await told(health, local(other, endpoint("10.244.1.2")))
    assert (await ask(other)).status == 200
    with pytest.raises(ConnectionRefusedError):
        await ask(port)
    await told(health, NOTHING)
    with pytest.raises(ConnectionRefusedError):
        await ask(other)


async def test_where_no_address_may_be_used_nothing_listens(port: int, caplog: pytest.LogCaptureFixture):
    """And not, as an empty list says to asyncio, everywhere."""
    health = ServiceHealth(lambda: True, lambda: [])
    await told(health, local(port, endpoint("10.244.1.2")))
    with pytest.raises(ConnectionRefusedError):
        await ask(port)
    assert "no address of this node is among the --nodeport-addresses" in caplog.text
    await health.stop()


async def test_a_port_that_is_taken_is_logged_and_opened_with_the_next_change(
    health: ServiceHealth, caplog: pytest.LogCaptureFixture
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        await told(health, local(port, endpoint("10.244.1.2")))
    assert f"health check node port {port} of default/myapp" in caplog.text
    await told(health, local(port, endpoint("10.244.1.2"), endpoint("10.244.1.3")))
    assert (await ask(port)).status == 200
