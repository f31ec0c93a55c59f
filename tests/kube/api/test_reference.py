"""The declarations against the official schemas (PyPI package kubernetes-validate): same fields, types, list keys."""

import json
from importlib.resources import files

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kube.api import scheme
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.openapi.definitions import _reachable, name_of
from kube.apimachinery.shapes import fields_of
from tests.kube.api.strategies import dicts

VERSION = "v1.36.0-local"
SCHEMAS = files("kubernetes_validate") / "kubernetes-json-schema" / VERSION / "_definitions.json"
DEFINITIONS = json.loads(SCHEMAS.read_text())
MODELS = {name_of(m): m for m in _reachable(list(scheme.types().values()))}
KNOWN = sorted(MODELS.keys() & DEFINITIONS["$defs"].keys())
NOT_SERVED = {"io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta": {"shardInfo"}}


def test_every_type_is_in_the_reference():
    assert MODELS.keys() - DEFINITIONS["$defs"].keys() == set()


@pytest.mark.parametrize("name", KNOWN)
def test_fields(name):
    reference = DEFINITIONS["$defs"][name]
    assert fields_of(MODELS[name]).keys() == reference["properties"].keys() - NOT_SERVED.get(name, set())


@pytest.mark.parametrize("name", KNOWN)
def test_how_fields_are_merged(name):
    reference = DEFINITIONS["$defs"][name]
    assert MODELS[name].atomic is (reference.get("x-kubernetes-map-type") == "atomic")
    for field in fields_of(MODELS[name]).values():
        said, wire = reference["properties"][field.name], field.wire
        assert wire.list_type == said.get("x-kubernetes-list-type", ""), field
        assert wire.list_map_keys == tuple(said.get("x-kubernetes-list-map-keys", ())), field
        assert wire.map_type == said.get("x-kubernetes-map-type", ""), field
        assert wire.merge_key == said.get("x-kubernetes-patch-merge-key", ""), field
        assert wire.patch_strategy == said.get("x-kubernetes-patch-strategy", ""), field


@pytest.mark.parametrize("name", [n for n in KNOWN if not n.endswith((".Status", "core.v1.Event"))])
def test_what_a_complete_object_has(name):
    required = {f.name for f in fields_of(MODELS[name]).values() if f.required}
    assert required == set(DEFINITIONS["$defs"][name].get("required", ()))


@pytest.mark.parametrize("name", [n for n in KNOWN if issubclass(MODELS[n], Object)])
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_valid(name, data):
    model = MODELS[name]
    written = model.from_dict(data.draw(dicts(model))).to_dict()
    schema = {"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS["$defs"]}
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(written))
    # A slice that was never set is written as null where Go has no omitempty, which the schemas do not foresee.
    assert [e.message for e in errors if e.validator != "required" and e.instance is not None] == []
