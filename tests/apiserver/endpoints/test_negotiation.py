"""Accept headers, and which discovery document they get."""

from __future__ import annotations

import pytest

from apiserver.endpoints.discovery import wants_aggregated
from apiserver.endpoints.negotiation import JSON, YAML, Output, negotiate
from kube.apimachinery.errors import NotAcceptable

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", Output()),
        ("*/*", Output()),
        ("application/json;q=0.1, text/plain;q=0.9", Output()),
        ("application/vnd.kubernetes.protobuf,application/json", Output()),
        ("application/vnd.kubernetes.protobuf, */*", Output()),
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


def test_an_unknown_form_of_json_is_refused() -> None:
    with pytest.raises(NotAcceptable):
        negotiate("application/json;as=Table;v=v2;g=meta.k8s.io")


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
