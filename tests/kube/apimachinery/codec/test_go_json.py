"""JSON as Go reads it: the same documents, and the same words for what is none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery.codec import go_json

END = "unexpected end of JSON input"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", END), (" ", END), ("{", END), ("[1,", END), ('"abc', END), ("tru", END), ("-", END), ('{"a"', END),
        ("{a}", "invalid character 'a' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("trux", "invalid character 'x' in literal true (expecting 'e')"),
        ('"a\nb"', "invalid character '\\n' in string literal"),
        (r'"\q"', "invalid character 'q' in string escape code"),
        (r'"\u00g0"', r"invalid character 'g' in \u hexadecimal character escape"),
        ("-x", "invalid character 'x' in numeric literal"),
        ("01", "invalid character '1' after top-level value"),
        ("1.x", "invalid character 'x' after decimal point in numeric literal"),
        ("1ex", "invalid character 'x' in exponent of numeric literal"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("\\", "invalid character '\\\\' looking for beginning of value"),
    ],
)  # fmt: skip
def test_errors(text, error):
    with pytest.raises(ValueError) as raised:
        go_json.loads(text.encode())
    assert str(raised.value) == error


def test_what_is_no_unicode_is_replaced():
    assert go_json.loads(b'"\xff"') == "�"
    assert go_json.loads(rb'"\ud800"') == "�"
    assert go_json.loads(rb'"\ud83d\ude00"') == "😀"


def test_depth_has_an_end():
    with pytest.raises(ValueError, match="exceeded max depth"):
        go_json.loads(b"[" * 100_000)


def test_repeated_keys_are_remembered():
    value = go_json.loads(b'{"a":1,"b":{"c":1,"c":2},"a":3}')
    assert value == {"a": 3, "b": {"c": 2}}
    assert value.repeated == ("a",) and value["b"].repeated == ("c",)
    assert go_json.has_repeated_keys(b'[{"a":{"b":1,"b":2}}]') and not go_json.has_repeated_keys(b'{"a":{"a":1}}')


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_every_document_is_read(value):
    assert go_json.loads(json.dumps(value).encode()) == value


@given(values, st.data())
def test_every_cut_document_has_a_reason(value, data):
    text = json.dumps([value])
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ValueError) as raised:
        go_json.loads(text[:end].encode())
    assert str(raised.value) == END
