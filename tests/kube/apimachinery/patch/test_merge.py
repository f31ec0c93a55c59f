"""RFC 7386: its own examples, and the three-way patch of kubectl apply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery.errors import BadRequest
from kube.apimachinery.patch import merge

from .gadget import some

# RFC 7386, appendix A, those whose document and patch are objects.
RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

values = st.recursive(
    st.booleans() | st.integers(0, 3) | st.sampled_from(["", "x", "y"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


@pytest.mark.parametrize(("doc", "patch", "want"), RFC)
def test_the_examples_of_the_rfc(doc, patch, want):
    assert merge.apply(doc, patch) == want


@pytest.mark.parametrize("patch", [[], "text", 5])
def test_a_patch_must_be_an_object(patch):
    with pytest.raises(BadRequest, match="cannot unmarshal"):
        merge.apply({}, patch)


@some
@given(documents, documents)
def test_a_created_patch_makes_one_document_of_the_other(original, modified):
    assert merge.apply(original, merge.create(original, modified)) == modified


@some
@given(documents)
def test_nothing_to_do_is_an_empty_patch(doc):
    assert merge.create(doc, doc) == {}


def test_three_way_deletes_what_was_applied_and_keeps_what_others_added():
    original = {"data": {"mine": "1", "gone": "1"}}
    modified = {"data": {"mine": "2"}}
    current = {"data": {"mine": "1", "gone": "1", "theirs": "1"}}
    patch = merge.three_way(original, modified, current)
    assert patch == {"data": {"mine": "2", "gone": None}}
    assert merge.apply(current, patch) == {"data": {"mine": "2", "theirs": "1"}}


@some
@given(documents, documents)
def test_three_way_from_the_last_applied_state_gives_the_new_one(original, modified):
    patch = merge.three_way(original, modified, original)
    assert merge.apply(original, patch) == modified
