"""JSONPath templates as kubectl understands them: `{.items[*].metadata.name}`, ranges, filters, unions.

Called by `get -o jsonpath=…`, `--sort-by`, custom columns and `wait --for=jsonpath=…`. Pure.
Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/. `parse` reads a template once, `Template.render`
prints what it finds, `find` returns the values of one path. Regular expressions are not part of the language.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class JSONPathError(ValueError):
    """The template cannot be read, or names a field that is not there."""


# ---- the parts of a path ----


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
    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True)
class Union:
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Filter:
    left: Any
    operator: str  # "" asks for existence
    right: Any


@dataclass(frozen=True)
class Literal:
    value: Any


@dataclass(frozen=True)
class Path:
    parts: tuple[Any, ...]
    from_root: bool = False


@dataclass(frozen=True)
class Range:
    path: Path
    body: tuple[Any, ...]


# ---- reading ----

_TOKEN = re.compile(r"[A-Za-z0-9_\-/]+")


class _Reader:
    """Reads the inside of one `{…}`."""

    def __init__(self, text: str):
        self.text, self.at = text, 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def eat(self, expected: str) -> None:
        if not self.text.startswith(expected, self.at):
            raise JSONPathError(f"unexpected {self.peek()!r} in {self.text!r}, expected {expected!r}")
        self.at += len(expected)

    def spaces(self) -> None:
        while self.peek() == " ":
            self.at += 1

    def path(self) -> Path:
        """`$.a.b[0]`, `@.c`, `.d`: up to the end, a blank or a closing bracket."""
        from_root = self.peek() == "$"
        if self.peek() in ("$", "@"):
            self.at += 1
        parts: list[Any] = []
        while c := self.peek():
            if c == ".":
                parts += self._dot()
            elif c == "[":
                parts.append(self._bracket())
            elif not parts and _TOKEN.match(c):
                parts.append(Field(self._name()))
            else:
                break
        return Path(tuple(parts), from_root)

    def _dot(self) -> list[Any]:
        self.at += 1
        if self.peek() == ".":
            self.at += 1
            return [Recursive()] + ([] if self.peek() == "[" else [self._field()])
        if self.peek() in ("", "[", " ", "}"):
            return []
        return [self._field()]

    def _field(self) -> Any:
        if self.peek() == "*":
            self.at += 1
            return Wildcard()
        return Field(self._name())

    def _name(self) -> str:
        out = []
        while (c := self.peek()) and c not in ".[]{} ,)=<>!&|":
            if c == "\\":
                self.at += 1
                c = self.peek()
            out.append(c)
            self.at += 1
        if not out:
            raise JSONPathError(f"a field name is missing in {self.text!r}")
        return "".join(out)

    def _bracket(self) -> Any:
        self.eat("[")
        if self.peek() == "?":
            return self._filter()
        parts = []
        while True:
            self.spaces()
            parts.append(self._index())
            self.spaces()
            if self.peek() == ",":
                self.at += 1
                continue
            self.eat("]")
            return parts[0] if len(parts) == 1 else Union(tuple(parts))

    def _index(self) -> Any:
        c = self.peek()
        if c == "*":
            self.at += 1
            return Wildcard()
        if c in "'\"":
            return self._quoted_path(c)
        if c == ".":
            return self.path()
        found = re.compile(r"(-?\d*)(:(-?\d*))?(:(-?\d*))?").match(self.text, self.at)
        assert found
        if not found[0]:
            return Field(self._name())
        self.at = found.end()
        if found[2] is None:
            index = int(found[1])
            return Slice(index, index + 1 if index != -1 else None, None)
        return Slice(*(int(n) if n else None for n in (found[1], found[3], found[5])))

    def _quoted_path(self, quote: str) -> Path:
        """`['metadata.name']` is a path of two fields, as in kubectl; a dot of a name is written `\\.`."""
        end = self.text.find(quote, self.at + 1)
        if end < 0:
            raise JSONPathError(f"unterminated quoted string in {self.text!r}")
        inside, self.at = self.text[self.at + 1 : end], end + 1
        return _Reader("." + inside).path()

    def _filter(self) -> Filter:
        self.eat("?(")
        left = self._operand()
        self.spaces()
        found = re.compile(r"==|!=|<=|>=|<|>").match(self.text, self.at)
        operator, right = "", None
        if found:
            operator, self.at = found[0], found.end()
            self.spaces()
            right = self._operand()
            self.spaces()
        self.eat(")]")
        return Filter(left, operator, right)

    def _operand(self) -> Any:
        c = self.peek()
        if c in ("'", '"'):
            return Literal(self.string())
        if c in ("@", "$", "."):
            return self.path()
        found = re.compile(r"-?\d+(\.\d+)?|true|false|null").match(self.text, self.at)
        if not found:
            raise JSONPathError(f"unrecognized character in action: {c!r} in {self.text!r}")
        self.at = found.end()
        return Literal(json.loads(found[0]))

    def string(self) -> str:
        quote, out = self.peek(), []
        self.at += 1
        while (c := self.peek()) != quote:
            if not c:
                raise JSONPathError(f"unterminated quoted string in {self.text!r}")
            if c == "\\":
                self.at += 1
                c = {"n": "\n", "t": "\t", "r": "\r"}.get(self.peek(), self.peek())
            out.append(c)
            self.at += 1
        self.at += 1
        return "".join(out)


def _actions(template: str) -> Iterator[Any]:
    """The template in order: text, paths, and the words `range` and `end`."""
    at = 0
    while at < len(template):
        start = template.find("{", at)
        if start < 0:
            yield Literal(template[at:])
            return
        if start > at:
            yield Literal(template[at:start])
        reader = _Reader(template)
        reader.at = start + 1
        reader.spaces()
        if template.startswith("range", reader.at):
            reader.at += 5
            reader.spaces()
            yield "range"
            yield reader.path()
        elif template.startswith("end", reader.at):
            reader.at += 3
            yield "end"
        else:
            yield from _expressions(reader)
        reader.spaces()
        if reader.peek() != "}":
            raise JSONPathError("unclosed action")
        at = reader.at + 1


def _expressions(reader: _Reader) -> Iterator[Any]:
    while reader.peek() not in ("}", ""):
        before = reader.at
        yield Literal(reader.string()) if reader.peek() in "'\"" else reader.path()
        reader.spaces()
        if reader.at == before:
            raise JSONPathError(f"unrecognized character in action: {reader.peek()!r}")


def parse(template: str, allow_missing: bool = True) -> Template:
    """Reads a template. Raises JSONPathError with what is wrong."""
    root: list[Any] = []
    stack = [(None, root)]
    actions = _actions(template)
    for action in actions:
        if action == "range":
            body: list[Any] = []
            stack.append((next(actions), body))
        elif action == "end":
            if len(stack) == 1:
                raise JSONPathError("not in range, nothing to end")
            path, body = stack.pop()
            stack[-1][1].append(Range(path, tuple(body)))
        else:
            stack[-1][1].append(action)
    if len(stack) > 1:
        raise JSONPathError("unclosed range")
    return Template(tuple(root), allow_missing)


# ---- evaluating ----


@dataclass(frozen=True)
class Template:
    actions: tuple[Any, ...]
    allow_missing: bool = True

    def render(self, data: Any) -> str:
        """The text for some parsed JSON. Raises JSONPathError for a missing field unless those are allowed."""
        return "".join(self._render(self.actions, data, data))

    def _render(self, actions: tuple[Any, ...], here: Any, root: Any) -> Iterator[str]:
        for action in actions:
            match action:
                case Literal(value=text):
                    yield text
                case Range(path=path, body=body):
                    for value in find(path, here, root, self.allow_missing):
                        yield from self._render(body, value, root)
                case Path():
                    yield " ".join(_text(v) for v in find(action, here, root, self.allow_missing))


def find(path: Path, here: Any, root: Any = None, allow_missing: bool = True) -> list[Any]:
    """The values a path leads to, in order."""
    root = here if root is None else root
    values = [root if path.from_root else here]
    for part in path.parts:
        # A union gives all values of its first member, then all of its second.
        for_each = part.parts if isinstance(part, Union) else (part,)
        values = [found for p in for_each for value in values for found in _step(p, value, root, allow_missing)]
    return values


def _step(part: Any, value: Any, root: Any, allow_missing: bool) -> list[Any]:
    match part:
        case Field(name=name):
            return _field(name, value, allow_missing)
        case Wildcard():
            return list(value.values()) if isinstance(value, dict) else list(value) if isinstance(value, list) else []
        case Recursive():
            return list(_everything(value))
        case Slice(start=start, stop=stop, step=step):
            return _slice(value, start, stop, step, allow_missing)
        case Path():
            return find(part, value, root, allow_missing)
        case Filter():
            items = value if isinstance(value, list) else []
            return [item for item in items if _holds(part, item, root)]
    raise JSONPathError(f"cannot evaluate {part!r}")


def _field(name: str, value: Any, allow_missing: bool) -> list[Any]:
    if isinstance(value, dict) and name in value:
        return [value[name]]
    if allow_missing or not isinstance(value, dict):
        return []
    raise JSONPathError(f"{name} is not found")


def _slice(value: Any, start: int | None, stop: int | None, step: int | None, allow_missing: bool) -> list[Any]:
    """An index is a slice of one; one that is not there is an error even where missing fields are allowed."""
    if not isinstance(value, list):
        return []
    size = len(value)
    first, end = _place(start, 0, size), _place(stop, size, size)
    if first != end:
        for index in (first, end - 1):
            if not 0 <= index < size:
                raise JSONPathError(f"array index out of bounds: index {index}, length {size}")
        if first > end:
            raise JSONPathError(f"starting index {first} is greater than ending index {end}")
    return value[first:end:step]


def _place(index: int | None, default: int, size: int) -> int:
    return default if index is None else index + size if index < 0 else index


def _everything(value: Any) -> Iterator[Any]:
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from _everything(child)


def _holds(test: Filter, item: Any, root: Any) -> bool:
    left, right = _operand(test.left, item, root), _operand(test.right, item, root)
    if not test.operator:
        return bool(left)
    if not left or not right:
        return False
    a, b = left[0], right[0]
    if test.operator in ("==", "!="):
        return (a == b) == (test.operator == "==")
    if isinstance(a, str) != isinstance(b, str):
        return False
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[test.operator]


def _operand(side: Any, item: Any, root: Any) -> list[Any]:
    if isinstance(side, Path):
        return find(side, item, root)
    return [side.value] if isinstance(side, Literal) else []


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
