"""Parsing YAML as Kubernetes does: the first document, as JSON, with go-yaml's words for errors.

Called by the codec for `application/yaml` bodies and for apply patches. It calls PyYAML. YAML 1.1's `yes` and `on` are
booleans, as in Kubernetes; dates and `1:20` stay strings, keys become strings. It knows nothing of types.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import yaml

from kube.apimachinery.codec import go_json

_Base: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Resolves plain scalars as go-yaml does, and notes keys that stand twice in one mapping."""

    def __init__(self, stream: bytes):
        super().__init__(stream)
        self.repeated: list[str] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        self.flatten_mapping(node)
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = _key(self.construct_object(key_node, deep=True))
            if key in found:
                self.repeated.append(f'line {key_node.start_mark.line + 1}: key "{key}" already set in map')
            found[key] = self.construct_object(value_node, deep=True)
        return found


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    return loader.construct_mapping(node, deep=True)


_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|0|[1-9][0-9_]*)$")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")

_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] in ("bool", "null", "merge")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+.0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "").replace("0o", "0")
    return yaml.SafeLoader.construct_yaml_int(loader, yaml.ScalarNode(node.tag, text))


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


def loads(body: bytes) -> tuple[Any, list[str]]:
    """The first document as JSON, and the complaints about keys given twice. Raises ValueError in go-yaml's words."""
    if body.lstrip()[:1] == b"{":  # kubectl sends JSON under YAML's name, and JSON is read much faster
        with suppress(ValueError):
            value = go_json.loads(body)
            if not go_json.has_repeated_keys(body):
                return value, []
    values, repeated = _read(body, only_first=True)
    return values[0] if values else None, repeated


def load_all(body: bytes) -> list[Any]:
    """All documents of a stream as JSON. Raises ValueError in go-yaml's words."""
    return _read(body, only_first=False)[0]


def _read(body: bytes, *, only_first: bool) -> tuple[list[Any], list[str]]:
    loader = None
    try:
        _check_size(body, only_first)
        loader = _Loader(body)
        values: list[Any] = []
        while not (only_first and values) and loader.check_data():
            values.append(loader.get_data())
        return values, loader.repeated
    except yaml.MarkedYAMLError as error:
        raise ValueError(_why(error)) from error
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise ValueError(f"yaml: {getattr(error, 'reason', error)}") from error
    except RecursionError as error:
        raise ValueError("yaml: exceeded max depth") from error
    finally:
        if loader is not None:
            loader.dispose()


_DEEPEST = 500
_MOST_NODES = 400_000


def _check_size(body: bytes, only_first: bool) -> None:
    """Refuses what would exhaust the parser's stack or, by aliases of aliases, the memory. Raises ValueError."""
    depth = 0
    sizes: dict[str, int] = {}  # anchor -> nodes in it, aliases expanded
    total = 0
    opened: list[tuple[str | None, int]] = []
    for event in yaml.parse(body, Loader=_Base):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            opened.append((event.anchor, total))
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            anchor, before = opened.pop()
            if anchor:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in opened):
                raise ValueError(f"anchor '{event.anchor}' value contains itself")
            total += sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.DocumentEndEvent):
            if only_first:
                return
            sizes.clear()
        total += 1
        if depth > _DEEPEST:
            raise ValueError(f"exceeded max depth of {_DEEPEST}")
        if sizes and total > _MOST_NODES:
            raise ValueError("document contains excessive aliasing")


def _why(error: yaml.MarkedYAMLError) -> str:
    """Lines are counted from 0 by the parser and from 1 by the scanner; line 0 is not told. So does go-yaml."""
    mark = error.problem_mark if error.problem_mark and error.problem_mark.line else error.context_mark
    line = mark.line if mark else 0
    if line and isinstance(error, yaml.scanner.ScannerError):
        line += 1
    return f"yaml: line {line}: {error.problem}" if line else f"yaml: {error.problem}"


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return "null" if key is None else str(key)
