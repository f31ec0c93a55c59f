"""Quantities, times, base64 and number-or-percentage: canonical forms, arithmetic, Go's words for errors."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.apimachinery import base64, intstr, quantity, times


@pytest.mark.parametrize(
    ("given_", "canonical"),
    [
        ("0", "0"), ("0.5", "500m"), ("1000m", "1"), ("1500", "1500"), ("1000", "1k"), ("12e6", "12e6"),
        ("0.1e3", "100"), ("1E", "1E"), ("1E3", "1e3"), (".5", "500m"), ("5.", "5"), ("+1", "1"), ("-1.5", "-1500m"),
        ("1024", "1024"), ("1024Ki", "1Mi"), ("1.5Gi", "1536Mi"), ("1000Ki", "1000Ki"), ("0.5Ki", "512"),
        ("1.1Mi", "1153433600m"), ("0.0000000001", "1n"), ("99999999999999999999", "9223372036854775807"),
    ],
)  # fmt: skip
def test_quantities_have_one_written_form(given_, canonical):
    assert quantity.canonical(given_) == canonical
    assert quantity.canonical(canonical) == canonical


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", quantity.FORMAT_WRONG),
        ("lots", quantity.FORMAT_WRONG),
        ("1 Gi", quantity.FORMAT_WRONG),
        ("1.2.3", quantity.FORMAT_WRONG),
        ("1mi", quantity.SUFFIX_WRONG),
        ("1e", quantity.SUFFIX_WRONG),
    ],
)
def test_quantities_that_are_none(text, error):
    with pytest.raises(ValueError) as raised:
        quantity.parse(text)
    assert str(raised.value) == error


def test_quantities_compare_and_add_by_amount():
    one, half = quantity.parse("1"), quantity.parse("500m")
    assert half < one == quantity.parse("1000m") and hash(one) == hash(quantity.parse("1000m"))
    assert str(one + half) == "1500m" and str(one - half) == "500m"
    assert str(quantity.parse("0") + quantity.parse("1Gi")) == "1Gi"
    assert (half.value, half.milli_value) == (1, 500)


@given(st.integers(0, 10**15), st.sampled_from(["", "m", "u", "k", "M", "Ki", "Mi"]))
def test_the_canonical_form_loses_nothing(number, suffix):
    before = quantity.parse(f"{number}{suffix}")
    after = quantity.parse(str(before))
    assert after == before or before.amount < Fraction(1, 10**9)


@pytest.mark.parametrize(
    ("given_", "canonical"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.999Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("2026-01-02T23:04:05-02:30", "2026-01-03T01:34:05Z"),
    ],
)
def test_times_are_kept_in_utc_and_whole_seconds(given_, canonical):
    assert times.canonical_time(given_) == canonical


LAYOUT = "2006-01-02T15:04:05Z07:00"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("yesterday", f'parsing time "yesterday" as "{LAYOUT}": cannot parse "yesterday" as "2006"'),
        ("2026-01-02", f'parsing time "2026-01-02" as "{LAYOUT}": cannot parse "" as "T"'),
        ("2026-13-02T03:04:05Z", 'parsing time "2026-13-02T03:04:05Z": month out of range'),
        ("2026-02-30T03:04:05Z", 'parsing time "2026-02-30T03:04:05Z": day out of range'),
        ("2026-01-02T03:04:05Zz", 'parsing time "2026-01-02T03:04:05Zz": extra text: "z"'),
    ],
)
def test_times_that_are_none(text, error):
    with pytest.raises(ValueError) as raised:
        times.canonical_time(text)
    assert str(raised.value) == error


def test_a_micro_time_needs_six_decimals():
    assert times.canonical_micro_time("2026-01-02T03:04:05.123456Z") == "2026-01-02T03:04:05.123456Z"
    with pytest.raises(ValueError, match=r'cannot parse "Z" as "\.000000"$'):
        times.canonical_micro_time("2026-01-02T03:04:05Z")


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)))
def test_times_round_trip(moment):
    moment = moment.replace(tzinfo=UTC)
    assert times.parse_time(times.format_micro_time(moment)) == moment
    assert moment - times.parse_time(times.format_time(moment)) < timedelta(seconds=1)


@given(st.binary(max_size=40))
def test_base64_round_trips(data):
    text = base64.encode(data)
    assert base64.canonical(text) == text and base64.decode(text) == data


@pytest.mark.parametrize(
    ("text", "at"), [("A", 0), ("AA=", 3), ("A*AA", 1), ("AAAAA", 4), ("====", 0), ("AA=A", 2), ("AAA=A", 4)]
)
def test_base64_that_is_none(text, at):
    with pytest.raises(ValueError) as raised:
        base64.canonical(text)
    assert str(raised.value) == f"illegal base64 data at input byte {at}"


@pytest.mark.parametrize(
    ("value", "total", "up", "down"), [(2, 10, 2, 2), ("25%", 10, 3, 2), ("0%", 10, 0, 0), ("100%", 7, 7, 7)]
)
def test_percentages_round_as_asked(value, total, up, down):
    assert intstr.scaled_value(value, total, round_up=True) == up
    assert intstr.scaled_value(value, total, round_up=False) == down


def test_other_strings_are_no_percentage():
    assert not intstr.is_percent("http") and not intstr.is_percent(5)
    with pytest.raises(ValueError):
        intstr.scaled_value("half", 10, round_up=True)


MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (10 * MINUTE, "10m"),
        (179 * MINUTE, "179m"), (3 * HOUR, "3h"), (3 * HOUR + 5 * MINUTE, "3h5m"), (8 * HOUR + MINUTE, "8h"),
        (47 * HOUR, "47h"), (2 * DAY, "2d"), (2 * DAY + 3 * HOUR, "2d3h"), (8 * DAY + HOUR, "8d"), (729 * DAY, "729d"),
        (2 * YEAR, "2y"), (731 * DAY, "2y1d"), (2 * YEAR + 14 * DAY, "2y14d"), (9 * YEAR + 5 * DAY, "9y"),
    ],
)  # fmt: skip
def test_human_duration(seconds: int, text: str) -> None:
    assert times.human_duration(seconds) == text
