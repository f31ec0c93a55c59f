"""Label selectors: their text (`app=web,tier in (a,b),!old`) and their object form, and what they match.

Called by list and watch (text), by services and workloads (a map or a `LabelSelector`), by kubectl_lite. It calls
`validation` for keys and values. Error texts are those of k8s.io/apimachinery's `labels` package, which clients see
after `unable to parse requirement:` and the like. It knows nothing of fields; `fields.py` does those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Literal

from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, required
from kube.apimachinery.meta_v1 import LabelSelector, LabelSelectorRequirement
from kube.apimachinery.validation import is_qualified_label_key, is_valid_label_value

Operator = Literal["=", "==", "!=", "in", "notin", "exists", "!", "gt", "lt"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term of a selector. `values` is empty for `exists` and `!`."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Absent keys match `!=`, `notin` and `!`, as in Kubernetes."""
        value = labels.get(self.key)
        match self.operator:
            case "in" | "=" | "==":
                return value is not None and value in self.values
            case "notin" | "!=":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
            case _:
                return _compare(value, self.operator, next(iter(self.values)))

    def __str__(self) -> str:
        values = ",".join(sorted(self.values))
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({values})"
            case "gt" | "lt":
                return f"{self.key}{'>' if self.operator == 'gt' else '<'}{values}"
            case _:
                return f"{self.key}{self.operator}{values}"


def _compare(value: str | None, operator: str, bound: str) -> bool:
    if value is None or not _INTEGER.fullmatch(value):
        return False
    return int(value) > int(bound) if operator == "gt" else int(value) < int(bound)


_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that must all hold. The empty selector matches everything; `NOTHING` matches nothing."""

    requirements: tuple[Requirement, ...] = ()
    nothing: bool = field(default=False, kw_only=True)

    def matches(self, labels: Mapping[str, str]) -> bool:
        return not self.nothing and all(r.matches(labels) for r in self.requirements)

    @property
    def empty(self) -> bool:
        """Whether it restricts nothing."""
        return not self.requirements and not self.nothing

    def __str__(self) -> str:
        return ",".join(str(r) for r in self.requirements)


EVERYTHING = Selector()
NOTHING = Selector(nothing=True)


def from_set(labels: Mapping[str, str]) -> Selector:
    """`{"app": "web"}` -> `app=web`. An empty map matches everything."""
    return Selector(tuple(Requirement(k, "=", frozenset((v,))) for k, v in sorted(labels.items())))


def from_label_selector(selector: LabelSelector | None) -> Selector:
    """The object form. None matches nothing, an empty one everything. Raises ValueError on an unknown operator."""
    if selector is None:
        return NOTHING
    terms = list(from_set(selector.matchLabels).requirements)
    for expression in selector.matchExpressions:
        operator = _OPERATORS.get(expression.operator)
        if operator is None:
            raise ValueError(f'"{expression.operator}" is not a valid label selector operator')
        terms.append(Requirement(expression.key, operator, frozenset(expression.values)))
    return Selector(tuple(sorted(terms, key=lambda r: r.key)))


_OPERATORS: dict[str, Operator] = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


def format_set(labels: Mapping[str, str]) -> str:
    """`a=1,b=2`, sorted: how a map selector is printed."""
    return ",".join(f"{k}={v}" for k, v in sorted(labels.items()))


# ---- the text form ----

_TOKEN = re.compile(r"\s*(?:(?P<symbol>==|!=|[!=(),<>])|(?P<word>[^\s!=(),<>]+)|(?P<end>$))")
_BINARY_OPERATORS = "in, notin, =, ==, !=, gt, lt"


def parse(text: str) -> Selector:
    """A selector from its text. Raises ValueError in Kubernetes' words."""
    return Selector(tuple(sorted(_Parser(text).parse(), key=lambda r: r.key)))


def parse_to_set(text: str) -> dict[str, str]:
    """`a=1,b=2` as a map, for selectors that must be maps. Raises ValueError."""
    return {r.key: next(iter(r.values)) for r in parse(text).requirements if r.operator in ("=", "==")}


