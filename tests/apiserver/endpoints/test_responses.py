"""Warnings of one response do not fill a client's memory."""

from __future__ import annotations

import pytest

from apiserver.endpoints.responses import warning_headers


@pytest.mark.parametrize(
    ("lengths", "left"),
    [
        ([10, 300], [10, 300]),
        ([4096], [4096]),
        ([4097], [256]),
        ([5000, 10], [256, 10]),
        ([256] * 20, [256] * 16),
    ],
)
def test_many_or_long_warnings_are_cut(lengths: list[int], left: list[int]) -> None:
    headers = warning_headers(["x" * length for length in lengths])
    assert [len(value) for _, value in headers] == [len('299 - ""') + length for length in left]
