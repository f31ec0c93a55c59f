"""Documents that clients keep: their tags, how long they may be kept, and what an old address leads to."""

from __future__ import annotations

import pytest

from apiserver.endpoints.etags import matches
from tests.support.cluster import ApiServer

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
PROTOBUF_V3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/api", AGGREGATED), ("/apis", AGGREGATED), ("/openapi/v2", ""), ("/openapi/v2", PROTOBUF),
        ("/openapi/v3", ""), ("/openapi/v3/apis/apps/v1", ""), ("/openapi/v3/apis/apps/v1", PROTOBUF_V3),
        ("/api", AGGREGATED.replace("v2", "v2beta1")),
    ],
)  # fmt: skip
def test_who_has_a_document_is_told_so(apiserver: ApiServer, path: str, accept: str) -> None:
    sent = {"Accept": accept} if accept else {}
    status, headers, whole = apiserver.exchange("GET", path, headers=sent)
    tag = dict(headers)["etag"]
    assert (status, dict(headers)["vary"], tag[0], tag[-1]) == (200, "Accept", '"', '"')
    status, headers, nothing = apiserver.exchange("GET", path, headers={**sent, "If-None-Match": tag})
    assert (status, nothing, dict(headers)["etag"]) == (304, "", tag)
    assert apiserver.exchange("GET", path, headers={**sent, "If-None-Match": '"other"'})[2] == whole


def test_the_media_type_of_a_document_in_protobuf(apiserver: ApiServer) -> None:
    for path, asked in (("/openapi/v2", PROTOBUF), ("/openapi/v3/apis/apps/v1", PROTOBUF_V3)):
        for accept in (asked, asked.replace("@", ".") + ", application/json"):
            _, headers, _ = apiserver.exchange("GET", path, headers={"Accept": accept})
            assert dict(headers)["content-type"] == asked.replace("@", ".")
        _, headers, _ = apiserver.exchange("GET", path, headers={"Accept": f"application/json, {asked}"})
        assert dict(headers)["content-type"] == "application/json"


def test_the_two_forms_of_a_document_have_two_tags(apiserver: ApiServer) -> None:
    tags = {dict(apiserver.exchange("GET", "/openapi/v2", headers={"Accept": a})[1])["etag"] for a in ("*/*", PROTOBUF)}
    assert len(tags) == 2


def test_a_document_under_its_hash_is_kept_for_ever(apiserver: ApiServer) -> None:
    _, index = apiserver.request("GET", "/openapi/v3")
    url = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
    status, headers, _ = apiserver.exchange("GET", url)
    assert (status, dict(headers)["cache-control"]) == (200, "public, immutable") and "expires" in dict(headers)
    assert dict(headers)["etag"] == f'"{url.partition("=")[2]}"'
    status, headers, _ = apiserver.exchange("GET", "/openapi/v3/apis/apps/v1?hash=OLD")
    assert (status, dict(headers)["location"]) == (301, url)


@pytest.mark.parametrize("path", ["/api", "/apis/apps", "/version", "/livez", "/openapi/v3/apis/apps/v1"])
def test_other_documents_are_not_kept(apiserver: ApiServer, path: str) -> None:
    assert dict(apiserver.exchange("GET", path)[1])["cache-control"] == "no-cache, private"


def test_tags_in_a_header() -> None:
    assert matches('"a"', '"b", W/"a"') and matches('"a"', "*")
    assert not matches('"a"', "") and not matches('"a"', '"b"')


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/openapi/v2", "text/html", 406), ("/openapi/v2", "text/html, */*;q=0.1", 200),
        ("/openapi/v2", PROTOBUF_V3, 406), ("/openapi/v3/apis/apps/v1", "application/*", 200),
        ("/openapi/v3/apis/apps/v1", "text/html", 406), ("/version", "text/html", 406),
        ("/version", "application/json, */*", 200),
    ],
)  # fmt: skip
def test_forms_that_there_are_not(apiserver: ApiServer, path: str, accept: str, status: int) -> None:
    found, _, body = apiserver.exchange("GET", path, headers={"Accept": accept})
    assert found == status
    if found == 406 and path != "/version":
        assert body == ""
