"""Go templates as `-o go-template` takes them: `{{range .items}}{{.metadata.name}}{{"\\n"}}{{end}}`.

Called by `printers.template_printers`; `go_template_parser` reads them, `go_functions` are their functions. Here they
are filled from parsed JSON. Source: pkg.go.dev/text/template. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kubectl_lite.printers.go_functions import NOTHING, TemplateError, call, is_true, text_of
from kubectl_lite.printers.go_template_parser import Block, Literal, Pipe, Text, nodes_of

__all__ = ["Template", "TemplateError", "parse"]


def parse(text: str) -> Template:
    """Raises TemplateError, which begins with the line."""
    return Template(nodes_of(text))


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
                last = (call(first, *arguments, *last),)
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
                return call(operand)
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