class _Parser:
    """Recursive descent over a list of tokens; the empty token is the end of the string."""

    def __init__(self, text: str):
        self.tokens = _tokens(text)
        self.at = 0

    def parse(self) -> Iterable[Requirement]:
        terms: list[Requirement] = []
        while self.peek():
            if self.peek() != "!" and not _is_word(self.peek()):
                raise ValueError(f"found '{self.peek()}', expected: !, identifier, or 'end of string'")
            terms.append(self.requirement())
            if self.peek() == ",":
                self.next()
                if self.peek() != "!" and not _is_word(self.peek()):
                    raise ValueError(f"found '{self.peek()}', expected: identifier after ','")
            elif self.peek():
                raise ValueError(f"found '{self.peek()}', expected: ',' or 'end of string'")
        return terms

    def requirement(self) -> Requirement:
        try:
            key, operator = self.key_and_operator()
            if operator in ("exists", "!"):
                return _requirement(key, operator, ())
            return _requirement(key, operator, self.values(operator))
        except ValueError as error:
            raise ValueError(f"unable to parse requirement: {error}") from error

    def key_and_operator(self) -> tuple[str, Operator]:
        negated = self.peek() == "!"
        if negated:
            self.next()
        key = self.next()
        if not _is_word(key):
            raise ValueError(f"found '{key}', expected: identifier")
        _check_key(key)
        if negated:
            return key, "!"
        if self.peek() in ("", ","):
            return key, "exists"
        return key, self.operator()

    def operator(self) -> Operator:
        found = self.next()
        operator = {">": "gt", "<": "lt"}.get(found, found)
        if operator in ("in", "notin", "=", "==", "!=") or found in ("<", ">"):
            return operator  # type: ignore[return-value]
        raise ValueError(f"found '{found}', expected: {_BINARY_OPERATORS}")

    def values(self, operator: Operator) -> Iterable[str]:
        return self.many_values() if operator in ("in", "notin") else (self.one_value(),)

    def one_value(self) -> str:
        """An absent value is the empty string: `a=` and `a=,b`."""
        if self.peek() in ("", ","):
            return ""
        found = self.next()
        if not _is_word(found):
            raise ValueError(f"found '{found}', expected: identifier")
        return found

    def many_values(self) -> Iterable[str]:
        if (found := self.next()) != "(":
            raise ValueError(f"found '{found}' expected: '('")
        values: set[str] = set()
        if self.peek() == ")":
            self.next()
            return {""}
        while True:
            values.add(self.value_in_list())
            found = self.next()
            if found == ")":
                return values
            if found != ",":
                raise ValueError(f"found '{found}', expected: ',', or ')'")

    def value_in_list(self) -> str:
        if self.peek() in (",", ")"):
            return ""
        found = self.next()
        if not _is_word(found):
            raise ValueError(f"found '{found}', expected: ',', ')' or identifier")
        return found

    def peek(self) -> str:
        return self.tokens[self.at]

    def next(self) -> str:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token


def _tokens(text: str) -> list[str]:
    found = [m["symbol"] or m["word"] for m in _TOKEN.finditer(text) if m["end"] is None]
    return [*found, ""]


def _is_word(token: str) -> bool:
    return bool(token) and token not in ("!", "=", "==", "!=", "(", ")", ",", "<", ">")


def _check_key(key: str) -> None:
    if problems := is_qualified_label_key(key):
        raise ValueError(str(invalid_value(Path(), key, "; ".join(problems))))


def _requirement(key: str, operator: Operator, values: Iterable[str]) -> Requirement:
    """Checks what the grammar cannot: the values, and numbers for `>` and `<`."""
    listed = sorted(values)
    if operator in ("gt", "lt") and not _INTEGER.fullmatch(listed[0]):
        detail = "for 'Gt', 'Lt' operators, the value must be an integer"
        raise ValueError(str(invalid_value(Path("values")[0], listed[0], detail)))
    for i, value in enumerate(listed):
        if problems := is_valid_label_value(value):
            path = Path("values")[i].key(key)
            raise ValueError(str(invalid_value(path, value, "; ".join(problems))))
    return Requirement(key, operator, frozenset(listed))


# ---- sets of labels ----


def conflicts(first: Mapping[str, str], second: Mapping[str, str]) -> Set[str]:
    """The keys that both have with different values."""
    return {k for k in first.keys() & second.keys() if first[k] != second[k]}


def is_subset(small: Mapping[str, str], large: Mapping[str, str]) -> bool:
    """Whether every label of the small set is in the large one."""
    return small.items() <= large.items()


def validate_label_selector(selector: LabelSelector | None, path: Path) -> list[FieldError]:
    """What is wrong with an object-form selector, in Kubernetes' words."""
    if selector is None:
        return []
    errors = [e for k, v in sorted(selector.matchLabels.items()) for e in _validate_pair(k, v, path["matchLabels"])]
    for i, expression in enumerate(selector.matchExpressions):
        errors += _validate_expression(expression, path["matchExpressions"][i])
    return errors


def _validate_pair(key: str, value: str, path: Path) -> list[FieldError]:
    keys = [invalid_value(path, key, problem) for problem in is_qualified_label_key(key)]
    return keys + [invalid_value(path, value, problem) for problem in is_valid_label_value(value)]


def _validate_expression(expression: LabelSelectorRequirement, path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    key, operator, values = expression.key, expression.operator, expression.values
    if operator in ("In", "NotIn"):
        if not values:
            errors.append(required(path["values"], "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(forbidden(path["values"], detail))
    else:
        errors.append(invalid_value(path["operator"], operator, "not a valid selector operator"))
    errors += [invalid_value(path["key"], key, p) for p in is_qualified_label_key(key)]
    for i, value in enumerate(values):
        errors += [invalid_value(path["values"][i], value, p) for p in is_valid_label_value(value)]
    return errors


__all__ = [
    "EVERYTHING", "NOTHING", "Requirement", "Selector", "conflicts", "format_set", "from_label_selector", "from_set",
    "is_subset", "parse", "parse_to_set", "validate_label_selector",
]  # fmt: skip
