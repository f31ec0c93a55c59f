"""A gzip of two parts, of which the second is compressed once."""

from __future__ import annotations

import gzip
import zlib

import pytest

from apiserver.endpoints.compression import compressed, is_worth_it


@pytest.mark.parametrize(("head", "tail"), [(b"", b""), (b"head", b""), (b"", b"tail"), (b"h" * 9999, bytes(300_000))])
async def test_both_parts_are_one_gzip(head: bytes, tail: bytes) -> None:
    found = await compressed(head, tail, None, "json")
    assert gzip.decompress(found) == head + tail
    assert zlib.decompressobj(31).decompress(found) == head + tail, "one member: some clients read no more"


async def test_the_tail_is_compressed_once() -> None:
    kept: dict[str, bytes] = {}
    first = await compressed(b"one", b"tail" * 99, kept, "json")
    packed = kept["json"]
    assert packed in first
    second = await compressed(b"two", b"tail" * 99, kept, "json")
    assert kept["json"] is packed and gzip.decompress(second) == b"two" + b"tail" * 99


@pytest.mark.parametrize(
    ("length", "accepts", "expected"), [(131_073, b"gzip", True), (131_072, b"gzip", False), (10**6, b"br", False)]
)
def test_what_is_worth_it(length: int, accepts: bytes, expected: bool) -> None:
    assert is_worth_it(length, accepts) is expected
