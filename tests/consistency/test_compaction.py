"""etcd forgets its history, as it does every five minutes: which of two real API servers sees to that, and what their
clients are told then.

A server that was running has a history of its own and goes on; one that starts afterwards has only what etcd has left.
"""

from __future__ import annotations

import base64
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

import pytest

from apiserver.endpoints.continue_token import decode_continue
from kube.apimachinery.errors import Expired, from_status
from kube.apimachinery.meta_v1 import Status
from tests.etcd_server import EtcdServer
from tests.support.cluster import ApiServer, start_apiserver
from tests.support.etcd_cluster import call, encoded

KEY = "/turns/compact_rev_key"
URL = "/api/v1/namespaces/default/configmaps"
SELECTORS = ("", "&labelSelector=!none")
Start = Callable[..., ApiServer]


@pytest.fixture(scope="module")
def etcd_alone(start_etcd: Callable[..., EtcdServer]) -> EtcdServer:
    """An etcd whose history is this file's to end."""
    return start_etcd()


@pytest.fixture(scope="module")
def start(etcd_alone: EtcdServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """`start(prefix, *flags)` starts one more API server of a cluster."""
    servers: list[ApiServer] = []

    def start_one(prefix: str, *flags: str) -> ApiServer:
        servers.append(start_apiserver(etcd_alone.url, tmp_path_factory.mktemp("server"), prefix=prefix, flags=flags))
        return servers[-1]

    yield start_one
    for server in servers:
        server.kill()
        server.listener.close()


@dataclass
class Aged:
    """Two servers: one was running when the history up to `revisions[2]` was forgotten, the other started later."""

    running: ApiServer
    late: ApiServer
    revisions: list[int]
    tokens: dict[str, str]  # selector -> the token of a page from before


@pytest.fixture(scope="module")
def aged(etcd_alone: EtcdServer, start: Start) -> Aged:
    running = start("/aged")
    revisions = [write(running, name) for name in "abcd"]
    pages = {selector: running.request("GET", f"{URL}?limit=2{selector}")[1] for selector in SELECTORS}
    compact(etcd_alone, write(running, "e"))
    tokens = {selector: page["metadata"]["continue"] for selector, page in pages.items()}
    return Aged(running, start("/aged"), revisions, tokens)


def write(server: ApiServer, name: str, url: str = URL) -> int:
    """A new ConfigMap; its revision."""
    status, answer = server.request("POST", url, {"metadata": {"name": name}})
    assert status == 201, answer
    return int(answer["metadata"]["resourceVersion"])


def compact(etcd: EtcdServer, revision: int) -> None:
    call(etcd.url, "/v3/kv/compaction", {"revision": str(revision), "physical": True})


def watched(server: ApiServer, revision: int) -> list[str]:
    """What a watch from a revision tells within a second, each event in a few words."""
    _, answer = server.request("GET", f"{URL}?watch=true&resourceVersion={revision}&timeoutSeconds=1")
    lines = [answer] if isinstance(answer, dict) else [json.loads(line) for line in answer.splitlines()]
    return [f"{line['type']} {line['object'].get('reason') or line['object']['metadata']['name']}" for line in lines]


def test_two_servers_take_turns(etcd_alone: EtcdServer, start: Start) -> None:
    """Each turn is one server's: the key counts turns, holds the revision of the turn before, and etcd forgets that."""
    turns: list[tuple[int, int, int]] = []  # the key's version, the revision compacted to, the revision of the turn
    body = json.dumps({"create_request": {"key": encoded(KEY), "start_revision": "1"}}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{etcd_alone.url}/v3/watch", body), timeout=60) as lines:
        servers = [start("/turns", "--etcd-compaction-interval", "1") for _ in range(2)]
        for line in lines:
            for event in json.loads(line)["result"].get("events", ()):
                pair = event["kv"]
                turns.append((int(pair["version"]), int(base64.b64decode(pair["value"])), int(pair["mod_revision"])))
                write(servers[len(turns) % 2], f"turn-{len(turns)}")
            if len(turns) >= 5:
                break
    assert [version for version, _, _ in turns] == list(range(1, len(turns) + 1))
    for (_, _, revision), (_, forgotten, _) in pairwise(turns):
        assert forgotten <= revision, "what came after the turn before is kept"
    assert [forgotten for _, forgotten, _ in turns] == sorted({forgotten for _, forgotten, _ in turns})
    old = {"key": encoded(KEY), "revision": str(turns[-2][1] - 1)}
    with pytest.raises(urllib.error.HTTPError) as refused:
        call(etcd_alone.url, "/v3/kv/range", old)
    assert b"compacted" in refused.value.read()
    for server in servers:
        status, answer = server.request("GET", URL)
        assert status == 200 and len(answer["items"]) >= len(turns)


def test_a_server_that_was_running_goes_on(aged: Aged) -> None:
    assert watched(aged.running, aged.revisions[0]) == ["ADDED b", "ADDED c", "ADDED d", "ADDED e"]


def test_a_server_that_started_later_sends_old_watches_to_a_list(aged: Aged) -> None:
    assert watched(aged.late, aged.revisions[0]) == ["ERROR Expired"]
    status, listed = aged.late.request("GET", URL)
    assert status == 200 and len(listed["items"]) == 5
    assert watched(aged.late, int(listed["metadata"]["resourceVersion"])) == []


def test_a_watch_that_is_open_goes_on(etcd_alone: EtcdServer, aged: Aged) -> None:
    server, url = aged.late, URL.replace("default", "kube-public")
    first = write(server, "a", url)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=30)
    with closing(connection):
        connection.request("GET", f"{url}?watch=true&resourceVersion={first}",
                           headers={"Authorization": f"Bearer {server.token}"})  # fmt: skip
        response = connection.getresponse()
        for name in ("b", "c"):
            compact(etcd_alone, write(aged.running, name, url))
            assert json.loads(response.readline())["object"]["metadata"]["name"] == name


@pytest.mark.parametrize("selector", SELECTORS)
def test_a_page_too_late(aged: Aged, selector: str) -> None:
    """The answer has a token that reads the rest as it is now; client-go's pager and kubectl go on with it."""
    status, answer = aged.late.request("GET", f"{URL}?limit=2&continue={aged.tokens[selector]}{selector}")
    assert (status, answer["code"], answer["reason"]) == (410, 410, "Expired")
    assert answer["message"].startswith("The provided continue parameter is too old to display a consistent list")
    error = from_status(Status.from_json(json.dumps(answer).encode()))
    assert isinstance(error, Expired) and decode_continue(error.continue_token) == ("b", -1)
    rest, names = error.continue_token, list[str]()
    while rest:
        status, page = aged.late.request("GET", f"{URL}?limit=2&continue={rest}{selector}")
        assert status == 200, page
        names += [item["metadata"]["name"] for item in page["items"]]
        rest = page["metadata"].get("continue", "")
    assert names == ["c", "d", "e"]


def test_a_page_in_time_is_of_its_snapshot_at_the_server_that_knows(aged: Aged) -> None:
    status, page = aged.running.request("GET", f"{URL}?limit=9&continue={aged.tokens['']}")
    assert status == 200 and [item["metadata"]["name"] for item in page["items"]] == ["c", "d"]


@pytest.mark.parametrize("query", ["resourceVersionMatch=Exact", "limit=1"])
def test_an_exact_list_too_late(aged: Aged, query: str) -> None:
    status, answer = aged.late.request("GET", f"{URL}?{query}&resourceVersion={aged.revisions[0]}")
    assert (status, answer["reason"]) == (410, "Expired")
    assert answer["message"] == "The resourceVersion for the provided list is too old."
    assert "continue" not in answer["metadata"]


def test_reads_not_older_than_what_is_forgotten(aged: Aged) -> None:
    for query in ("resourceVersionMatch=NotOlderThan&", ""):
        status, answer = aged.late.request("GET", f"{URL}?{query}resourceVersion={aged.revisions[0]}")
        assert status == 200 and len(answer["items"]) == 5
    status, _ = aged.late.request("GET", f"{URL}/a?resourceVersion={aged.revisions[1]}")
    assert status == 200
