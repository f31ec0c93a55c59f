"""Every kind: JSON -> object -> JSON and protobuf -> object lose nothing."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kube.api import scheme
from kube.apimachinery import codec
from kube.apimachinery.codec import protobuf
from kube.apimachinery.codec.walk import Place, Walk
from kube.apimachinery.errors import BadRequest
from kube.apimachinery.scheme import Resource
from tests.kube.api import google_messages
from tests.kube.api.strategies import dicts

KINDS = [Resource(v.rpartition("/")[0], v.rpartition("/")[2], k, k, t) for (v, k), t in scheme.types().items()]
slow_to_make = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda r: f"{r.api_version}/{r.kind}")
@slow_to_make
@given(data=st.data())
def test_json(kind, data):
    sent = {"kind": kind.kind, "apiVersion": kind.api_version, **data.draw(dicts(kind.type))}
    found = codec.decode(json.dumps(sent).encode(), "application/json", kind, "Strict").object
    written = found.to_dict()
    assert kind.type.from_json(found.to_json()) == found
    assert codec.decode(found.to_json(), "application/json", kind, "Strict").object.to_dict() == written
    assert Walk().struct(json.loads(found.to_json()), kind.type, Place()).keys() <= written.keys()


@pytest.mark.parametrize("kind", [k for k in KINDS if k.kind != "Status"], ids=lambda r: f"{r.api_version}/{r.kind}")
@slow_to_make
@given(data=st.data())
def test_protobuf(kind, data):
    wanted = kind.type.from_dict(data.draw(dicts(kind.type)))
    wanted.kind, wanted.apiVersion = kind.kind, kind.api_version
    # An empty list is no field in protobuf: it comes back as an absent one.
    absent = _without_empty(wanted.to_dict())
    raw = protobuf.encode(wanted.to_dict(), kind.type)
    sent = protobuf.seal(kind.api_version, kind.kind, raw)
    found = codec.decode(sent, "application/vnd.kubernetes.protobuf", kind).object
    assert _without_empty(found.to_dict()) == absent
    assert google_messages.read(raw, kind.type).SerializeToString() == raw


def _without_empty(value):
    if isinstance(value, list):
        return [_without_empty(v) for v in value]
    if isinstance(value, dict):
        return {k: _without_empty(v) for k, v in value.items() if v not in ([], None)}
    return value


@pytest.mark.parametrize("spoilt", [b"", b"k8s\x00\xff", b"k8s\x00\x0a\x05v1", b"nope", b"k8s\x00\x12\x02\x0a\x09"])
def test_spoilt_protobuf_is_a_bad_request(spoilt):
    services = scheme.by_path("", "v1", "services")
    with pytest.raises(BadRequest):
        codec.decode(spoilt, "application/vnd.kubernetes.protobuf", services)
