"""APIModel behaves as Go's structs do: what is absent, what is written, what is refused."""

from typing import Annotated

import pytest
from pydantic import ValidationError

from kube.api.core_v1 import ContainerStatus, Event, PodCondition, Secret, Service, ServicePort
from kube.api.rbac_v1 import Role
from kube.apimachinery.meta_v1 import ListMeta
from kube.apimachinery.types import APIModel, Int32, Nil, Quantity, Slice, always, wire, wire_of


class Inner(APIModel):
    size: Annotated[Int32, wire(1)] = 0


class Outer(APIModel):
    name: Annotated[str, wire(1)] = ""
    count: Annotated[Int32, wire(2)] = always(0)
    limit: Annotated[Int32 | None, wire(3)] = None
    inner: Annotated[Inner, wire(4)] = always(Inner)
    pointer: Annotated[Inner | None, wire(5)] = None
    words: Annotated[list[str], wire(6)] = []
    rules: Annotated[Slice[str], wire(7)] = always(Nil)


def test_absent_fields_read_as_zero_and_are_not_written_unless_declared_always():
    empty = Outer()
    assert (empty.name, empty.inner.size, empty.words, empty.limit) == ("", 0, [], None)
    assert empty.to_json() == b'{"count":0,"inner":{},"rules":null}'


def test_pointers_keep_their_zero():
    assert Outer(limit=0, pointer=Inner()).to_dict() == {
        "count": 0, "limit": 0, "inner": {}, "pointer": {}, "rules": None,
    }  # fmt: skip


def test_an_unset_slice_is_null_and_an_empty_one_is_not():
    assert Role.from_json(b'{"rules":null}').to_dict()["rules"] is None
    assert Role.from_json(b'{"rules":[]}').to_dict()["rules"] == []
    assert list(Role().rules) == []
    assert Role().deep_copy().to_json() == Role().to_json()


def test_defaults_are_not_shared():
    first, second = Outer(), Outer()
    first.words.append("x")
    first.inner.size = 3
    assert second == Outer()


@pytest.mark.parametrize("port", ["80", 2.5, 2**31, True, [80]])
def test_decoding_is_strict_about_types(port):
    with pytest.raises(ValidationError):
        ServicePort.from_dict({"port": port})


def test_unknown_fields_are_ignored_by_clients():
    assert ServicePort.from_dict({"port": 80, "colour": "red"}).port == 80


def test_names_that_python_reserves_have_an_alias():
    assert ListMeta.from_json(b'{"continue":"t"}').continue_ == "t"
    assert ListMeta(continue_="t").to_json() == b'{"continue":"t"}'


@pytest.mark.parametrize(
    ("model", "given", "kept"),
    [
        (PodCondition, {"lastProbeTime": "2026-01-02T05:04:05.9+02:00"}, {"lastProbeTime": "2026-01-02T03:04:05Z"}),
        (Event, {"eventTime": "2026-01-02T03:04:05.123456Z"}, {"eventTime": "2026-01-02T03:04:05.123456Z"}),
        (ContainerStatus, {"allocatedResources": {"cpu": "1000m"}}, {"allocatedResources": {"cpu": "1"}}),
        (Secret, {"data": {"k": "aGk\n="}}, {"data": {"k": "aGk="}}),
    ],
)
def test_times_quantities_and_bytes_are_kept_in_canonical_form(model, given, kept):
    assert kept.items() <= model.from_dict(given).to_dict().items()


def test_what_does_not_parse_is_refused():
    class Holder(APIModel):
        q: Quantity = "0"

    with pytest.raises(ValidationError):
        Holder.from_dict({"q": "much"})


def test_the_declaration_can_be_asked():
    spec = wire_of(type(Service().spec))
    assert spec["ports"].merge_key == "port" and spec["ports"].list_map_keys == ("port", "protocol")
    assert spec["clusterIP"].number == 3


def test_kind_and_metadata_come_first_on_the_wire():
    service = Service(kind="Service", apiVersion="v1")
    assert service.to_json().startswith(b'{"kind":"Service","apiVersion":"v1","metadata":{')
