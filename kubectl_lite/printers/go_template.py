"""Go templates as `-o go-template` takes them: `{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}`.

Called by `printers.objects`; the functions are `printers.go_functions`. `parse` reads a template, `Template.render`
fills it from parsed JSON. Source: pkg.go.dev/text/template. It leaves out templates that name one another (define,
template, block), `break` and `continue`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_lite.printers.go_functions import FUNCTIONS, NOTHING, TemplateError, is_true, text_of
from kubectl_lite.printers.go_literals import LITERAL, literal

_ACTION = re.compile(
    r"\{\{(?P<left>-\s)?(?P<inside>(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`])*?)(?P<right>\s-)?\}\}", re.S
)  # fmt: skip
_TOKEN = re.compile(
    r"\s+|(?P<literal>" + LITERAL + r")|(?P<path>(?:\$\w*|\.)?(?:\.?[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*|\$|\.)"
    r"|(?P<mark>:=|[=|(),])", re.S,
)  # fmt: skip
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


def parse(text: str) -> Template:
    """Raises TemplateError, which begins with the line."""
    pieces = list(_pieces(text))
    body, rest = _body(pieces, 0)
    if rest < len(pieces):
        raise TemplateError(f"1: unexpected {{{{{pieces[rest].inside}}}}}")
    return Template(body)


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
        word = "" if piece.is_text else piece.inside.partition(" ")[0]
        if word in ("else", "end"):
            break
        if word in ("if", "range", "with"):
            node, at = _block(pieces, at, word, piece.inside[len(word) :])
            nodes.append(node)
            continue
        nodes.append(Text(piece.inside) if piece.is_text else _pipe(piece.inside, piece.line))
        at += 1
    return tuple(nodes), at


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
        inner, _, condition = further.partition(" ")
        node, at = _block(pieces, at, inner, condition)
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
        if found.lastgroup:
            yield found.lastgroup, found[0]
        at = found.end()


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
    if word in ("true", "false", "nil"):
        return Literal({"true": True, "false": False, "nil": None}[word])
    if word not in FUNCTIONS:
        raise TemplateError(f'{line}: function "{word}" not defined')
    return word


def _fields_of(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(".")))


# ---- filling ----


@dataclass(frozen=True)
class Template:
    nodes: tuple[Any, ...]

    def render(self, data: Any, allow_missing: bool = True) -> str:
        """The text for some parsed JSON. Raises TemplateError."""
        return "".join(_Filling(allow_missing).show(self.nodes, data, {"$": data}))


class _Filling:
    def __init__(self, allow_missing: bool):
        self._allow_missing = allow_missing

    def show(self, nodes: tuple[Any, ...], here: Any, names: dict[str, Any]) -> Iterator[str]:
        for node in nodes:
            match node:
                case Text(text=text):
                    yield text
                case Pipe():
                    value = self.value(node, here, names)
                    if node.names:
                        names[node.names[0]] = value
                    else:
                        yield text_of(value)
                case Block(word="range"):
                    yield from self._range(node, here, names)
                case Block():
                    value = self.value(node.pipe, here, names)
                    inner = names | dict.fromkeys(node.pipe.names, value)
                    dot = value if node.word == "with" and is_true(value) else here
                    yield from self.show(node.body if is_true(value) else node.otherwise, dot, inner)

    def _range(self, node: Block, here: Any, names: dict[str, Any]) -> Iterator[str]:
        value = self.value(node.pipe, here, names)
        if isinstance(value, dict):
            pairs = sorted(value.items())
        elif isinstance(value, list):
            pairs = list(enumerate(value))
        elif value in (None, NOTHING):
            pairs = []
        else:
            raise TemplateError(f"1: range can't iterate over {text_of(value)}")
        if not pairs:
            yield from self.show(node.otherwise, here, names)
        for key, item in pairs:
            given = (key, item) if len(node.pipe.names) == 2 else (item,)
            scope = names | dict(zip(node.pipe.names, given, strict=False))
            yield from self.show(node.body, item, scope)
            names.update({name: scope[name] for name in names if name not in node.pipe.names})

    def value(self, pipe: Pipe, here: Any, names: dict[str, Any]) -> Any:
        last: tuple[Any, ...] = ()
        for command in pipe.commands:
            first, *operands = command
            arguments = [self._operand(o, here, names) for o in operands]
            if isinstance(first, str):
                last = (FUNCTIONS[first](*arguments, *last),)
            elif operands:
                raise TemplateError("1: can't give argument to non-function " + pipe.source.split()[0])
            else:
                last = (self._operand(first, here, names),)
        return last[0]

    def _operand(self, operand: Any, here: Any, names: dict[str, Any]) -> Any:
        match operand:
            case Literal(value=value):
                return value
            case str():
                return FUNCTIONS[operand]()
        start = operand.start
        if isinstance(start, Pipe):
            value = self.value(start, here, names)
        elif start != "." and start not in names:
            raise TemplateError(f"1: undefined variable: {start}")
        else:
            value = here if start == "." else names[start]
        for field in operand.fields:
            value = self._field(value, field)
        return value

    def _field(self, value: Any, field: str) -> Any:
        if value is None or value is NOTHING:
            raise TemplateError(f"1: nil pointer evaluating interface {{}}.{field}")
        if not isinstance(value, dict):
            raise TemplateError(f"1: can't evaluate field {field} in type interface {{}}")
        if field not in value and not self._allow_missing:
            raise TemplateError(f'1: map has no entry for key "{field}"')
        return value.get(field, NOTHING)
