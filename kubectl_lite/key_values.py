"""Words such as `app=web` (set) and `app-` (remove), as `label`, `annotate`, `taint` and `set env` take them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubectl_lite.errors import CommandError


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
