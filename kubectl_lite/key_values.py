"""Words such as `app=web` (set) and `app-` (remove), as `label`, `annotate`, `taint` and `set env` take them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kubectl_lite.errors import CommandError

_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_INVALID_LABEL = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)


def split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    """The resources, then the changes: the first word with `=`, or ending in `-`, begins the changes."""
    for i, arg in enumerate(args):
        if "=" in arg or arg.endswith("-"):
            return list(args[:i]), list(args[i:])
    return list(args), []


def parse(words: Sequence[str], what: str) -> tuple[dict[str, str], list[str]]:
    """What to set, and what to remove. Raises CommandError, naming `what` (label or annotation)."""
    sets: dict[str, str] = {}
    removed: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key and what == "label" and not _LABEL_VALUE.fullmatch(value):
            if "=" in value:
                raise CommandError(f"invalid label spec: {word}")
            raise CommandError(f'invalid label value: "{word}": {_INVALID_LABEL}')
        if equals and key:
            sets[key] = value
        elif not equals and word.endswith("-") and len(word) > 1:
            removed.append(word[:-1])
        else:
            raise CommandError(f"unknown {what} spec: {word}")
    for key in removed:
        if key in sets:
            raise CommandError(
                f"can not both modify and remove {'a' if what == 'label' else 'an'} {what} in the same command"
            )
    return sets, removed


def taken(have: dict[str, Any], sets: dict[str, str]) -> list[str]:
    """Which keys have another value already, one text each."""
    return [f"'{k}' already has a value ({have[k]})" for k in sorted(sets) if k in have and have[k] != sets[k]]
