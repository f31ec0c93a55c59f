"""Reads a JSONPath template into nodes, refusing what client-go's parser refuses, in its words. Pure.

The parts of a path are taken from the front of the text one after the other; what stands in brackets is first cut out
and then read by itself, as in the original, which decides which mistakes are found first.
"""

from __future__ import annotations

import re

from kubectl_lite.printers.jsonpath.nodes import (
    Action,
    Constant,
    Field,
    Filter,
    Identifier,
    JSONPathError,
    Recursive,
    Slice,
    Text,
    Union,
    Wildcard,
)
from kubectl_lite.printers.jsonpath.quoted import unquoted

_NAME = re.compile(r"(?:\\.|[^\s.,\[\]$@{}\\])*", re.S)
_WORD = re.compile(r"[^\s.,\[\]$@{}]+")
_NUMBER = re.compile(r"[-+]?[.\d]*")
_SLICE = re.compile(r"(-?\d*)(:-?\d*)?(:-?\d*)?")
_COMPARED = re.compile(r"([^!<>=]+)([!<>=]+)(.+)", re.S)
_RELAXED = re.compile(r"\{\.?([^{}]+)\}|\.?([^{}]+)")


def relaxed(text: str) -> str:
    """`a.b`, `.a.b`, `{a.b}` and `{.a.b}` are all `{.a.b}`, where only a path makes sense."""
    found = _RELAXED.fullmatch(text)
    if text and not found:
        raise JSONPathError(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
        )
    return f"{{.{found[1] or found[2]}}}" if found else text


def nodes_of(template: str) -> tuple[Text | Action, ...]:
    """The texts and actions of a template, in order."""
    found: list[Text | Action] = []
    at = 0
    while at < len(template):
        start = template.find("{", at)
        if start != at:
            found.append(Text(template[at:] if start < 0 else template[at:start]))
        if start < 0:
            break
        reader = _Reader(template, start + 1)
        found.append(reader.action())
        at = reader.at
    return tuple(found)


def _action(text: str) -> Action:
    return _Reader("{" + text + "}", 1).action()


class _Reader:
    """Reads one action, from behind its opening brace to behind the closing one."""

    def __init__(self, text: str, at: int):
        self.text, self.at = text, at
        self.steps: list[object] = []

    def action(self) -> Action:
        while not self.text.startswith("}", self.at):
            self._step(self.text[self.at : self.at + 1])
        self.at += 1
        return Action(tuple(self.steps))

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        assert found
        self.at = found.end()
        return found[0]

    def _step(self, c: str) -> None:
        if c in ("", "\n", "\r"):
            raise JSONPathError("unclosed action")
        if c in " @$":
            self.at += 1
        elif self.text.startswith("[?(", self.at):
            self._filter()
        elif c == "[":
            self._brackets()
        elif c in "'\"":
            self._quote(c)
        elif self.text.startswith("..", self.at):
            self._recursive()
        elif c == ".":
            self.at += 1
            self._field()
        elif c in "+-" or c.isdigit():
            self.steps.append(_number(self._take(_NUMBER)))
        elif c == "_" or c.isalnum():
            word = self._take(_WORD)
            self.steps.append(Constant(word == "true") if word in ("true", "false") else Identifier(word))
        else:
            raise JSONPathError(f"unrecognized character in action: U+{ord(c):04X} '{c}'")

    def _field(self) -> None:
        name = self._take(_NAME)
        self.steps.append(Wildcard() if name == "*" else Field(name.replace("\\", "")))

    def _recursive(self) -> None:
        if self.steps and isinstance(self.steps[-1], Recursive):
            raise JSONPathError("invalid multiple recursive descent")
        self.at += 2
        self.steps.append(Recursive())
        c = self.text[self.at : self.at + 1]
        if c == "_" or c.isalnum():
            self._field()

    def _quote(self, quote: str) -> None:
        found = re.compile(rf"{quote}(?:[^\n]*?[^\\\n])??{quote}").match(self.text, self.at)
        if not found:
            raise JSONPathError("unterminated quoted string")
        self.at = found.end()
        self.steps.append(Text(unquoted(found[0])))

    # ---- brackets ----

    def _brackets(self) -> None:
        end = self.text.find("]", self.at)
        if end < 0 or "\n" in self.text[self.at : end]:
            raise JSONPathError("unterminated array")
        inside, self.at = self.text[self.at + 1 : end], end + 1
        if "," in inside:
            self.steps.append(Union(tuple(_action(f"[{part.strip(' ')}]") for part in inside.split(","))))
        elif re.fullmatch("'[^']*'", inside):
            self.steps += _action(f".{inside[1:-1]}").steps
        else:
            self.steps.append(_slice(":" if inside == "*" else inside))

    def _filter(self) -> None:
        start = self.at + len("[?(")
        end = _end_of_filter(self.text, start)
        if not self.text.startswith("]", end + 1):
            raise JSONPathError("unclosed array expect ]")
        inside, self.at = self.text[start:end], end + 2
        if compared := _COMPARED.fullmatch(inside):
            self.steps.append(Filter(_action(compared[1]), compared[2], _action(compared[3])))
        else:
            self.steps.append(Filter(_action(inside), "exists", Action(())))


def _end_of_filter(text: str, at: int) -> int:
    """Where the bracket closes that the filter began with; one inside the one quoted word does not count."""
    begun, ended, quote = False, False, ""
    for i in range(at, len(text)):
        c = text[i]
        if c == "\n":
            break
        if c in "'\"" and not begun:
            begun, quote = True, c
        elif c == quote and text[i - 1] != "\\":
            ended = True
        elif c == ")" and begun == ended:
            return i
    raise JSONPathError("unterminated filter")


def _slice(inside: str) -> Slice:
    found = _SLICE.fullmatch(inside)
    if not found:
        raise JSONPathError(f"invalid array index {inside}")
    start, stop, step = (_integer((part or "").removeprefix(":")) for part in found.groups())
    if found[2] is None:
        return Slice(start, (start or 0) + 1, step, is_index=True)
    return Slice(start, stop, step)


def _integer(text: str) -> int | None:
    if text == "-":
        raise JSONPathError("array index - is not a number")
    return int(text) if text else None


def _number(text: str) -> Constant:
    try:
        return Constant(int(text))
    except ValueError:
        pass
    try:
        return Constant(float(text))
    except ValueError:
        raise JSONPathError(f"cannot parse number {text}") from None
