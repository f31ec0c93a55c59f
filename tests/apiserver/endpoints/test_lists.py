"""Lists over the wire: selectors, pages of one snapshot, resourceVersion, forms."""

from __future__ import annotations

import pytest

from apiserver.endpoints.continue_token import decode_continue, encode_continue
from kube.apimachinery.errors import BadRequest
from tests.support.cluster import ApiServer


def make(server: ApiServer, namespace: str, *names: str, **labels: str) -> str:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    for name in names:
        assert server.request("POST", url, {"metadata": {"name": name, "labels": labels}})[0] == 201
    return url


def names(answer: dict) -> list[str]:
    return [item["metadata"]["name"] for item in answer["items"]]


def test_items_have_no_kind_and_the_list_has_a_revision(apiserver: ApiServer, namespace: str) -> None:
    url = make(apiserver, namespace, "b", "a")
    status, answer = apiserver.request("GET", url)
    assert (status, answer["kind"], answer["apiVersion"], names(answer)) == (200, "ConfigMapList", "v1", ["a", "b"])
    assert "kind" not in answer["items"][0] and int(answer["metadata"]["resourceVersion"]) > 0
    assert apiserver.request("GET", "/api/v1/namespaces/none/configmaps")[1]["items"] == []


def test_selectors(apiserver: ApiServer, namespace: str) -> None:
    make(apiserver, namespace, "red1", "red2", color="red")
    url = make(apiserver, namespace, "blue", color="blue")
    for query, expected in (
        ("labelSelector=color%3Dred", ["red1", "red2"]),
        ("labelSelector=color%20notin%20(red)", ["blue"]),
        ("fieldSelector=metadata.name%3Dred2", ["red2"]),
        ("fieldSelector=metadata.name!%3Dred2&labelSelector=color%3Dred", ["red1"]),
        ("labelSelector=color%3Dred&limit=1", ["red1"]),
    ):
        assert names(apiserver.request("GET", f"{url}?{query}")[1]) == expected
    status, answer = apiserver.request("GET", f"{url}?fieldSelector=data.x%3D1")
    assert (status, answer["message"]) == (
        400, '"data.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    )  # fmt: skip


@pytest.mark.parametrize("selector", ["", "&labelSelector=set%3Dpages"])
def test_all_pages_show_one_snapshot(apiserver: ApiServer, namespace: str, selector: str) -> None:
    url = make(apiserver, namespace, *(f"c{i}" for i in range(5)), set="pages")
    _, page = apiserver.request("GET", f"{url}?limit=2{selector}")
    found, revision = names(page), page["metadata"]["resourceVersion"]
    assert page["metadata"].get("remainingItemCount") == (None if selector else 3)
    apiserver.request("DELETE", f"{url}/c4")
    make(apiserver, namespace, "c11", set="pages")
    while token := page["metadata"].get("continue"):
        _, page = apiserver.request("GET", f"{url}?limit=2&continue={token}{selector}")
        found += names(page)
        assert page["metadata"]["resourceVersion"] == revision
    assert found == ["c0", "c1", "c2", "c3", "c4"]


def test_revisions(apiserver: ApiServer, namespace: str) -> None:
    url = make(apiserver, namespace, "a")
    _, before = apiserver.request("GET", url)
    revision = before["metadata"]["resourceVersion"]
    make(apiserver, namespace, "b")
    exact = f"{url}?resourceVersion={revision}&resourceVersionMatch=Exact"
    assert names(apiserver.request("GET", exact)[1]) == ["a"]
    assert names(apiserver.request("GET", f"{url}?resourceVersion={revision}")[1]) == ["a", "b"]
    status, answer = apiserver.request("GET", f"{url}?resourceVersionMatch=Exact")
    assert status == 422 and answer["details"]["causes"][0]["field"] == "resourceVersionMatch"
    status, answer = apiserver.request("GET", f"{url}?resourceVersion=99999999")
    assert (status, answer["reason"]) == (504, "Timeout")
    assert answer["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_forms(apiserver: ApiServer, namespace: str) -> None:
    url = make(apiserver, namespace, "a")
    _, table = apiserver.request("GET", url, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
    assert table["kind"] == "Table" and table["rows"][0]["cells"][:2] == ["a", 0]
    accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
    _, partial = apiserver.request("GET", url, headers={"Accept": accept})
    assert partial["items"][0]["kind"] == "PartialObjectMetadata" and "data" not in partial["items"][0]
    _, text = apiserver.request("GET", f"{url}/a", headers={"Accept": "application/yaml"})
    assert text.startswith("apiVersion: v1\nkind: ConfigMap\n")


def test_continue_tokens() -> None:
    assert decode_continue(encode_continue("default/a", 7)) == ("default/a", 7)
    for token in ("garbage", "%%", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6NSwic3RhcnQiOiIuLi94In0"):
        with pytest.raises(BadRequest, match=r"^invalid continue token: continue key is not valid: "):
            decode_continue(token)
