"""Durations as Go writes them: `1h30m`, `500ms`, `30s`; a bare number is seconds. And ages, as kubectl shows them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import click

from kubectl_lite.errors import CommandError

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)")


def seconds(text: str) -> float:
    """The seconds of a duration; negative ones too. Raises CommandError for what is no duration."""
    sign, bare = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    if re.fullmatch(r"\d+(\.\d+)?", bare):
        return sign * float(bare)
    if not bare or _PART.sub("", bare):
        raise CommandError(f'invalid argument "{text}": time: invalid duration "{text}"')
    return sign * sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(bare))


def age(timestamp: str | None, now: datetime | None = None) -> str:
    """How long ago a time of the API's was, as kubectl says it: `5m3s`, `2d`."""
    from kube.apimachinery.times import human_duration

    if not timestamp:
        return "<unknown>"
    then = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return human_duration(((now or datetime.now(UTC)) - then).total_seconds())


class Duration(click.ParamType):
    """A flag whose value is a duration; it stays the text that was given."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            seconds(value or "0")
            if re.fullmatch(r"[-+]?[\d.]*[1-9.][\d.]*", value):
                raise CommandError("a flag's value has a unit")
        except CommandError:
            unit = re.fullmatch(r"[-+]?\d+(?:\.\d+)?([a-z]*)", value)
            why = (f'unknown unit "{unit[1]}" in' if unit[1] else "missing unit in") if unit else "invalid"
            self.fail(f"'{value}' time: {why} duration \"{value}\"", param, ctx)
        return value


DURATION = Duration()
