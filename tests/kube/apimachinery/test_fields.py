"""Field selectors: text, matching, escapes, and Kubernetes' words for what does not parse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery import fields

POD = {"metadata.name": "web", "spec.nodeName": "", "status.phase": "Running"}


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("", True),
        ("metadata.name=web", True),
        ("metadata.name==web,status.phase!=Failed", True),
        ("metadata.name=web,metadata.name=web", True),
        ("metadata.name=web,metadata.name=db", False),
        ("spec.nodeName=", True),
        ("spec.nodeName!=", False),
        ("metadata.name=web,", True),
    ],
)
def test_matching(text, matches):
    assert fields.parse(text).matches(POD) is matches


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
        ("a=b,c>1", "invalid selector: 'a=b,c>1'; can't understand 'c>1'"),
        (r"a=b\c", r"invalid field selector: invalid escape sequence: \c"),
        ("a=b=c", "invalid field selector: unescaped character in value: ="),
    ],
)
def test_errors(text, error):
    with pytest.raises(ValueError) as raised:
        fields.parse(text)
    assert str(raised.value) == error


@given(st.text(max_size=8))
def test_any_value_can_be_escaped(value):
    selector = fields.parse(f"a={fields.escape(value)}")
    assert selector.requires_exactly("a") == value
    assert fields.parse(str(selector)) == selector


def test_unknown_fields_are_the_callers_error():
    selector = fields.parse("metadata.name=a,spec.x=b")
    with pytest.raises(LookupError, match=r"spec\.x"):
        selector.check(frozenset({"metadata.name"}), LookupError)


def test_of_name():
    assert str(fields.of_name("web")) == "metadata.name=web"
