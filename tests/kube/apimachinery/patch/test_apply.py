"""Server-side apply: merging, ownership, conflicts, removal."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given

from kube.apimachinery.errors import BadRequest, Conflict
from kube.apimachinery.patch.apply import LAST_APPLIED, apply
from kube.apimachinery.patch.managed_fields import reset_fields, update

from .gadget import Gadget, gadget, some, y
from .test_strategic import specs

RESET = reset_fields(True, "")


def run(live, spec, manager="one", at="T1", **more):
    config = spec if isinstance(spec, dict) and "kind" in spec else gadget(spec if isinstance(spec, str) else "{}")
    if isinstance(spec, dict) and "kind" not in spec:
        config["spec"] = spec
    return apply(live, config, Gadget, manager=manager, api_version="v1", kind="Gadget", now=at, reset=RESET,
                 **more).object  # fmt: skip


def owners(obj) -> dict:
    return {e["manager"]: e["fieldsV1"] for e in obj["metadata"].get("managedFields", [])}


def times(obj) -> dict:
    return {e["manager"]: e.get("time") for e in obj["metadata"].get("managedFields", [])}


def test_applying_creates_and_owns_just_what_was_said():
    made = run(None, "{size: 1, ports: [{port: 80}]}")
    assert made["spec"]["size"] == 1
    assert owners(made) == {
        "one": y('f:spec: {f:size: {}, f:ports: {\'k:{"port":80,"protocol":"TCP"}\': {\'.\': {}, f:port: {}}}}')
    }


def test_a_field_no_longer_applied_goes():
    live = run(None, "{size: 1, paused: true, boxes: [{name: a}, {name: b, image: i}]}")
    after = run(live, "{size: 1, boxes: [{name: b}]}")
    assert after["spec"] == {"size": 1, "boxes": [{"name": "b"}], "strategy": {}}


def test_a_field_that_another_manager_also_applied_stays():
    live = run(run(None, "{size: 1, tags: [x]}"), "{size: 1}", "two")
    assert run(live, "{tags: [x]}")["spec"]["size"] == 1
    assert owners(run(live, "{tags: [x]}"))["two"] == y("f:spec: {f:size: {}}")


def test_what_the_server_added_beside_stays():
    live = run(None, "{boxes: [{name: a}]}")
    live["spec"]["boxes"][0]["image"] = "defaulted"
    assert run(live, "{boxes: [{name: a, args: [x]}]}")["spec"]["boxes"] == [
        {"name": "a", "image": "defaulted", "args": ["x"]}
    ]


CONFLICTS = [
    ("size: 2", ".spec.size"),
    ("boxes: [{name: a, args: [y]}]", '.spec.boxes[name="a"].args'),
    ("selector: {matchLabels: {x: y}}", ".spec.selector"),
]


@pytest.mark.parametrize(("config", "path"), CONFLICTS)
def test_a_conflict_names_the_manager_and_the_field(config, path):
    live = run(None, "{size: 1, boxes: [{name: a, args: [x]}], selector: {matchLabels: {a: b}}}")
    with pytest.raises(Conflict) as conflict:
        run(live, config, "two")
    assert conflict.value.message == f'Apply failed with 1 conflict: conflict with "one": {path}'
    assert [c.to_dict() for c in conflict.value.details.causes] == [
        {"reason": "FieldManagerConflict", "message": 'conflict with "one"', "field": path}
    ]


def test_several_conflicts_are_listed_by_manager():
    live = run(None, "{size: 1, paused: true}")
    new = copy.deepcopy(live)
    new["spec"]["tags"] = ["x"]
    new["spec"]["boxes"] = [{"name": "a", "image": "i"}]
    new["metadata"]["managedFields"] = update(
        live, new, Gadget, manager="editor", api_version="v1", now="T2", reset=RESET
    )
    with pytest.raises(Conflict) as conflict:
        run(new, "{size: 2, paused: false, boxes: [{name: a, image: j}]}", "two")
    assert conflict.value.message == (
        "Apply failed with 3 conflicts: "
        'conflicts with "editor" using v1:\n- .spec.boxes[name="a"].image\n'
        'conflicts with "one":\n- .spec.paused\n- .spec.size'
    )


def test_force_takes_the_field_over():
    live = run(None, "{size: 1, paused: true}")
    after = run(live, "{size: 2}", "two", "T2", force=True)
    assert after["spec"]["size"] == 2
    assert owners(after) == {"one": y("f:spec: {f:paused: {}}"), "two": y("f:spec: {f:size: {}}")}


def test_equal_values_are_shared():
    after = run(run(None, "size: 1"), "size: 1", "two", "T2")
    assert owners(after) == {"one": y("f:spec: {f:size: {}}"), "two": y("f:spec: {f:size: {}}")}
    assert times(after) == {"one": "T1", "two": "T2"}


def test_applying_the_same_again_changes_nothing_not_even_the_time():
    live = run(None, "{size: 1, boxes: [{name: a}]}")
    assert run(live, "{size: 1, boxes: [{name: a}]}", at="T2") == live


def test_an_object_without_managers_belonged_to_before_first_apply():
    live = gadget("size: 1", uid="u")
    with pytest.raises(Conflict, match=r'conflict with "before-first-apply" using v1: \.spec\.size'):
        run(live, "size: 2")
    assert owners(run(live, "{size: 1, paused: true}")) == {
        "one": y("f:spec: {f:size: {}, f:paused: {}}"),
        "before-first-apply": y("f:spec: {f:size: {}}"),
    }


ORDERS = [
    ("[a, b]", "[b, c, a]", ["b", "c", "a"]),
    ("[b, c, a]", "[z]", ["b", "c", "a", "z"]),
    ("[a, s, b]", "[b, a]", ["s", "b", "a"]),
    ("[]", "[b, a]", ["b", "a"]),
]


@pytest.mark.parametrize(("before", "applied", "want"), ORDERS)
def test_the_order_of_keyed_lists(before, applied, want):
    live = gadget("{}", uid="u")
    live["spec"]["boxes"] = [{"name": n} for n in y(before)]
    config = gadget("{}")
    config["spec"]["boxes"] = [{"name": n} for n in y(applied)]
    assert [b["name"] for b in run(live, config)["spec"]["boxes"]] == want


REFUSED = [
    ("size: three", ".spec.size: expected numeric (int or float), got string"),
    ("paused: 1", ".spec.paused: expected boolean, got &{1}"),
    ("boxes: {name: a}", ".spec.boxes: expected list, got &{map[name:a]}"),
    ("strategy: text", ".spec.strategy: expected map, got &{text}"),
    ("boxes: [{name: 5}]", ".spec.boxes[name=5].name: expected string, got &value.valueUnstructured{Value:5}"),
    ("boxes: [{name: a}, {name: a}]", '.spec.boxes: duplicate entries for key [name="a"]'),
    ("tags: [x, x]", '.spec.tags: duplicate entries for key [="x"]'),
    ("bogus: 1", ".spec.bogus: field not declared in schema"),
    ("{size: x, paused: 1}", "errors:\n  .spec.size: expected numeric (int or float), got string\n"
                         "  .spec.paused: expected boolean, got &{1}"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "problem"), REFUSED)
def test_a_configuration_that_does_not_fit_its_type(spec, problem):
    with pytest.raises(BadRequest) as refused:
        run(None, spec)
    assert refused.value.message == f"failed to create typed patch object (/g; /v1, Kind=Gadget): {problem}"


ENVELOPES = [
    ({"kind": "Gadget"}, "invalid object type: /, Kind=Gadget"),
    ({"apiVersion": "apps/v2", "kind": "Gadget"}, "invalid object type: apps/v2, Kind=Gadget"),
    ({"apiVersion": "v1", "kind": "Widget"}, "invalid object type: /v1, Kind=Widget"),
    ({"apiVersion": "v1", "kind": "Gadget", "metadata": {"managedFields": []}}, "metadata.managedFields must be nil"),
]


@pytest.mark.parametrize(("config", "message"), ENVELOPES)
def test_a_wrong_envelope(config, message):
    with pytest.raises(BadRequest) as refused:
        run(None, config)
    assert refused.value.message == message


def test_null_is_owned_but_not_stored():
    made = run(None, "{size: null, paused: true}")
    assert made["spec"] == {"paused": True, "strategy": {}}
    assert owners(made) == {"one": y("f:spec: {f:size: {}, f:paused: {}}")}


def test_status_is_not_applied_through_the_main_resource():
    made = run(None, gadget("size: 1") | {"status": {"ready": 3}})
    assert owners(made) == {"one": y("f:spec: {f:size: {}}")}


def test_kubectl_takes_over_from_its_client_side_apply():
    applied = gadget("size: 1")
    live = gadget("size: 1", uid="u", annotations={LAST_APPLIED: json.dumps(applied)})
    live["metadata"]["managedFields"] = update(
        None, live, Gadget, manager="kubectl-client-side-apply", api_version="v1", now="T0", reset=RESET
    )
    with pytest.raises(Conflict):
        run(live, "size: 2", "argo")
    after = run(live, "size: 2", "kubectl")
    assert after["spec"]["size"] == 2
    assert json.loads(after["metadata"]["annotations"][LAST_APPLIED])["spec"] == {"size": 2}


@some
@given(specs, specs)
def test_one_manager_alone_gets_what_it_says(first, second):
    live = run(run(None, first), second)
    assert {k: v for k, v in live.get("spec", {}).items() if v} == {k: v for k, v in second.items() if v}


@some
@given(specs, specs)
def test_forcing_always_works_and_repeating_changes_nothing(first, second):
    live = run(run(None, first), second, "two", force=True)
    assert run(live, second, "two", at="T9") == live
