"""A JSONPath template: text and actions, some of them ranges; what it finds, and that as text or JSON. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubectl_lite.printers.go_values import compact_json, indented_json, value_text
from kubectl_lite.printers.jsonpath.evaluate import walk
from kubectl_lite.printers.jsonpath.nodes import Action, JSONPathError, Text
from kubectl_lite.printers.jsonpath.parser import nodes_of


def parse(template: str, allow_missing: bool = True) -> Template:
    """Reads a template. Raises JSONPathError with what is wrong."""
    return Template(nodes_of(template), allow_missing)


@dataclass(frozen=True)
class Template:
    nodes: tuple[Text | Action, ...]
    allow_missing: bool = True

    def render(self, data: Any) -> str:
        """The text for some parsed JSON."""
        return "".join(" ".join(map(_text, values)) for values in self.results(data))

    def render_json(self, data: Any) -> str:
        """One JSON array a text or action."""
        return "".join(indented_json(values) + "\n" for values in self.results(data))

    def find(self, data: Any) -> list[Any]:
        """The values that the template's first action leads to."""
        return next(iter(self.results(data)), [])

    def results(self, data: Any) -> list[list[Any]]:
        """For each text and action in turn, as often as its range goes round: what it leads to.

        Raises JSONPathError, as do all that call it, for what cannot be walked.
        """
        return self._block(0, data, inside=False)[0]

    def _block(self, at: int, here: Any, inside: bool) -> tuple[list[list[Any]], int | None]:
        """The results up to the `end` of this block, and where that stands; a range may be left open."""
        found: list[list[Any]] = []
        while at < len(self.nodes):
            node = self.nodes[at]
            values = [node.text] if isinstance(node, Text) else walk(node, [here], self.allow_missing)
            word = "" if isinstance(node, Text) else node.word
            if word == "end":
                if not inside:
                    raise JSONPathError("not in range, nothing to end")
                return found, at
            if word == "range":
                rounds = [self._block(at + 1, value, inside=True) for value in values or [None]]
                found += [each for results, _ in rounds if values for each in results]
                end = rounds[-1][1]
                at = at if end is None else end
            else:
                found.append(values)
            at += 1
        return found, None


def _text(value: Any) -> str:
    if value is None:
        return "null"
    return compact_json(value) if isinstance(value, dict | list) else value_text(value)
