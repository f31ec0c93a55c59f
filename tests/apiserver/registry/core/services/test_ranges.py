"""The bands of KEP-3070 and KEP-3668, and picking from them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.registry.core.services.ranges import AddressRange, Bands, port_range


@pytest.mark.parametrize(
    ("cidr", "reserved", "usable"),
    [
        ("10.96.0.0/12", 256, 2**20 - 2),
        ("10.96.0.0/16", 256, 65534),
        ("10.96.0.0/20", 255, 4094),
        ("10.96.0.0/24", 16, 254),
        ("10.96.0.0/27", 16, 30),
        ("10.96.0.0/28", 0, 14),
        ("10.96.0.0/31", 0, 0),
        ("fd00::/112", 256, 65535),
        ("fd00::/108", 256, 2**20 - 1),
    ],
)
def test_address_bands(cidr: str, reserved: int, usable: int) -> None:
    bands = AddressRange.parse(cidr).bands
    assert (bands.dynamic - bands.first, bands.last - bands.first + 1) == (reserved, usable)


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("30000-32767", Bands(30000, 30086, 32767)),
        ("30000+2767", Bands(30000, 30086, 32767)),
        ("1-65535", Bands(1, 129, 65535)),
        ("30000-30014", Bands(30000, 30000, 30014)),
        ("8080", Bands(8080, 8080, 8080)),
    ],
)
def test_port_bands(text: str, bands: Bands) -> None:
    assert port_range(text) == bands


@pytest.mark.parametrize("text", ["", "a-b", "0-10", "10-5", "1-70000"])
def test_what_is_no_port_range(text: str) -> None:
    with pytest.raises(ValueError):
        port_range(text)


@given(st.integers(1, 60), st.integers(0, 20), st.integers(0, 2**32), st.data())
def test_picking_finds_what_is_free_and_prefers_the_upper_band(
    size: int, reserved: int, seed: int, data: st.DataObject
) -> None:
    bands = Bands(100, 100 + min(reserved, size), 100 + size - 1)
    taken = data.draw(st.sets(st.integers(100, 100 + size - 1)))
    found = bands.pick(taken.__contains__, random.Random(seed))
    free = set(range(100, 100 + size)) - taken
    upper = {number for number in free if number >= bands.dynamic}
    assert (found in (upper or free)) if free else found is None
