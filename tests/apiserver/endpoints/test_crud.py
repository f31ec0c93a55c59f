"""The verbs on a resource without rules of its own, over the wire."""

from __future__ import annotations

from tests.support.cluster import ApiServer


def config_maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


def test_an_object_is_created_read_changed_and_deleted(apiserver: ApiServer, namespace: str) -> None:
    url = config_maps(namespace)
    status, created = apiserver.request("POST", url, {"metadata": {"name": "a"}, "data": {"k": "1"}})
    assert status == 201
    assert created["kind"] == "ConfigMap" and created["metadata"]["namespace"] == namespace
    assert apiserver.request("GET", f"{url}/a") == (200, created)

    changed = created | {"data": {"k": "2"}}
    status, updated = apiserver.request("PUT", f"{url}/a", changed)
    assert status == 200 and updated["data"] == {"k": "2"}
    assert updated["metadata"]["resourceVersion"] != created["metadata"]["resourceVersion"]
    assert apiserver.request("PUT", f"{url}/a", changed)[0] == 409  # made from an old revision

    status, gone = apiserver.request("DELETE", f"{url}/a")
    assert status == 200 and gone["status"] == "Success" and gone["details"]["uid"] == created["metadata"]["uid"]
    assert apiserver.request("GET", f"{url}/a")[0] == 404


def test_an_update_that_changes_nothing_keeps_the_revision(apiserver: ApiServer, namespace: str) -> None:
    url = config_maps(namespace)
    _, created = apiserver.request("POST", url, {"metadata": {"name": "a"}, "data": {"k": "1"}})
    for method, body, kind in (
        ("PUT", created, "application/json"),
        ("PATCH", {"data": {"k": "1"}}, "application/merge-patch+json"),
        ("PATCH", {}, "application/strategic-merge-patch+json"),
    ):
        status, same = apiserver.request(method, f"{url}/a", body, headers={"Content-Type": kind})
        assert (status, same) == (200, created)


def test_a_dry_run_stores_nothing(apiserver: ApiServer, namespace: str) -> None:
    url = config_maps(namespace)
    status, answer = apiserver.request("POST", f"{url}?dryRun=All", {"metadata": {"name": "a"}})
    assert status == 201 and "resourceVersion" not in answer["metadata"]
    assert apiserver.request("GET", f"{url}/a")[0] == 404


def test_nothing_is_created_in_an_absent_namespace(apiserver: ApiServer) -> None:
    status, answer = apiserver.request("POST", config_maps("nowhere"), {"metadata": {"name": "a"}})
    assert status == 404 and answer["message"] == 'namespaces "nowhere" not found'
