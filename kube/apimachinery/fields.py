"""Field selectors: `metadata.name=web,status.phase!=Failed`.

Called by list and watch, by informers and by kubectl_lite. It calls nothing. Which fields a kind offers is not here
but in its strategy. Error texts are those of k8s.io/apimachinery's `fields` package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term: the value of a field is, or is not, this."""

    field: str
    operator: Literal["=", "!="]
    value: str

    def matches(self, fields: Mapping[str, str]) -> bool:
        """An absent field is the empty string."""
        return (fields.get(self.field, "") == self.value) is (self.operator == "=")

    def __str__(self) -> str:
        return f"{self.field}{self.operator}{escape(self.value)}"


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that must all hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        return all(r.matches(fields) for r in self.requirements)

    @property
    def empty(self) -> bool:
        return not self.requirements

    def requires_exactly(self, field: str) -> str | None:
        """The one value that the field must have, if the selector says so."""
        for requirement in self.requirements:
            if requirement.field == field and requirement.operator == "=":
                return requirement.value
        return None

    def check(self, known: Callable[[str], bool] | frozenset[str], otherwise: Callable[[str], Exception]) -> None:
        """Raises `otherwise(field)` for the first field that is not known."""
        is_known = known if callable(known) else known.__contains__
        for requirement in self.requirements:
            if not is_known(requirement.field):
                raise otherwise(requirement.field)

    def __str__(self) -> str:
        return ",".join(str(r) for r in self.requirements)


EVERYTHING = Selector()

_TERM = re.compile(r"(?P<field>.*?)(?P<operator>!=|==|=)(?P<value>.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_BETWEEN_COMMAS = re.compile(r"(?:\\.|[^,\\]|\\$)+", re.DOTALL)


def parse(text: str) -> Selector:
    """A selector from its text, in which a backslash escapes. Raises ValueError in Kubernetes' words."""
    terms = [_requirement(term, text) for term in _BETWEEN_COMMAS.findall(text)]
    said = [t for t in terms if t.field or t.value]  # a bare `=` restricts nothing
    return Selector(tuple(sorted(said, key=lambda r: r.field)))


def of_name(name: str) -> Selector:
    """`metadata.name=NAME`: how one object is watched."""
    return Selector((Requirement("metadata.name", "=", name),))


def escape(value: str) -> str:
    """The value as it stands in a selector's text."""
    return re.sub(r"([\\,=])", r"\\\1", value)


def _requirement(term: str, whole: str) -> Requirement:
    found = _TERM.fullmatch(term)
    if not found:
        raise ValueError(f"invalid selector: '{whole}'; can't understand '{term}'")
    operator: Literal["=", "!="] = "!=" if found["operator"] == "!=" else "="
    return Requirement(found["field"], operator, _unescape(found["value"]))


def _unescape(value: str) -> str:
    bare = _ESCAPED.sub("", value)
    for char in _ESCAPED.findall(value):
        if char == "" or char not in "\\,=":
            raise ValueError(f"invalid field selector: invalid escape sequence: \\{char}")
    if "=" in bare or "," in bare:
        unescaped = next(c for c in bare if c in ",=")
        raise ValueError(f"invalid field selector: unescaped character in value: {unescaped}")
    return _ESCAPED.sub(r"\1", value)
