"""Watches over the wire; the guarantees of the watch handler by number."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.cluster import ApiServer


class Watching:
    """An open watch: events one by one."""

    def __init__(self, response: http.client.HTTPResponse):
        self.response = response

    def next(self) -> dict[str, Any] | None:
        line = self.response.readline()
        return json.loads(line) if line else None

    def rest(self) -> list[dict[str, Any]]:
        return list(iter(self.next, None))


@contextmanager
def watch(server: ApiServer, path: str, accept: str = "application/json") -> Iterator[Watching]:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=20)
    headers = {"Authorization": f"Bearer {server.token}", "Accept": accept}
    connection.request("GET", path + ("&" if "?" in path else "?") + "watch=true", headers=headers)
    response = connection.getresponse()
    assert response.status == 200
    try:
        yield Watching(response)
    finally:
        connection.close()


def change(server: ApiServer, method: str, path: str, body: Any = None) -> dict[str, Any]:
    status, answer = server.request(method, path, body, headers={"Content-Type": "application/merge-patch+json"}
                                    if method == "PATCH" else {"Content-Type": "application/json"})  # fmt: skip
    assert status in (200, 201), answer
    return answer


def seen(event: dict[str, Any] | None) -> str:
    assert event is not None
    return f"{event['type']} {event['object']['metadata'].get('name', '')}".strip()


def test_guarantee_1_the_headers_come_before_any_event(apiserver: ApiServer, namespace: str) -> None:
    with watch(apiserver, f"/api/v1/namespaces/{namespace}/configmaps?resourceVersion=0&timeoutSeconds=5"):
        pass  # the response was read to the end of its headers, and there is nothing to tell


def test_guarantee_2_selectors_turn_changes_into_added_and_deleted(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    with watch(apiserver, f"{url}?labelSelector=on%3Dyes&timeoutSeconds=10") as events:
        change(apiserver, "POST", url, {"metadata": {"name": "a"}})
        change(apiserver, "PATCH", f"{url}/a", {"metadata": {"labels": {"on": "yes"}}})
        change(apiserver, "PATCH", f"{url}/a", {"data": {"k": "1"}})
        last = change(apiserver, "PATCH", f"{url}/a", {"metadata": {"labels": {"on": "no"}}})
        assert [seen(events.next()) for _ in range(2)] == ["ADDED a", "MODIFIED a"]
        gone = events.next()
        assert seen(gone) == "DELETED a" and gone is not None
        assert gone["object"]["metadata"]["labels"] == {"on": "yes"}
        assert gone["object"]["metadata"]["resourceVersion"] == last["metadata"]["resourceVersion"]


def test_guarantee_3_no_bookmark_unasked(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps?timeoutSeconds=1"
    with watch(apiserver, url) as events:
        assert events.rest() == []


def test_guarantee_3_a_bookmark_comes_before_the_end(apiserver: ApiServer, namespace: str) -> None:
    """What happened elsewhere is behind it: the next watch need not begin there."""
    url = f"/api/v1/namespaces/{namespace}/configmaps?timeoutSeconds=3&resourceVersion=0"
    with watch(apiserver, url + "&allowWatchBookmarks=true") as asked, watch(apiserver, url) as unasked:
        made = change(apiserver, "POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"generateName": "e-"}})
        (mark,) = asked.rest()
        assert unasked.rest() == []
    assert (mark["type"], mark["object"]["kind"]) == ("BOOKMARK", "ConfigMap")
    assert int(mark["object"]["metadata"]["resourceVersion"]) >= int(made["metadata"]["resourceVersion"])


def test_guarantee_4_too_old_a_revision_gets_one_error(apiserver: ApiServer, namespace: str) -> None:
    with watch(apiserver, f"/api/v1/namespaces/{namespace}/configmaps?resourceVersion=1&timeoutSeconds=5") as events:
        found = events.rest()
    assert [e["type"] for e in found] in (["ERROR"], [])  # an empty history may still reach back so far
    for event in found:
        assert event["object"]["code"] == 410 and event["object"]["reason"] == "Expired"


def test_guarantee_5_initial_events_end_with_a_bookmark(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    change(apiserver, "POST", url, {"metadata": {"name": "a"}})
    query = "allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&timeoutSeconds=10"
    with watch(apiserver, f"{url}?{query}") as events:
        assert seen(events.next()) == "ADDED a"
        mark = events.next()
        assert mark is not None and mark["type"] == "BOOKMARK" and mark["object"]["kind"] == "ConfigMap"
        assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        change(apiserver, "POST", url, {"metadata": {"name": "b"}})
        assert seen(events.next()) == "ADDED b"


def test_from_a_revision_only_what_came_after(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    made = change(apiserver, "POST", url, {"metadata": {"name": "a"}})
    change(apiserver, "PATCH", f"{url}/a", {"data": {"k": "1"}})
    change(apiserver, "DELETE", f"{url}/a")
    revision = made["metadata"]["resourceVersion"]
    with watch(apiserver, f"{url}?resourceVersion={revision}&timeoutSeconds=5") as events:
        changed, deleted = events.next(), events.next()
    assert (seen(changed), seen(deleted)) == ("MODIFIED a", "DELETED a")
    assert deleted is not None and deleted["object"]["data"] == {"k": "1"}
    assert int(deleted["object"]["metadata"]["resourceVersion"]) > int(changed["object"]["metadata"]["resourceVersion"])  # type: ignore[index]


def test_a_table_watch_names_its_columns_once(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    for name in ("a", "b"):
        change(apiserver, "POST", url, {"metadata": {"name": name}})
    accept = "application/json;as=Table;v=v1;g=meta.k8s.io"
    with watch(apiserver, f"{url}?timeoutSeconds=10", accept) as events:
        first, second = events.next(), events.next()
    assert first is not None and second is not None
    assert [c["name"] for c in first["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["object"]["columnDefinitions"] is None and second["object"]["rows"][0]["cells"][0] == "b"


def test_bad_combinations_are_refused(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps?watch=1"
    for query, field in (("sendInitialEvents=true", "resourceVersionMatch"),
                         ("resourceVersionMatch=NotOlderThan", "resourceVersionMatch")):  # fmt: skip
        status, answer = apiserver.request("GET", f"{url}&{query}")
        assert status == 422 and answer["details"]["causes"][0]["field"] == field
