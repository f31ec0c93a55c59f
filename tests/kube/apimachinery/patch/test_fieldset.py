# ruff: noqa: E501 (tables read better unbroken)
"""Sets of fields: what a value owns, the algebra, and comparing two objects."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery.patch import fieldset
from kube.apimachinery.patch.fieldset import compare, difference, intersection, paths, union
from kube.apimachinery.patch.schema import schema_of

from .gadget import Gadget, some, y
from .test_strategic import specs

SPEC = schema_of(Gadget).child("spec")

OWNED = [
    ("size: 1", "f:size: {}"),
    ("size: null", "f:size: {}"),
    ("strategy: {}", "f:strategy: {}"),
    ("strategy: {step: 1}", "f:strategy: {f:step: {}}"),
    ("boxes: []", "{}"),
    ("boxes: [{name: a, args: [x]}]", "f:boxes: {'k:{\"name\":\"a\"}': {'.': {}, f:name: {}, f:args: {}}}"),
    ("ports: [{port: 80}]", 'f:ports: {\'k:{"port":80,"protocol":"TCP"}\': {\'.\': {}, f:port: {}}}'),
    ("tags: [x, y]", "f:tags: {'v:\"x\"': {}, 'v:\"y\"': {}}"),
    ("selector: {matchLabels: {a: b}}", "f:selector: {}"),
    (
        "volumes: [{name: v, memory: {limit: 1Gi}}]",
        "f:volumes: {'k:{\"name\":\"v\"}': {'.': {}, f:name: {}, f:memory: {f:limit: {}}}}",
    ),
]


@pytest.mark.parametrize(("value", "want"), OWNED, ids=[o[0] for o in OWNED])
def test_what_a_configuration_owns(value, want):
    assert fieldset.of(y(value), SPEC) == y(want)


COMPARED = [
    ("{}", "size: 1", "f:size: {}", "{}"),
    ("size: 1", "size: 2", "f:size: {}", "{}"),
    ("size: 1", "{}", "{}", "f:size: {}"),
    ("boxes: null", "boxes: [{name: a}]", "f:boxes: {'k:{\"name\":\"a\"}': {'.': {}, f:name: {}}}", "{}"),
    ("{}", "tags: [x]", "f:tags: {'.': {}, 'v:\"x\"': {}}", "{}"),
    ("tags: [x, y]", "tags: [y, x]", "{}", "{}"),
    ("boxes: [{name: a, args: [x]}]", "boxes: [{name: a, args: [y]}]", "f:boxes: {'k:{\"name\":\"a\"}': {f:args: {}}}", "{}"),
    ("boxes: [{name: a}]", "boxes: []", "{}", "f:boxes: {'k:{\"name\":\"a\"}': {'.': {}, f:name: {}}}"),
    ("selector: {matchLabels: {a: b}}", "selector: {matchLabels: {a: c}}", "f:selector: {}", "{}"),
    ("boxes: [{name: a, image: i}, {name: a, image: j}]", "boxes: [{name: a, image: i}, {name: a, image: k}]",
     "f:boxes: {'k:{\"name\":\"a\"}': {}}", "{}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "changed", "removed"), COMPARED, ids=[f"{c[0]} -> {c[1]}" for c in COMPARED])
def test_what_a_write_changed(old, new, changed, removed):
    assert compare(y(old), y(new), SPEC) == (y(changed), y(removed))


def test_paths_are_printed_as_conflicts_name_them():
    tree = y("""
        f:spec:
          f:size: {}
          f:ports:
            'k:{"port":80,"protocol":"TCP"}': {'.': {}, f:name: {}}
          f:tags: {'v:"x"': {}}
    """)
    assert list(paths(tree)) == [
        ".spec.size",
        '.spec.ports[port=80,protocol="TCP"]',
        '.spec.ports[port=80,protocol="TCP"].name',
        '.spec.tags[="x"]',
    ]


trees = st.recursive(
    st.just({}),
    lambda below: st.dictionaries(st.sampled_from(["f:a", "f:b", "f:c"]), below, min_size=1, max_size=3).flatmap(
        lambda d: st.sampled_from([d, {".": {}, **d}])
    ),
    max_leaves=6,
).map(lambda t: {k: v for k, v in t.items() if k != "."})


def members(tree) -> set[str]:
    return set(paths(tree))


@some
@given(trees, trees)
def test_the_algebra_is_that_of_sets(a, b):
    assert members(union(a, b)) == members(a) | members(b)
    assert members(difference(a, b)) == members(a) - members(b)
    assert members(intersection(a, b)) == members(a) & members(b)


@some
@given(specs, specs)
def test_comparing_finds_nothing_only_between_equals(old, new):
    changed, removed = compare(old, new, SPEC)
    if old == new:
        assert (changed, removed) == ({}, {})
    back = compare(new, old, SPEC)
    assert bool(changed or removed) == bool(back[0] or back[1])
    assert members(removed) == members(compare(new, old, SPEC)[0]) - members(changed)
