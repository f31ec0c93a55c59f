"""Accept headers, and which discovery document they get."""

from __future__ import annotations

import pytest

from apiserver.endpoints.discovery import wants_aggregated
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


@pytest.mark.parametrize(
    ("accept", "aggregated"),
    [
        ("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json", True),
        ("application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io;profile=nopeer", True),
        ("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", False),
        ("application/json", False),
        ("", False),
    ],
)
def test_aggregated_discovery_only_for_who_knows_v2(accept: str, aggregated: bool) -> None:
    assert wants_aggregated(accept) is aggregated
