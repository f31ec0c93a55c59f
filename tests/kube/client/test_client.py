"""The typed client over real sockets."""

from __future__ import annotations

import asyncio
import json

import pytest

from kube.api.core_v1 import ConfigMap, Pod, Service
from kube.apimachinery.errors import Conflict, Expired, NotFound, StatusError, TooManyRequests
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client import Client, ClientConfig, Unreachable
from kube.client.transport import error_from
from kube.clock import FakeClock
from tests.kube.client.server import Server, answer, hang_up, silence, stream

POD = {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "a", "namespace": "d", "resourceVersion": "7"}}


def status(code: int, reason: str, message: str, **more: object) -> dict:
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": message, **more}


async def test_get_asks_for_the_object_and_decodes_it() -> None:
    async with Server([answer(200, POD)]) as server, Client(ClientConfig(server.url, token="t")) as client:
        found = await client.get(Pod, "a", "d")
    assert isinstance(found, Pod)
    assert found.metadata.resourceVersion == "7"
    [request] = server.requests
    assert (request.method, request.path) == ("GET", "/api/v1/namespaces/d/pods/a")
    assert request.headers["authorization"] == "Bearer t"


async def test_a_prefix_in_the_servers_url_is_kept() -> None:
    async with Server([answer(200, POD)]) as server, Client(ClientConfig(server.url + "/k8s/c-1")) as client:
        await client.get(Pod, "a", "d")
    assert server.requests[0].path == "/k8s/c-1/api/v1/namespaces/d/pods/a"


async def test_list_fills_in_the_kind_and_reads_the_page_token() -> None:
    page = {"metadata": {"resourceVersion": "9", "continue": "more"}, "items": [{"metadata": {"name": "a"}}]}
    async with (
        Server([answer(200, page), answer(200, {"metadata": {}, "items": None})]) as server,
        Client(ClientConfig(server.url)) as client,
    ):
        found = await client.list(Pod, label_selector="app in (a,b)", limit=1, resource_version="0")
        assert (await client.list(Pod, "d")).items == []
    assert (found.resource_version, found.continue_) == ("9", "more")
    assert (found.items[0].kind, found.items[0].apiVersion) == ("Pod", "v1")
    assert server.requests[0].path == "/api/v1/pods?labelSelector=app+in+%28a%2Cb%29&limit=1&resourceVersion=0"


async def test_writes_send_the_object_with_its_kind() -> None:
    async with Server([answer(201, POD)]) as server, Client(ClientConfig(server.url)) as client:
        made = ConfigMap(metadata=ObjectMeta(name="a", namespace="d"), data={"k": "v"})
        await client.create(made, field_manager="me")
        await client.update_status(Service(metadata=ObjectMeta(name="s", namespace="d")))
        await client.patch(Pod, "a", "d", {"metadata": {"labels": None}}, "merge")
        await client.delete(Pod, "a", "d", uid="u", grace_period_seconds=0, propagation_policy="Foreground")
    create, update, patch, delete = server.requests
    assert create.path == "/api/v1/namespaces/d/configmaps?fieldManager=me"
    assert json.loads(create.body)["kind"] == "ConfigMap"
    assert (update.method, update.path) == ("PUT", "/api/v1/namespaces/d/services/s/status")
    assert patch.headers["content-type"] == "application/merge-patch+json"
    assert json.loads(delete.body) == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "gracePeriodSeconds": 0,
        "preconditions": {"uid": "u"},
        "propagationPolicy": "Foreground",
    }


@pytest.mark.parametrize(
    ("code", "body", "error", "text"),
    [
        (404, status(404, "NotFound", 'pods "a" not found'), NotFound, 'pods "a" not found'),
        (409, status(409, "Conflict", "changed"), Conflict, "changed"),
        (410, status(410, "Expired", "too old"), Expired, "too old"),
        (
            502,
            b"bad gateway",
            StatusError,
            'an error on the server ("bad gateway") has prevented the request from succeeding',
        ),
        (500, b"", StatusError, 'an error on the server ("unknown") has prevented the request from succeeding'),
        (403, {"some": "json"}, StatusError, '{"some": "json"}'),
    ],
)
async def test_errors_are_what_the_status_says(code: int, body: object, error: type, text: str) -> None:
    async with Server([answer(code, body)]) as server, Client(ClientConfig(server.url)) as client:
        with pytest.raises(error) as raised:
            await client.get(Pod, "a", "d")
    assert str(raised.value) == text
    assert raised.value.code == code


async def test_too_many_requests_are_tried_again_when_the_server_says() -> None:
    busy = answer(429, status(429, "TooManyRequests", "later"), Retry_After="3")
    clock = FakeClock()
    async with (
        Server([busy, busy, answer(200, POD)]) as server,
        Client(ClientConfig(server.url), clock=clock) as client,
    ):
        asking = asyncio.create_task(client.get(Pod, "a", "d"))
        while not asking.done():
            await asyncio.sleep(0.005)
            await clock.advance(1)
        assert (await asking).metadata.name == "a"
    assert clock.monotonic() >= 6


async def test_too_many_requests_without_a_time_is_an_error() -> None:
    refuse = answer(429, status(429, "TooManyRequests", "budget"))
    async with Server([refuse]) as server, Client(ClientConfig(server.url)) as client:
        with pytest.raises(TooManyRequests):
            await client.get(Pod, "a", "d")


