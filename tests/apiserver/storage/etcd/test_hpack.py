"""Header blocks, with the examples of RFC 7541."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.storage.etcd.transport.hpack import HeaderError, decode, encode, expand


@pytest.mark.parametrize(
    ("coded", "plain"),
    [  # RFC 7541, C.4 and C.6
        ("f1e3c2e5f23a6ba0ab90f4ff", b"www.example.com"),
        ("a8eb10649cbf", b"no-cache"),
        ("25a849e95ba97d7f", b"custom-key"),
        ("25a849e95bb8e8b4bf", b"custom-value"),
        ("d07abe941054d444a8200595040b8166e082a62d1bff", b"Mon, 21 Oct 2013 20:13:21 GMT"),
        ("9d29ad171863c78f0b97c8e9ae82ae43d3", b"https://www.example.com"),
        ("", b""),
    ],
)
def test_expand(coded: str, plain: bytes) -> None:
    assert expand(bytes.fromhex(coded)) == plain


@pytest.mark.parametrize("coded", ["ff", "fffffffc", "00", "f1e3c2e5f23a6ba0ab90f4ffff"])
def test_what_cannot_be_expanded(coded: str) -> None:
    with pytest.raises(HeaderError):
        expand(bytes.fromhex(coded))


def test_static_entries_and_literals() -> None:
    """RFC 7541, C.3.1, without the indexing that a table of size 0 forgets."""
    block = bytes.fromhex("20828684410f7777772e6578616d706c652e636f6d")
    assert decode(block) == {":method": "GET", ":scheme": "http", ":path": "/", ":authority": "www.example.com"}


@pytest.mark.parametrize("block", ["be", "0f", "40", "000561", "7f"])
def test_blocks_that_make_no_sense(block: str) -> None:
    with pytest.raises(HeaderError):
        decode(bytes.fromhex(block))


@given(st.dictionaries(st.text("abc-:", min_size=1, max_size=300), st.text("xyz019 %", max_size=300), max_size=5))
def test_what_is_encoded_is_decoded(headers: dict[str, str]) -> None:
    assert decode(encode(headers.items())) == headers
