"""The document behind `/docs`: what a person finds there."""

from __future__ import annotations

import pytest

from apiserver.endpoints import openapi
from apiserver.endpoints.reference import resource_of
from kube.api import scheme
from kube.apimachinery import openapi as machinery


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/api/v1/namespaces", ("v1", "namespaces")),
        ("/api/v1/namespaces/{name}/finalize", ("v1", "namespaces")),
        ("/api/v1/namespaces/{name}/status", ("v1", "namespaces")),
        ("/api/v1/namespaces/{namespace}/pods/{name}/log", ("v1", "pods")),
        ("/api/v1/nodes/{name}", ("v1", "nodes")),
        ("/apis/apps/v1/deployments", ("apps/v1", "deployments")),
        ("/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale", ("apps/v1", "deployments")),
    ],
)
def test_which_resource_a_path_is_of(path: str, wanted: tuple[str, str]) -> None:
    assert resource_of(path) == wanted


def test_each_resource_has_its_heading_and_each_operation_a_title() -> None:
    document = openapi.reference()
    headings = {tag["name"] for tag in document["tags"]}
    plurals = {f"{r.plural} ({r.group}/{r.version})" if r.group else f"{r.plural} ({r.version})" for r in scheme}
    assert plurals <= headings
    operations = [part for item in document["paths"].values() for verb, part in item.items() if verb != "parameters"]
    assert all(part["summary"] and part["tags"][0] in headings for part in operations)


def test_the_document_of_clients_is_not_touched() -> None:
    openapi.reference()
    assert "summary" not in machinery.v3_whole(scheme)["paths"]["/api/v1/namespaces/{namespace}/services"]["get"]


def test_examples_are_valid_objects() -> None:
    for path, item in openapi.reference()["paths"].items():
        for body in item.get("post", {}).get("requestBody", {}).get("content", {}).values():
            if "example" in body:
                plural = resource_of(path)[1]
                kind = next(r for r in scheme if r.plural == plural)
                assert kind.type.from_dict(body["example"]).metadata.name == "web"
