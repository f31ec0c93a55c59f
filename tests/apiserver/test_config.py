"""Flags that are more than a word: durations."""

from __future__ import annotations

import pytest

from apiserver.config import parse, seconds


@pytest.mark.parametrize(("text", "wanted"), [("1h", 3600), ("1h30m", 5400), ("90s", 90), ("1h0m0s", 3600), ("7", 7)])
def test_durations(text: str, wanted: int) -> None:
    assert seconds(text) == wanted
    assert parse(["--event-ttl", text]).event_ttl == wanted


@pytest.mark.parametrize("text", ["", "h", "1d", "1m1h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        seconds(text)