async def test_connections_are_used_again() -> None:
    async with Server([answer(200, POD)]) as server, Client(ClientConfig(server.url)) as client:
        for _ in range(5):
            await client.get(Pod, "a", "d")
        assert server.connections == 1
        await asyncio.gather(*(client.get(Pod, "a", "d") for _ in range(3)))
        assert server.connections == 3


async def test_a_get_on_a_connection_that_was_closed_is_sent_again() -> None:
    async with (
        Server([answer(200, POD), hang_up, answer(200, POD)]) as server,
        Client(ClientConfig(server.url)) as client,
    ):
        await client.get(Pod, "a", "d")
        assert (await client.get(Pod, "a", "d")).metadata.name == "a"


async def test_a_write_is_never_sent_twice() -> None:
    async with Server([hang_up, answer(201, POD)]) as server, Client(ClientConfig(server.url)) as client:
        with pytest.raises(Unreachable) as raised:
            await client.create(Pod(metadata=ObjectMeta(name="a", namespace="d")))
    assert raised.value.sent
    assert len(server.requests) == 1


async def test_refused_connections_say_so() -> None:
    async with Server([hang_up]) as server:
        url = server.url
    async with Client(ClientConfig(url)) as client:
        with pytest.raises(Unreachable) as raised:
            await client.get(Pod, "a", "d")
    assert not raised.value.sent
    assert "127.0.0.1" in str(raised.value)


async def test_a_silent_server_is_given_up() -> None:
    async with Server([silence]) as server, Client(ClientConfig(server.url)) as client:
        with pytest.raises(Unreachable, match="context deadline exceeded"):
            await client.request("GET", "/version", timeout=0.05)


async def test_a_cancelled_request_closes_its_connection() -> None:
    async with Server([silence]) as server, Client(ClientConfig(server.url)) as client:
        asking = asyncio.create_task(client.get(Pod, "a", "d"))
        while not server.requests:  # noqa: ASYNC110  the scripted server has no event for it
            await asyncio.sleep(0.001)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        server.answers = [answer(200, POD)]
        await client.get(Pod, "a", "d")
        assert server.connections == 2


def event(type_: str, revision: int, **more: object) -> bytes:
    body = {**POD, "metadata": {**POD["metadata"], "resourceVersion": str(revision)}, **more}
    return json.dumps({"type": type_, "object": body}, separators=(",", ":")).encode() + b"\n"


async def test_watch_reads_events_however_they_are_cut() -> None:
    whole = event("ADDED", 1) + event("MODIFIED", 2) + event("BOOKMARK", 3) + event("DELETED", 4)
    for size in (1, 7, 50, len(whole)):
        pieces = [whole[i : i + size] for i in range(0, len(whole), size)]
        async with Server([stream(*pieces)]) as server, Client(ClientConfig(server.url)) as client:
            seen = [(e.type, e.object.metadata.resourceVersion) async for e in client.watch(Pod, resource_version="0")]
        assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("BOOKMARK", "3"), ("DELETED", "4")]
    assert server.requests[0].path == "/api/v1/pods?watch=true&resourceVersion=0&allowWatchBookmarks=true"


async def test_watch_reads_other_servers_spacing() -> None:
    line = json.dumps({"object": POD, "type": "ADDED"}, indent=None).encode() + b"\n"
    async with Server([stream(line)]) as server, Client(ClientConfig(server.url)) as client:
        assert [e.type async for e in client.watch(Pod)] == ["ADDED"]


async def test_an_error_event_is_raised() -> None:
    gone = {"type": "ERROR", "object": status(410, "Expired", "too old resource version: 1 (5)")}
    line = json.dumps(gone, separators=(",", ":")).encode() + b"\n"
    async with Server([stream(event("ADDED", 1), line)]) as server, Client(ClientConfig(server.url)) as client:
        seen = []
        with pytest.raises(Expired, match="too old"):
            async for e in client.watch(Pod):
                seen.append(e.type)
    assert seen == ["ADDED"]


async def test_a_watch_that_breaks_says_so() -> None:
    async with (
        Server([stream(event("ADDED", 1), b'{"type":"MOD', end=False)]) as server,
        Client(ClientConfig(server.url)) as client,
    ):
        seen = []
        with pytest.raises(Unreachable):
            async for e in client.watch(Pod):
                seen.append(e.type)
    assert seen == ["ADDED"]


async def test_a_large_stream_waits_for_its_reader() -> None:
    many = [event("ADDED", n, spec={"nodeName": "x" * 1000}) * 10 for n in range(1, 300)]
    async with Server([stream(*many)]) as server, Client(ClientConfig(server.url)) as client:
        count = 0
        async for _ in client.watch(Pod):
            count += 1
            if count % 1000 == 0:
                await asyncio.sleep(0.01)
    assert count == 2990


@pytest.mark.parametrize("code, reason, message", [
    (404, "NotFound", "the server could not find the requested resource"),
    (502, "InternalError", 'an error on the server ("oops") has prevented the request from succeeding'),
    (503, "ServiceUnavailable", "the server is currently unable to handle the request"),
])  # fmt: skip
def test_an_answer_that_is_no_status_is_told_as_client_go_tells_it(code: int, reason: str, message: str) -> None:
    error = error_from(code, b"oops\n")
    assert (error.code, error.reason, error.message) == (code, reason, message)
    assert [(cause.reason, cause.message) for cause in error.details.causes] == [("UnexpectedServerResponse", "oops")]
