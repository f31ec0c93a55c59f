"""Go templates as `-o go-template` takes them: `{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}`.

Called by `printers.template_printers`; `go_template_parser` reads them, `go_functions` are their functions. Here they
are filled from parsed JSON. Source: pkg.go.dev/text/template, of Go 1.24. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_lite.printers.go_functions import (
    DECIDES_EARLY,
    NOTHING,
    OF_TEXT,
    TemplateError,
    call,
    check_count,
    is_true,
    text_of,
)
from kubectl_lite.printers.go_template_parser import (
    Block,
    Command,
    Function,
    Jump,
    Literal,
    Node,
    Path,
    Pipe,
    Text,
    nodes_of,
)
from kubectl_lite.printers.go_values import type_name

__all__ = ["Template", "TemplateError", "parse"]


def parse(text: str) -> Template:
    """Raises TemplateError, which begins with the line."""
    return Template(text, nodes_of(text))


@dataclass(frozen=True)
class Template:
    text: str
    nodes: tuple[Any, ...]

    def render(self, data: Any, allow_missing: bool = True) -> str:
        """The text for some parsed JSON. Raises TemplateError."""
        return "".join(self.parts(data, allow_missing))

    def parts(self, data: Any, allow_missing: bool = True) -> Iterator[str]:
        """The same, part by part. Raises TemplateError: `1:2: executing "output" at <.x>: ...`."""
        filling = _Filling(allow_missing)
        try:
            yield from filling.show(self.nodes, data, {"$": data})
        except TemplateError as why:
            node = filling.node
            before = self.text[: node.at]
            line, column = before.count("\n") + 1, len(before[before.rfind("\n") + 1 :].encode())
            raise TemplateError(f'{line}:{column}: executing "output" at <{node.source}>: {why}') from None


@dataclass
class _Jump(Exception):
    """Leaves what is left of a loop's body."""

    word: str


class _Filling:
    """`node` is what is being looked at; Go's errors tell it."""

    def __init__(self, allow_missing: bool):
        self._allow_missing = allow_missing
        self.node = Node(0, "")

    def show(self, nodes: tuple[Any, ...], here: Any, names: dict[str, Any]) -> Iterator[str]:
        for node in nodes:
            match node:
                case Text(text=text):
                    yield text
                case Jump():
                    raise _Jump(node.word)
                case Pipe():
                    value = self._value(node, here, names)
                    if node.names:
                        names[node.names[0]] = value
                    else:
                        yield text_of(value)
                case Block(word="range"):
                    yield from self._range(node, here, names)
                case Block():
                    value = self._value(node.pipe, here, names)
                    inner = names | dict.fromkeys(node.pipe.names, value)
                    dot = value if node.word == "with" and is_true(value) else here
                    yield from self.show(node.body if is_true(value) else node.otherwise, dot, inner)

    def _range(self, node: Block, here: Any, names: dict[str, Any]) -> Iterator[str]:
        pairs = _pairs(self._value(node.pipe, here, names))
        if not pairs:
            yield from self.show(node.otherwise, here, names)
        for key, item in pairs:
            given = (key, item) if len(node.pipe.names) == 2 else (item,)
            scope = names | dict(zip(node.pipe.names, given, strict=False))
            word = "continue"
            try:
                yield from self.show(node.body, item, scope)
            except _Jump as jump:
                word = jump.word
            names.update({name: scope[name] for name in names if name not in node.pipe.names})
            if word == "break":
                return

    def _value(self, pipe: Pipe, here: Any, names: dict[str, Any]) -> Any:
        self.node = pipe
        last: tuple[Any, ...] = ()
        for command in pipe.commands:
            last = (self._command(command, here, names, last),)
        return last[0]

    def _command(self, command: Command, here: Any, names: dict[str, Any], last: tuple[Any, ...]) -> Any:
        first, *operands = command.operands
        self.node = first
        if isinstance(first, Function):
            check_count(first.source, len(operands) + len(last))
            arguments: list[Any] = []
            for operand in operands:
                arguments.append(self._operand(operand, here, names))
                if first.source in DECIDES_EARLY and is_true(arguments[-1]) is DECIDES_EARLY[first.source]:
                    return arguments[-1]
            arguments += last
            if first.source in OF_TEXT:
                self.node = operands[0] if operands else self.node
                _check_text(arguments[0])
            self.node = command
            return call(first.source, *arguments)
        if isinstance(first, Path) and first.fields and (operands or last):
            raise TemplateError(f"{first.fields[-1]} is not a method but has arguments")
        if operands or last:
            raise TemplateError(f"can't give argument to non-function {first.source}")
        if isinstance(first, Literal) and first.value is None:
            raise TemplateError("nil is not a command")
        return self._operand(first, here, names)

    def _operand(self, operand: Node, here: Any, names: dict[str, Any]) -> Any:
        self.node = operand
        match operand:
            case Literal(value=value):
                return value
            case Path(start=Pipe() as pipe):
                value = self._value(pipe, here, names)
            case Path(start=start):
                value = here if start == "." else names[start]
            case _:
                check_count(operand.source, 0)
                return call(operand.source)
        for field in operand.fields:
            value = self._field(value, field)
        return value

    def _field(self, value: Any, field: str) -> Any:
        if value is NOTHING and self._allow_missing:
            return NOTHING
        if value is NOTHING:
            raise TemplateError(f'nil data; no entry for key "{field}"')
        if value is None:
            raise TemplateError(f"nil pointer evaluating interface {{}}.{field}")
        if not isinstance(value, dict):
            raise TemplateError(f"can't evaluate field {field} in type interface {{}}")
        if field not in value and not self._allow_missing:
            raise TemplateError(f'map has no entry for key "{field}"')
        return value.get(field, NOTHING)


def _check_text(value: Any) -> None:
    if value in (None, NOTHING):
        raise TemplateError("invalid value; expected string")
    if not isinstance(value, str):
        raise TemplateError(f"wrong type for value; expected string; got {type_name(value)}")


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    """What a `range` goes through, with the keys. Raises TemplateError."""
    match value:
        case dict():
            return sorted(value.items())
        case list():
            return list(enumerate(value))
        case int() if not isinstance(value, bool):
            return list(enumerate(range(value)))
    if value in (None, NOTHING):
        return []
    raise TemplateError(f"range can't iterate over {text_of(value)}")
