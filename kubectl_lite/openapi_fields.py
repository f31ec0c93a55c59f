"""`explain`'s text of a kind or a field, from the server's OpenAPI v3 document. Pure.

Called by `kubectl_lite explain`. Source: k8s.io/kubectl/pkg/explain/v2, whose template this text follows to the blank.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
WIDTH = 76
ENUM_SHOWN = 4


class Explainer:
    """One document of the server, asked for one kind."""

    def __init__(self, document: Json, group: str, version: str, kind: str):
        self._schemas: Json = (document.get("components") or {}).get("schemas") or {}
        self._gvk = {"group": group, "version": version, "kind": kind}

    def head(self) -> str:
        """Group, kind and version."""
        gvk = self._gvk
        group = f"GROUP:      {gvk['group']}\n" if gvk["group"] else ""
        return f"{group}KIND:       {gvk['kind']}\nVERSION:    {gvk['version']}\n\n"

    def text(self, path: Sequence[str], recursive: bool) -> str:
        """The kind (an empty path) or one of its fields. Raises CommandError when the field does not exist."""
        schema, head = self._root(), ""
        for name in path:
            properties = self._properties(schema)
            if name not in properties:
                raise CommandError(f'field "{name}" does not exist')
            schema = properties[name]
        if path:
            head = f"FIELD: {path[-1]} <{self.type_of(schema)}>\n{self._enum_block(schema)}\n\n"
        described = "".join(f"{line}\n" for line in self._descriptions(schema)) or "<empty>"
        return head + "DESCRIPTION:\n" + _indent(wrap(described), 4) + "\n" + self._fields(schema, recursive) + "\n"

    def _root(self) -> Json:
        for schema in self._schemas.values():
            if self._gvk in schema.get("x-kubernetes-group-version-kind", ()):
                return schema
        raise CommandError(f'the server describes no kind "{self._gvk["kind"]}" in its OpenAPI document')

    # ---- schemas ----

    def _resolve(self, schema: Json) -> Json:
        return self._schemas.get(schema["$ref"].rpartition("/")[2], {}) if "$ref" in schema else schema

    def _properties(self, schema: Json) -> Json:
        """The fields of an object, of the items of a list, of the values of a map."""
        schema = self._resolve(schema)
        if schema.get("properties"):
            return schema["properties"]
        inner = [*schema.get("allOf", ()), schema.get("items"), schema.get("additionalProperties")]
        for part in inner:
            if isinstance(part, dict) and (found := self._properties(part)):
                return found
        return {}

    def _required(self, schema: Json) -> set[str]:
        schema = self._resolve(schema)
        found = set(schema.get("required") or ())
        for part in [*schema.get("allOf", ()), schema.get("items"), schema.get("additionalProperties")]:
            if isinstance(part, dict):
                found |= self._required(part)
        return found

    def _descriptions(self, schema: Json) -> Iterator[str]:
        schema = self._resolve(schema)
        if schema.get("description"):
            yield schema["description"]
        for part in [*schema.get("allOf", ()), schema.get("items"), schema.get("additionalProperties")]:
            if isinstance(part, dict):
                yield from self._descriptions(part)

    def _enum(self, schema: Json) -> list[str]:
        schema = self._resolve(schema)
        if schema.get("enum"):
            return [str(v) if v != "" else '""' for v in schema["enum"]]
        return next((found for part in schema.get("allOf", ()) if (found := self._enum(part))), [])

    def type_of(self, schema: Json) -> str:
        """`string`, `[]Container`, `map[string]Quantity`."""
        if schema.get("items"):
            return "[]" + self.type_of(schema["items"])
        if isinstance(schema.get("additionalProperties"), dict):
            return "map[string]" + self.type_of(schema["additionalProperties"])
        if len(schema.get("allOf", ())) == 1 and not schema.get("properties"):
            return self.type_of(schema["allOf"][0])
        if "$ref" in schema:
            target = self._resolve(schema)
            kinds = target.get("x-kubernetes-group-version-kind") or ()
            if len(kinds) == 1:
                return kinds[0]["kind"]
            if target.get("format") == "date-time":
                return "string"
            return schema["$ref"].rpartition("/")[2].rpartition(".")[2]
        return schema.get("type", "Object")

    # ---- text ----

    def _enum_block(self, schema: Json) -> str:
        return "ENUM:\n" + "".join(f"    {v}\n" for v in found) if (found := self._enum(schema)) else ""

    def _enum_line(self, schema: Json, level: int) -> str:
        found = self._enum(schema)
        more = ", ...." if len(found) > ENUM_SHOWN else ""
        return f"{' ' * level}enum: {', '.join(found[:ENUM_SHOWN])}{more}\n" if found else ""

    def _fields(self, schema: Json, recursive: bool) -> str:
        lines = self._listed(schema, 2, frozenset()) if recursive else self._each(schema)
        text = "".join(lines)
        return "FIELDS:\n" + text if text else ""

    def _each(self, schema: Json) -> Iterator[str]:
        required = self._required(schema)
        for name, field in sorted(self._properties(schema).items()):
            text = field.get("description") or "<no description>"
            yield self._head(name, field, name in required, 2) + _indent(wrap(text), 4) + "\n\n"

    def _listed(self, schema: Json, level: int, seen: frozenset[str]) -> Iterator[str]:
        required = self._required(schema)
        for name, field in sorted(self._properties(schema).items()):
            yield self._head(name, field, name in required, level)
            type_ = self.type_of(field).replace("[]", "").replace("map[string]", "")
            if type_ not in seen:
                yield from self._listed(field, level + 2, seen | {type_})

    def _head(self, name: str, field: Json, required: bool, level: int) -> str:
        mark = " -required-" if required else ""
        return f"{' ' * level}{name}\t<{self.type_of(field)}>{mark}\n{self._enum_line(field, level)}"


def wrap(text: str) -> str:
    """Lines of at most 76 characters, broken between words."""
    import textwrap

    return "\n".join(
        "\n".join(textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)) if len(line) > WIDTH
        else line
        for line in text.split("\n")
    )  # fmt: skip


def _indent(text: str, blanks: int) -> str:
    return "\n".join(" " * blanks + line for line in text.split("\n"))
