"""What a JSONPath template is made of. `parser` makes these, `evaluate` walks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class JSONPathError(ValueError):
    """The template cannot be read, or leads nowhere where it has to lead somewhere."""


@dataclass(frozen=True)
class Text:
    """Text between the braces, or a quoted word inside them."""

    text: str


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Wildcard:
    pass


@dataclass(frozen=True)
class Recursive:
    pass


@dataclass(frozen=True)
class Slice:
    """`[2]`, `[1:3]`, `[::2]`; an index is a slice whose end was not written."""

    start: int | None
    stop: int | None
    step: int | None
    is_index: bool = False


@dataclass(frozen=True)
class Union:
    paths: tuple[Action, ...]


@dataclass(frozen=True)
class Filter:
    left: Action
    operator: str  # "exists" when nothing is compared
    right: Action


@dataclass(frozen=True)
class Constant:
    """A number or a truth value."""

    value: Any


@dataclass(frozen=True)
class Identifier:
    """`range`, `end`; any other is an error once it is reached."""

    name: str


@dataclass(frozen=True)
class Action:
    """What stands between two braces: steps, each of which is given all that the one before found."""

    steps: tuple[Any, ...]

    @property
    def word(self) -> str:
        """`range` or `end`, if that is what it is."""
        return next((s.name for s in self.steps if isinstance(s, Identifier)), "")
