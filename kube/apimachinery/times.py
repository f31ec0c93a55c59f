"""Times as Kubernetes writes them: RFC 3339 in UTC, whole seconds (`Time`) or six decimals (`MicroTime`).

Called by the field types `Time` and `MicroTime` for what clients send, and by everything that compares or makes
times. It knows no clock: a time comes in as a `datetime`. Texts of errors are those of Go's `time.Parse`, because
that is what a client sees when it sends a bad one.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

TIME_LAYOUT = "2006-01-02T15:04:05Z07:00"
MICRO_TIME_LAYOUT = "2006-01-02T15:04:05.000000Z07:00"

_PARTS = (
    (re.compile(r"\d{4}"), "2006"),
    (re.compile("-"), "-"),
    (re.compile(r"\d{2}"), "01"),
    (re.compile("-"), "-"),
    (re.compile(r"\d{2}"), "02"),
    (re.compile("T"), "T"),
    (re.compile(r"\d{1,2}"), "15"),
    (re.compile(":"), ":"),
    (re.compile(r"\d{2}"), "04"),
    (re.compile(":"), ":"),
    (re.compile(r"\d{2}"), "05"),
)
_FRACTION = re.compile(r"[.,](\d+)")
_SIX_DECIMALS = re.compile(r"\.(\d{6})")
_ZONE = re.compile(r"Z|[+-]\d{2}:\d{2}")


def format_time(moment: datetime) -> str:
    """`2026-01-02T03:04:05Z`. The fraction of the second is dropped."""
    return moment.astimezone(UTC).isoformat()[:19] + "Z"  # strftime does the same in ten times the time


def format_micro_time(moment: datetime) -> str:
    """`2026-01-02T03:04:05.000006Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def parse_time(text: str) -> datetime:
    """The moment that a `Time` or a `MicroTime` says, in UTC. Raises ValueError in Go's words."""
    return _parse(text, micro=False)


def canonical_time(text: str) -> str:
    """A client's time as the server keeps it. Raises ValueError in Go's words."""
    if len(text) == 20 and text[19] == "Z" and _is_plain(text):
        return text
    return format_time(_parse(text, micro=False))


def canonical_micro_time(text: str) -> str:
    """A client's MicroTime as the server keeps it. Six decimals are required. Raises ValueError in Go's words."""
    return format_micro_time(_parse(text, micro=True))


def human_duration(seconds: float) -> str:
    """How old something is, as kubectl says it: `5s`, `3m4s`, `12h`, `3d4h`, `2y14d`.

    Source: k8s.io/apimachinery/pkg/util/duration.HumanDuration.
    """
    whole = int(seconds)
    if whole <= -2:
        return "<invalid>"
    if whole < 0:
        return "0s"
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return _two(minutes, "m", whole % 60, "s")
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if hours < 192:
        return _two(days, "d", hours % 24, "h")
    if hours < 24 * 365 * 2:
        return f"{days}d"
    if hours < 24 * 365 * 8:
        return _two(days // 365, "y", days % 365, "d")
    return f"{days // 365}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def _is_plain(text: str) -> bool:
    """Whether text, which is 20 characters and ends in Z, is already in the written form."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return text[4] == text[7] == "-" and text[10] == "T" and text[13] == text[16] == ":"


def _parse(text: str, *, micro: bool) -> datetime:
    layout = MICRO_TIME_LAYOUT if micro else TIME_LAYOUT
    numbers, at = _date_and_clock(text, layout)
    microseconds, at = _fraction(text, at, layout, micro)
    zone = _ZONE.match(text, at)
    if not zone:
        raise _cannot_parse(text, layout, at, "Z07:00")
    if zone.end() != len(text):
        raise ValueError(f'parsing time "{text}": extra text: "{text[zone.end() :]}"')
    return _moment(text, numbers, microseconds, zone[0])


def _date_and_clock(text: str, layout: str) -> tuple[list[int], int]:
    numbers, at = [], 0
    for pattern, element in _PARTS:
        found = pattern.match(text, at)
        if not found:
            raise _cannot_parse(text, layout, at, element)
        if element.isdigit():
            numbers.append(int(found[0]))
        at = found.end()
        _check_range(text, element, numbers)
    return numbers, at


def _check_range(text: str, element: str, numbers: list[int]) -> None:
    limits = {"01": (1, 12, "month"), "15": (0, 23, "hour"), "04": (0, 59, "minute"), "05": (0, 59, "second")}
    if element in limits:
        low, high, name = limits[element]
        if not low <= numbers[-1] <= high:
            raise ValueError(f'parsing time "{text}": {name} out of range')


def _fraction(text: str, at: int, layout: str, micro: bool) -> tuple[int, int]:
    """Microseconds and where they end. A `Time` may have any fraction, a `MicroTime` must have six digits."""
    found = (_SIX_DECIMALS if micro else _FRACTION).match(text, at)
    if found:
        return int(found[1][:6].ljust(6, "0")), found.end()
    if micro:
        raise _cannot_parse(text, layout, at, ".000000")
    return 0, at


def _moment(text: str, numbers: list[int], microseconds: int, zone: str) -> datetime:
    try:
        moment = datetime(*numbers, microseconds, tzinfo=UTC)  # type: ignore[arg-type]
        if zone != "Z":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:6]))
            moment -= offset if zone[0] == "+" else -offset
    except (ValueError, OverflowError) as error:
        raise ValueError(f'parsing time "{text}": day out of range') from error
    return moment


def _cannot_parse(text: str, layout: str, at: int, element: str) -> ValueError:
    return ValueError(f'parsing time "{text}" as "{layout}": cannot parse "{text[at:]}" as "{element}"')
