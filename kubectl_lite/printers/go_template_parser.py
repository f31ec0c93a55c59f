"""Reads Go templates into what `printers.go_template` fills: texts, pipes, blocks.

Source: pkg.go.dev/text/template/parse. Nodes know where they stand and how Go writes them, because its errors say so.
It leaves out templates that name one another (define, template, block). Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_lite.printers.go_functions import FUNCTIONS, TemplateError
from kubectl_lite.printers.go_literals import LITERAL, literal

_ACTION = re.compile(
    r"\{\{(?P<left>-\s)?(?P<inside>(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`])*?)(?P<right>\s-)?\}\}", re.S
)  # fmt: skip
_TOKEN = re.compile(
    r"\s+|(?P<literal>" + LITERAL + r")|(?P<path>(?:\$\w*|\.)?(?:\.?[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*|\$|\.)"
    r"|(?P<mark>:=|[=|(),])", re.S,
)  # fmt: skip
_WORD = re.compile(r"[A-Za-z_]\w*")
_ENDS_NAME = re.compile(r"[\s.,|:)(]|$")
_CONSTANTS = {"true": True, "false": False, "nil": None}


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Node:
    """`at` is the offset in the template, `source` the node as Go writes it."""

    at: int
    source: str


@dataclass(frozen=True)
class Function(Node):
    """A function's name; its arguments are the operands after it."""


@dataclass(frozen=True)
class Literal(Node):
    value: Any


@dataclass(frozen=True)
class Path(Node):
    """`.a.b`, `$x.a`, `$`; `(pipe).a`."""

    start: Any  # "." for here, "$x" for a variable, a Pipe
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Command(Node):
    operands: tuple[Any, ...]


@dataclass(frozen=True)
class Pipe(Node):
    """Commands joined by `|`; `names` are the variables that take the value."""

    names: tuple[str, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True)
class Jump:
    """`break` or `continue`."""

    word: str


@dataclass(frozen=True)
class Block:
    """`if`, `range` or `with`: the pipe, what it guards, and what is shown otherwise."""

    word: str
    pipe: Pipe
    body: tuple[Any, ...]
    otherwise: tuple[Any, ...]


def nodes_of(text: str) -> tuple[Any, ...]:
    """Raises TemplateError, which begins with the line."""
    reader = _Reader(list(_pieces(text)))
    body = reader.body()
    if piece := reader.piece:
        raise TemplateError(f"{piece.line}: unexpected {{{{{piece.inside}}}}}")
    return body


# ---- texts and actions ----


@dataclass(frozen=True)
class _Piece:
    inside: str
    line: int
    at: int = 0
    is_text: bool = False


def _pieces(text: str) -> Iterator[_Piece]:
    at, trims = 0, False
    while at < len(text):
        start = text.find("{{", at)
        plain = text[at:] if start < 0 else text[at:start]
        found = _ACTION.match(text, start) if start >= 0 else None
        plain = plain.lstrip() if trims else plain
        if plain:
            yield _Piece(plain.rstrip() if found and found["left"] else plain, 0, is_text=True)
        if start < 0:
            return
        line = text.count("\n", 0, start) + 1
        if found is None:
            raise TemplateError(f"{line}: unclosed action")
        inside = found["inside"]
        if not inside.strip().startswith("/*"):
            yield _Piece(inside.strip(), line, found.start("inside") + len(inside) - len(inside.lstrip()))
        at, trims = found.end(), bool(found["right"])


# ---- blocks ----


class _Reader:
    """Goes through the pieces once; `names` are the variables that are known at this place."""

    def __init__(self, pieces: list[_Piece]):
        self._pieces, self._next, self._loops = pieces, 0, 0
        self.names = ["$"]

    @property
    def piece(self) -> _Piece | None:
        return self._pieces[self._next] if self._next < len(self._pieces) else None

    def body(self) -> tuple[Any, ...]:
        """What follows up to an `else` or `end`."""
        nodes: list[Any] = []
        while piece := self.piece:
            word = "" if piece.is_text else _keyword(piece.inside, piece.line)
            if word in ("else", "end"):
                break
            self._next += 1
            if piece.is_text:
                nodes.append(Text(piece.inside))
            elif word in ("if", "range", "with"):
                nodes.append(self._block(word, piece, len(word)))
            elif word in ("break", "continue") and piece.inside == word:
                if not self._loops:
                    raise TemplateError(f"{piece.line}: {{{{{word}}}}} outside {{{{range}}}}")
                nodes.append(Jump(word))
            else:
                nodes.append(self._pipe(piece, 0))
        return tuple(nodes)

    def _block(self, word: str, piece: _Piece, start: int) -> Block:
        known = len(self.names)
        pipe = self._pipe(piece, start)
        self._loops += word == "range"
        body, otherwise = self.body(), ()
        self._loops -= word == "range"
        end = self._closing(piece)
        further = end.inside.removeprefix("else").strip() if end.inside != "end" else ""
        if further:  # `else if`: a block of its own, which ends with this one
            inner = _keyword(further, end.line)
            if inner != word or word == "range":
                raise TemplateError(f"{end.line}: unexpected <{inner}> in input")
            otherwise = (self._block(inner, end, end.inside.index(further) + len(inner)),)
        elif end.inside != "end":
            otherwise = self.body()
            self._closing(piece)
        del self.names[known:]
        return Block(word, pipe, body, otherwise)

    def _closing(self, opening: _Piece) -> _Piece:
        piece = self.piece
        if piece is None:
            raise TemplateError(f"{opening.line}: unexpected EOF")
        self._next += 1
        return piece

    def _pipe(self, piece: _Piece, start: int) -> Pipe:
        tokens = _Tokens(piece, start)
        names: tuple[str, ...] = ()
        mark = next((t.word for t in tokens.left if t.word in (":=", "=") and t.kind == "mark"), "")
        if mark:
            names = tuple(token.word for token in tokens.up_to(mark) if token.kind == "path")
            if mark == ":=":
                self.names += names
        pipe = _pipe(tokens, self.names, names)
        if tokens.left:
            raise TemplateError(f'{piece.line}: unexpected "{tokens.left[0].word}" in operand')
        return pipe


