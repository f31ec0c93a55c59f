"""Words such as `app=web` (set) and `app-` (remove), as `label`, `annotate`, `taint` and `set env` take them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from kube.apimachinery.validation.names import is_valid_label_value
from kubectl_lite.errors import CommandError


def is_pair(word: str) -> bool:
    """Whether a word changes a key, rather than naming an object."""
    return "=" in word[1:] or (word.endswith("-") and word != "-")


def split(
    args: Sequence[str], what: str, is_change: Callable[[str], bool] = is_pair, *, tells_all: bool = False
) -> tuple[list[str], list[str]]:
    """The resources, then the changes. Raises CommandError for another order, naming the word, or all of them."""
    resources: list[str] = []
    changes: list[str] = []
    for word in args:
        if is_change(word):
            changes.append(word)
        elif changes:
            wrong = " ".join(args) if tells_all else word
            raise CommandError(f"all resources must be specified before {what} changes: {wrong}")
        else:
            resources.append(word)
    return resources, changes


def parse(words: Sequence[str], what: str) -> tuple[dict[str, str], list[str]]:
    """What to set, and what to remove. Raises CommandError, naming `what` (label or annotation)."""
    sets: dict[str, str] = {}
    removed: list[str] = []
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key and what == "label" and (errors := is_valid_label_value(value)):
            if "=" in value:
                raise CommandError(f"invalid label spec: {word}")
            raise CommandError(f'invalid label value: "{word}": {";".join(errors)}')
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
