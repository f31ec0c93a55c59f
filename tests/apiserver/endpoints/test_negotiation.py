"""Accept headers, and which discovery document they get."""

from __future__ import annotations

import pytest

from apiserver.endpoints.discovery import aggregated_form
from apiserver.endpoints.negotiation import JSON, PROTOBUF, YAML, Output, error_media, negotiate
from kube.apimachinery.errors import NotAcceptable

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", Output()),
        ("*/*", Output()),
        ("application/json;q=0.1, text/plain;q=0.9", Output()),
        ("application/vnd.kubernetes.protobuf,application/json", Output(PROTOBUF)),
        ("application/vnd.kubernetes.protobuf, */*", Output(PROTOBUF)),
        ("application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json", Output()),
        ("application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json",
         Output(PROTOBUF, "PartialObjectMetadata", "v1", "meta.k8s.io")),
        ("application/yaml", Output(YAML)),
        (f"{TABLE},application/json", Output(JSON, "Table", "v1", "meta.k8s.io")),
        ("application/json;g=meta.k8s.io;v=v1;as=PartialObjectMetadata",
         Output(JSON, "PartialObjectMetadata", "v1", "meta.k8s.io")),
        ("text/html", None),
        ("application/*", None),
    ],
)  # fmt: skip
def test_negotiate(accept: str, expected: Output | None) -> None:
    assert negotiate(accept) == expected


@pytest.mark.parametrize("form", [f"{JSON};as=Table;v=v2", f"{PROTOBUF};as=Table;v=v1"])
def test_a_form_that_a_media_type_does_not_have_is_refused(form: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiate(f"{form};g=meta.k8s.io")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON), ("text/html", JSON), ("application/yaml", YAML), ("application/vnd.kubernetes.protobuf", PROTOBUF),
        (f"{PROTOBUF};as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json", JSON),
    ],
)  # fmt: skip
def test_an_error_has_one_form_only(accept: str, expected: str) -> None:
    assert error_media(accept) == expected


DISCOVERY = "g=apidiscovery.k8s.io;as=APIGroupDiscoveryList"
FORM = ";g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (f"{JSON};{DISCOVERY};v=v2,{JSON};{DISCOVERY};v=v2beta1,{JSON}", JSON + FORM.format("v2")),
        (f"{JSON};profile=nopeer;v=v2;{DISCOVERY}", JSON + FORM.format("v2")),
        (f"{JSON};{DISCOVERY};v=v2beta1,{JSON}", JSON + FORM.format("v2beta1")),
        (f"{PROTOBUF};{DISCOVERY};v=v2", PROTOBUF + FORM.format("v2")),
        (f"{JSON};{DISCOVERY};v=v3,{JSON}", ""),
        (f"{JSON},{JSON};{DISCOVERY};v=v2", ""),
        ("application/json", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_aggregated_discovery_in_a_version_that_the_client_knows(accept: str, content_type: str) -> None:
    form = aggregated_form(accept)
    assert (form.content_type if form else "") == content_type
