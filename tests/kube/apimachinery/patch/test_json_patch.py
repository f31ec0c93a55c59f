# ruff: noqa: E501 (tables read better unbroken)
"""RFC 6902, with the liberties that kube-apiserver takes."""

from __future__ import annotations

import pytest
import yaml

from kube.apimachinery.errors import BadRequest, RequestEntityTooLarge
from kube.apimachinery.patch import json_patch

DOC = {"data": {"a": "1", "b/c": "2"}, "list": ["x", "y"]}

WORKS = """
- [add a member,            {op: add, path: /data/z, value: "3"},       [data, z],    "3"]
- [add replaces,            {op: add, path: /data/a, value: "3"},       [data, a],    "3"]
- [add into a list,         {op: add, path: /list/1, value: n},         [list],       [x, n, y]]
- [append to a list,        {op: add, path: /list/-, value: n},         [list],       [x, y, n]]
- [a negative index,        {op: replace, path: /list/-1, value: n},    [list],       [x, n]]
- [add without a value,     {op: add, path: /data/z},                   [data, z],    null]
- [an escaped slash,        {op: replace, path: /data/b~1c, value: n},  [data, b/c],  n]
- [replace a missing one,   {op: replace, path: /data/z, value: n},     [data, z],    n]
- [remove an item,          {op: remove, path: /list/0},                [list],       [y]]
- [move,                    {op: move, from: /list/1, path: /list/0},   [list],       [y, x]]
- [copy,                    {op: copy, from: /data, path: /more},       [more, a],    "1"]
- [copy a missing one,      {op: copy, from: /none, path: /data/z},     [data, z],    null]
- [test holds,              {op: test, path: /list, value: [x, y]},     [list],       [x, y]]
- [test of a missing null,  {op: test, path: /data/z, value: null},     [list],       [x, y]]
- [a path without a slash,  {op: add, path: data/z, value: n},          [z],          n]
"""

FAILS = """
- [remove a missing member, {op: remove, path: /data/none}]
- [an index out of bounds,  {op: replace, path: /list/2, value: n}]
- [no index at all,         {op: add, path: /list/first, value: n}]
- [a missing parent,        {op: add, path: /no/such, value: n}]
- [the whole document,      {op: add, path: "", value: {}}]
- [an unknown operation,    {op: increment, path: /data/a, value: 1}]
- [no operation,            {path: /data/a, value: 1}]
- [no path,                 {op: add, value: 1}]
- [test fails,              {op: test, path: /data/a, value: other}]
- [true is not one,         {op: test, path: /data/a, value: true}]
- [move a missing one,      {op: move, from: /data/none, path: /data/x}]
"""

MALFORMED = """
- [an object,    {a: 1},          "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"]
- [a string,     text,            "error decoding patch: json: cannot unmarshal string into Go value of type []handlers.jsonPatchOp"]
- [a text item,  [text],          "error decoding patch: json: cannot unmarshal string into Go value of type handlers.jsonPatchOp"]
- [a number op,  [{op: 1}],       "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string"]
"""


def cases(text: str):
    return [pytest.param(*rest, id=name) for name, *rest in yaml.safe_load(text)]


@pytest.mark.parametrize(("op", "at", "want"), cases(WORKS))
def test_an_operation_works(op, at, want):
    out = json_patch.apply(DOC, [op])
    for key in at:
        out = out[key]
    assert out == want


@pytest.mark.parametrize("op", [p.values[0] for p in cases(FAILS)], ids=[p.id for p in cases(FAILS)])
def test_an_operation_fails(op):
    with pytest.raises(json_patch.PatchFailed) as failed:
        json_patch.apply(DOC, [op])
    assert failed.value.status.message == "the server rejected our request due to an error in our request"
    assert failed.value.status.to_dict()["details"] == {}


@pytest.mark.parametrize(("body", "message"), cases(MALFORMED))
def test_a_body_is_no_patch(body, message):
    with pytest.raises(BadRequest, match="error decoding patch") as refused:
        json_patch.apply(DOC, body)
    assert refused.value.message == message


def test_null_is_an_empty_patch():
    assert json_patch.apply(DOC, None) == DOC


def test_ten_thousand_operations_are_enough():
    with pytest.raises(RequestEntityTooLarge):
        json_patch.apply(DOC, [{"op": "test", "path": "/x", "value": None}] * 10001)


def test_the_given_document_is_not_changed():
    doc = {"a": {"b": [1]}}
    json_patch.apply(doc, [{"op": "add", "path": "/a/b/-", "value": 2}, {"op": "remove", "path": "/a"}])
    assert doc == {"a": {"b": [1]}}
