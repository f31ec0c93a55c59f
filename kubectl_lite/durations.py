"""Durations as Go writes them: `1h30m`, `500ms`, `30s`; a bare number is seconds."""

from __future__ import annotations

import re

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
