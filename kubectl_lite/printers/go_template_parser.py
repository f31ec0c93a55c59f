"""Reads Go templates into what `printers.go_template` fills: texts, pipes, blocks.

Source: pkg.go.dev/text/template/parse. It leaves out templates that name one another (define, template, block), `break`
and `continue`. Pure.
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
Token = tuple[str, str]


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Pipe:
    """Commands joined by `|`, each a list of operands; `names` are the variables that take the value."""

    names: tuple[str, ...]
    declares: bool
    commands: tuple[tuple[Any, ...], ...]
    source: str


@dataclass(frozen=True)
class Block:
    """`if`, `range` or `with`: the pipe, what it guards, and what is shown otherwise."""

    word: str
    pipe: Pipe
    body: tuple[Any, ...]
    otherwise: tuple[Any, ...]


@dataclass(frozen=True)
class Path:
    """`.a.b`, `$x.a`, `$`; `(pipe).a`."""

    start: Any  # "." for here, "$x" for a variable, a Pipe
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Literal:
    value: Any


# ---- reading ----


def nodes_of(text: str) -> tuple[Any, ...]:
    """Raises TemplateError, which begins with the line."""
    pieces = list(_pieces(text))
    body, rest = _body(pieces, 0)
    if rest < len(pieces):
        raise TemplateError(f"1: unexpected {{{{{pieces[rest].inside}}}}}")
    return body


@dataclass(frozen=True)
class _Piece:
    inside: str
    line: int
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
        if not found["inside"].strip().startswith("/*"):
            yield _Piece(found["inside"].strip(), line)
        at, trims = found.end(), bool(found["right"])


def _body(pieces: list[_Piece], at: int) -> tuple[tuple[Any, ...], int]:
    """What follows up to an `else` or `end`, and where that is."""
    nodes: list[Any] = []
    while at < len(pieces):
        piece = pieces[at]
        word = "" if piece.is_text else _keyword(piece.inside, piece.line)
        if word in ("else", "end"):
            break
        if word in ("if", "range", "with"):
            node, at = _block(pieces, at, word, piece.inside[len(word) :])
            nodes.append(node)
            continue
        nodes.append(Text(piece.inside) if piece.is_text else _pipe(piece.inside, piece.line))
        at += 1
    return tuple(nodes), at


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


def _block(pieces: list[_Piece], at: int, word: str, inside: str) -> tuple[Block, int]:
    line = pieces[at].line
    pipe = _pipe(inside, line)
    body, at = _body(pieces, at + 1)
    if at == len(pieces):
        raise TemplateError(f"{line}: unexpected EOF")
    if pieces[at].inside == "end":
        return Block(word, pipe, body, ()), at + 1
    further = pieces[at].inside.removeprefix("else").strip()
    if further:  # `else if`: a block of its own, which ends with this one
        inner = _keyword(further, line)
        node, at = _block(pieces, at, inner, further[len(inner) :])
        return Block(word, pipe, body, (node,)), at
    otherwise, at = _body(pieces, at + 1)
    if at == len(pieces):
        raise TemplateError(f"{line}: unexpected EOF")
    return Block(word, pipe, body, otherwise), at + 1


def _pipe(text: str, line: int) -> Pipe:
    tokens = list(_tokens(text, line))
    names: list[str] = []
    marks = [t for t in tokens if t in (("mark", ":="), ("mark", "="))]
    if marks:
        end = tokens.index(marks[0])
        names, tokens = [t[1] for t in tokens[:end] if t[0] == "path"], tokens[end + 1 :]
    commands, rest = _commands(tokens, line)
    if rest:
        raise TemplateError(f'{line}: unexpected "{rest[0][1]}" in operand')
    return Pipe(tuple(names), marks[:1] == [("mark", ":=")], commands, text.strip())


def _tokens(text: str, line: int) -> Iterator[Token]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise TemplateError(f'{line}: unexpected "{text[at]}" in operand')
        at = found.end()
        if found.lastgroup:
            _check_apart(found, text, line)
            yield found.lastgroup, found[0]


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


def _commands(tokens: list[Token], line: int) -> tuple[tuple[tuple[Any, ...], ...], list[Token]]:
    """All commands of a pipe up to its end or a closing bracket, and what is left."""
    commands: list[list[Any]] = [[]]
    while tokens and tokens[0] != ("mark", ")"):
        kind, word = tokens.pop(0)
        if word == "|" and kind == "mark":
            commands.append([])
        elif word == "(" and kind == "mark":
            inner, tokens = _commands(tokens, line)
            if not tokens:
                raise TemplateError(f"{line}: unclosed left paren")
            tokens.pop(0)
            fields = _fields_of(tokens.pop(0)[1]) if tokens and tokens[0][1].startswith(".") else ()
            commands[-1].append(Path(Pipe((), False, inner, ""), fields))
        elif kind == "mark":
            raise TemplateError(f'{line}: unexpected "{word}" in operand')
        else:
            commands[-1].append(Literal(literal(word)) if kind == "literal" else _path(word, line))
    if not all(commands):
        raise TemplateError(f"{line}: missing value for command")
    return tuple(map(tuple, commands)), tokens


def _path(word: str, line: int) -> Any:
    if word.startswith("."):
        return Path(".", _fields_of(word))
    if word.startswith("$"):
        name, _, fields = word.partition(".")
        return Path(name, _fields_of(fields))
    name, dot, fields = word.partition(".")
    if name in _CONSTANTS:
        if dot:
            raise TemplateError(f'{line}: unexpected . after term "{name}"')
        return Literal(_CONSTANTS[name])
    if name not in FUNCTIONS:
        raise TemplateError(f'{line}: function "{name}" not defined')
    return Path(Pipe((), False, ((name,),), ""), _fields_of(fields)) if dot else name


def _fields_of(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(".")))
