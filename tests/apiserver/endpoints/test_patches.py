"""Patches of what an object says it is: only bytes are decoded by what they say."""

from __future__ import annotations

import pytest

from tests.support.cluster import ApiServer

MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
NAMELESS = "the name of the object (p based on URL) was undeterminable: name must be provided"


def patch(server: ApiServer, namespace: str, body: object, media_type: str, query: str = "") -> tuple[int, str]:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    server.request("POST", path, {"metadata": {"name": "p"}, "data": {"a": "1"}})
    status, answer = server.request("PATCH", f"{path}/p{query}", body, headers={"Content-Type": media_type})
    return status, answer.get("message") or answer["kind"]


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        ({"kind": None}, MERGE, (200, "ConfigMap")),
        ({"apiVersion": None}, MERGE, (400, NAMELESS)),
        ({"kind": "Secret", "apiVersion": None}, STRATEGIC, (200, "ConfigMap")),
        ({"apiVersion": "v2"}, STRATEGIC, (200, "ConfigMap")),
    ],
)
def test_kind_and_version(apiserver: ApiServer, namespace: str, body: object, media_type: str, expected: object):
    assert patch(apiserver, namespace, body, media_type) == expected


def test_without_a_version_no_field_is_known(apiserver: ApiServer, namespace: str) -> None:
    status, message = patch(apiserver, namespace, {"apiVersion": None}, MERGE, "?fieldValidation=Strict")
    assert status == 422
    assert message.endswith('strict decoding error: unknown field "data", unknown field "metadata"')
