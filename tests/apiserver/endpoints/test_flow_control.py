"""Limits: requests in flight by class, the time and the size of a request, and what a slow client may hold."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from apiserver.endpoints.flow_control import FlowControl
from apiserver.endpoints.request_info import parse_query, request_info
from kube.apimachinery.errors import TooManyRequests
from tests.support.cluster import ApiServer, start_apiserver

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
LIMITED = ("--max-mutating-requests-inflight", "1", "--max-requests-inflight", "1", "--request-timeout", "2")


@pytest.mark.parametrize(
    ("method", "url", "kind"),
    [
        ("POST", CONFIG_MAPS, "mutating"),
        ("PUT", f"{CONFIG_MAPS}/a", "mutating"),
        ("PATCH", f"{CONFIG_MAPS}/a", "mutating"),
        ("DELETE", CONFIG_MAPS, "mutating"),
        ("GET", f"{CONFIG_MAPS}/a", "readOnly"),
        ("GET", CONFIG_MAPS, "readOnly"),
        ("GET", f"{CONFIG_MAPS}?watch=true", "long"),
        ("GET", "/api/v1/namespaces/default/pods/a/log", "long"),
        ("GET", "/readyz", ""),
        ("GET", "/version", ""),
    ],
)
def test_every_class_has_a_limit_of_its_own(method: str, url: str, kind: str) -> None:
    flow = FlowControl(mutating=1, reading=1, watching=1)
    path, _, query = url.partition("?")
    info = request_info(method, path, parse_query(query.encode()))
    leave = flow.enter(info)
    assert [name for name, count in flow.in_flight.items() if count] == ([kind] if kind else [])
    if kind:
        with pytest.raises(TooManyRequests) as refused:
            flow.enter(info)
        assert refused.value.retry_after == 1
    leave()
    flow.enter(info)


def test_a_limit_of_0_is_none() -> None:
    flow = FlowControl(mutating=0)
    for _ in range(1000):
        flow.enter(request_info("POST", CONFIG_MAPS, {}))


@pytest.fixture(scope="module")
def limited(etcd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    server = start_apiserver(etcd, tmp_path_factory.mktemp("limited"), flags=LIMITED)
    yield server
    server.stop()
    server.listener.close()


@contextmanager
def half_sent(server: ApiServer, path: str) -> Iterator[http.client.HTTPSConnection]:
    """A write whose body does not come: it stays in flight until it does."""
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=20)
    connection.putrequest("POST", path)
    for name, value in (("Authorization", f"Bearer {server.token}"), ("Content-Type", "application/json")):
        connection.putheader(name, value)
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b'{"metadata":')
    yield connection
    connection.close()


def until_in_flight(server: ApiServer, kind: str) -> None:
    """Metrics are not limited, and tell when the other request has arrived."""
    line, deadline = f'apiserver_current_inflight_requests{{request_kind="{kind}"}} 1', time.monotonic() + 10
    while line not in server.request("GET", "/metrics")[1]:
        assert time.monotonic() < deadline, line


def test_one_write_too_many_is_sent_away_for_a_second(limited: ApiServer) -> None:
    with half_sent(limited, CONFIG_MAPS):
        until_in_flight(limited, "mutating")
        status, headers, answer = limited.exchange("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
        assert (status, answer["reason"], dict(headers)["retry-after"]) == (429, "TooManyRequests", "1")
        assert limited.request("GET", CONFIG_MAPS)[0] == 200
        assert limited.request("GET", "/readyz")[0] == 200


def test_one_read_too_many_is_sent_away_for_a_second(limited: ApiServer) -> None:
    """A read of a revision that is still to come is under way for a while."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limited.exchange, "GET", f"{CONFIG_MAPS}?resourceVersion={10**15}")
        until_in_flight(limited, "readOnly")
        status, headers, answer = limited.exchange("GET", CONFIG_MAPS)
        assert (status, answer["reason"], dict(headers)["retry-after"]) == (429, "TooManyRequests", "1")
        assert limited.request("POST", CONFIG_MAPS, {"metadata": {"generateName": "a-"}})[0] == 201
        assert limited.request("GET", "/livez")[0] == 200
        status, headers, answer = waiting.result()
        assert (status, answer["reason"], dict(headers)["retry-after"]) == (504, "Timeout", "1")


def test_a_request_that_takes_too_long_is_answered_504(limited: ApiServer) -> None:
    with half_sent(limited, CONFIG_MAPS) as connection:
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert (response.status, answer["reason"], response.headers["Retry-After"]) == (504, "Timeout", "1")
        assert answer["message"] == "Timeout: request did not complete within the allotted timeout"


def test_a_body_that_never_said_its_length_is_cut_off_at_three_mebibytes(apiserver: ApiServer) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", apiserver.port, context=apiserver.context(), timeout=20)
    headers = {"Authorization": f"Bearer {apiserver.token}", "Content-Type": "application/json"}
    pieces = (b" " * 65536 for _ in range(49))
    connection.request("POST", CONFIG_MAPS, pieces, headers, encode_chunked=True)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["reason"]) == (413, "RequestEntityTooLarge")
    connection.close()


def test_headers_without_an_end_are_cut_off(apiserver: ApiServer) -> None:
    raw = socket.create_connection(("127.0.0.1", apiserver.port), timeout=20)
    with apiserver.context().wrap_socket(raw, server_hostname="localhost") as connection:
        connection.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\n")
        answer = _send_until_refused(connection, b"X-More: " + b"y" * 8000 + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 431 ")


def _send_until_refused(connection: ssl.SSLSocket, header: bytes) -> bytes:
    try:
        for _ in range(200):
            connection.sendall(header)
    except OSError:
        pass  # refused while we were still sending
    return connection.recv(65536)


def test_a_slow_watcher_gets_everything_in_the_end(apiserver: ApiServer, namespace: str) -> None:
    """Megabytes pass it by while it does not read; none of them is lost."""
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    connection = http.client.HTTPSConnection("127.0.0.1", apiserver.port, context=apiserver.context(), timeout=30)
    connection.request("GET", url + "?watch=true", headers={"Authorization": f"Bearer {apiserver.token}"})
    response = connection.getresponse()
    for number in range(12):
        body = {"metadata": {"name": f"large-{number}"}, "data": {"k": "x" * 900_000}}
        assert apiserver.request("POST", url, body)[0] == 201
    names = [json.loads(response.readline())["object"]["metadata"]["name"] for _ in range(12)]
    assert names == [f"large-{number}" for number in range(12)]
    connection.close()
