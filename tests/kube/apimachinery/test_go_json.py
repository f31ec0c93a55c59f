"""JSON's three signs that Go escapes."""

from __future__ import annotations

import json

import pytest

from kube.api import core_v1
from kube.apimachinery.go_json import escaped


@pytest.mark.parametrize("text", ["a<b>c&d", "\\u003c", "<\\\"&", "plain"])
def test_the_same_value_without_the_signs(text: str) -> None:
    data = escaped(json.dumps({text: text}).encode())
    assert json.loads(data) == {text: text}
    assert not set(b"<>&") & set(data)


def test_objects_are_encoded_so() -> None:
    found = core_v1.ConfigMap.from_dict({"data": {"k": "a<b"}}).to_json()
    assert rb'"a\u003cb"' in found
    assert core_v1.ConfigMap.from_json(found).data == {"k": "a<b"}