def _keyword(inside: str, line: int) -> str:
    """`range` of `range.items`; empty for what does not begin with a word."""
    found = _WORD.match(inside)
    if not found:
        return ""
    _check_end(inside, found.end(), line)
    word, rest = found[0], inside[found.end() :].strip()
    if (word == "end" and rest) or (word == "else" and rest and not _WORD.match(rest)):
        raise TemplateError(f'{line}: unexpected "{rest}" in {word}')
    return word


def _check_end(text: str, at: int, line: int) -> None:
    """Raises TemplateError for a sign that no name can end with."""
    if not _ENDS_NAME.match(text, at):
        raise TemplateError(f"{line}: bad character U+{ord(text[at]):04X} '{text[at]}'")


# ---- pipes ----


@dataclass(frozen=True)
class _Token:
    kind: str
    word: str
    at: int


class _Tokens:
    """Those of one action, taken from the front."""

    def __init__(self, piece: _Piece, start: int):
        self.line, self.end = piece.line, piece.at + len(piece.inside)
        self.left = list(_split(piece, start))

    def up_to(self, mark: str) -> list[_Token]:
        """Takes what stands before the mark, and the mark."""
        at = next(i for i, token in enumerate(self.left) if token.word == mark)
        taken, self.left = self.left[:at], self.left[at + 1 :]
        return taken

    def take(self, mark: str) -> bool:
        """Whether the mark comes next; it is taken then."""
        if self.left and (self.left[0].kind, self.left[0].word) == ("mark", mark):
            self.left.pop(0)
            return True
        return False


def _split(piece: _Piece, start: int) -> Iterator[_Token]:
    text, at = piece.inside, start
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise TemplateError(f'{piece.line}: unexpected "{text[at]}" in operand')
        if found.lastgroup:
            _check_apart(found, text, piece.line)
            yield _Token(found.lastgroup, found[0], piece.at + at)
        at = found.end()


def _check_apart(found: re.Match[str], text: str, line: int) -> None:
    """Raises TemplateError where an operand touches what it must not."""
    after = text[found.end() : found.end() + 1]
    if found.lastgroup == "path" and found[0] != ".":
        _check_end(text, found.end(), line)
        if after == "(":
            raise TemplateError(f'{line}: unexpected "(" in operand')
        if after == ".":
            raise TemplateError(f"{line}: unexpected <.> in operand")
    elif found.lastgroup == "literal" and after == ".":
        raise TemplateError(f"{line}: unexpected . after term {json.dumps(found[0])}")


def _pipe(tokens: _Tokens, known: list[str], names: tuple[str, ...] = ()) -> Pipe:
    """All commands up to the end of the action, or to a closing bracket, which is left."""
    at = tokens.left[0].at if tokens.left else tokens.end
    commands = [_command(tokens, known)]
    while tokens.take("|"):
        commands.append(_command(tokens, known))
    return Pipe(at, " | ".join(command.source for command in commands), names, tuple(commands))


def _command(tokens: _Tokens, known: list[str]) -> Command:
    operands: list[Any] = []
    while tokens.left and (tokens.left[0].kind != "mark" or tokens.left[0].word not in (")", "|")):
        operands.append(_operand(tokens, known))
    if not operands:
        raise TemplateError(f"{tokens.line}: missing value for command")
    return Command(operands[0].at, " ".join(operand.source for operand in operands), tuple(operands))


def _operand(tokens: _Tokens, known: list[str]) -> Node:
    if tokens.take("("):
        return _bracket(tokens, known)
    token = tokens.left.pop(0)
    if token.kind == "mark":
        raise TemplateError(f'{tokens.line}: unexpected "{token.word}" in operand')
    if token.kind == "literal":
        return Literal(token.at, token.word, literal(token.word))
    return _named(token, tokens.line, known)


def _bracket(tokens: _Tokens, known: list[str]) -> Path:
    inner = _pipe(tokens, known)
    if not tokens.take(")"):
        raise TemplateError(f"{tokens.line}: unclosed left paren")
    source = f"({inner.source})"
    if tokens.left and tokens.left[0].word.startswith("."):
        token = tokens.left.pop(0)
        return Path(token.at, source + token.word, inner, _fields_of(token.word))
    return Path(inner.at, source, inner, ())


def _named(token: _Token, line: int, known: list[str]) -> Node:
    """A field, a variable, a constant or a function. Go's errors point at the second of several fields."""
    word = token.word
    name, dot, fields = word.partition(".")
    second = token.at + (word.index(".", 1) if "." in word[1:] else 0)
    if word.startswith("."):
        return Path(second, word, ".", _fields_of(word))
    if word.startswith("$"):
        if name not in known:
            raise TemplateError(f'{line}: undefined variable "{name}"')
        return Path(second, word, name, _fields_of(fields))
    if name in _CONSTANTS:
        if dot:
            raise TemplateError(f'{line}: unexpected . after term "{name}"')
        return Literal(token.at, word, _CONSTANTS[name])
    if name not in FUNCTIONS:
        raise TemplateError(f'{line}: function "{name}" not defined')
    function = Function(token.at, name)
    if not dot:
        return function
    call = Command(token.at, name, (function,))
    return Path(second, word, Pipe(token.at, name, (), (call,)), _fields_of(fields))


def _fields_of(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(".")))
