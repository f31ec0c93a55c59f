"""Reading manifests: files, directories, standard input; YAML or JSON, many documents, Lists taken apart.

Called by every command that takes `-f`. Calls PyYAML, and `kubectl_lite.urls` for what is on the web. What goes wrong
is said in kubectl's words, naming the file.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError

SUFFIXES = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Manifest:
    """One object of a manifest, and where it stood: `source` is how errors name it."""

    source: str
    object: dict[str, Any]

    @property
    def api_version(self) -> str:
        return self.object.get("apiVersion", "")

    @property
    def kind(self) -> str:
        return self.object.get("kind", "")

    @property
    def name(self) -> str:
        return (self.object.get("metadata") or {}).get("name", "")

    @property
    def namespace(self) -> str:
        return (self.object.get("metadata") or {}).get("namespace", "")


def read_all(
    paths: tuple[str, ...], recursive: bool = False, *, errors: list[Exception] | None = None
) -> list[Manifest]:
    """The objects of all the given paths (`-` is standard input), in order.

    Raises CommandError for what is not there, cannot be read or is no manifest; with `errors` what is wrong inside a
    file is noted there, and the next file read."""
    paths = tuple(part for path in paths for part in path.split(","))
    if not any(paths):
        raise CommandError("must specify one of -f and -k")
    if paths.count("-") > 1:
        raise CommandError("standard input cannot be used for multiple arguments")
    found: list[Manifest] = []
    for source, text in [(source, text) for path in paths for source, text in _sources(path, recursive)]:
        try:
            for manifest in parse(text(), source):
                found.append(manifest)
        except CommandError as why:
            if errors is None:
                raise
            errors.append(why)
    return found


def _sources(path: str, recursive: bool) -> list[tuple[str, Callable[[], str]]]:
    """What to call each text, and how to read it. Raises CommandError for what is not there."""
    if path == "-":
        return [("STDIN", sys.stdin.read)]
    if path.startswith(("http://", "https://")):
        from kubectl_lite.urls import fetch

        return [(path, lambda: fetch(path))]
    return [(str(file), partial(_text, file)) for file in _files(path, recursive)]


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except (OSError, UnicodeDecodeError) as why:
        raise CommandError(f"error reading {file}: {why}") from why


def _files(path: str, recursive: bool) -> list[Path]:
    root = Path(path)
    if root.is_file():
        return [root]
    if not root.exists():
        raise CommandError(f'the path "{path}" does not exist')
    found = root.rglob("*") if recursive else root.iterdir()
    files = sorted(f for f in found if f.is_file() and f.suffix in SUFFIXES)
    if not files:
        raise CommandError(f"error reading [{path}]: recognized file extensions are [{' '.join(SUFFIXES)}]")
    return files


def parse(text: str, source: str) -> Iterator[Manifest]:
    """The objects of one text. Raises CommandError when it is no YAML or an object lacks its kind."""
    for document in _documents(text, source):
        if document is None:
            continue
        if not isinstance(document, dict):
            raise _invalid(source, "invalid object to validate")
        _require_type(document, source)
        if document["kind"].endswith("List") and isinstance(document.get("items"), list):
            for item in document["items"]:
                _require_type(item, source)
                yield Manifest(source, item)
        else:
            yield Manifest(source, document)


def _documents(text: str, source: str) -> list[Any]:
    import yaml

    try:
        if text.lstrip().startswith("{"):
            return _json_documents(text)
        return list(yaml.load_all(text, Loader=_loader()))
    except yaml.YAMLError as why:
        reason = _json_reason(text) or f"error converting YAML to JSON: yaml: {_yaml_reason(why)}"
        raise CommandError(f"error parsing {source}: {reason}") from why


def _json_documents(text: str) -> list[Any]:
    """JSON documents that follow one another. Falls back to YAML's error when it is none."""
    import yaml

    decoder, at, found = json.JSONDecoder(), 0, []
    text = text.strip()
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return list(yaml.load_all(text, Loader=_loader()))
        found.append(value)
        while at < len(text) and text[at].isspace():
            at += 1
    return found


def _json_reason(text: str) -> str:
    """Why a text that begins as JSON is none, as Go says it; nothing for other texts."""
    if not text.lstrip().startswith("{"):
        return ""
    from kube.apimachinery.codec.go_json import END, syntax_error

    done, start = 0, len(text) - len(text.lstrip())
    while text[start:].strip():
        offset, why = syntax_error(text[start:])
        if why:
            return "unexpected EOF" if why == END else f"json: offset {done + offset}: {why}"
        _, length = json.JSONDecoder().raw_decode(text[start:].lstrip())
        start += length + len(text[start:]) - len(text[start:].lstrip())
        done = len(text[:start].encode())
    return ""


_loader_class: Any = None


def _loader() -> Any:
    """A YAML 1.1 reader as kubectl's: times stay strings."""
    global _loader_class
    if _loader_class is None:
        import yaml

        base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        _loader_class = type("ManifestLoader", (base,), {"construct_mapping": _with_text_keys})
        _loader_class.add_constructor("tag:yaml.org,2002:map", _with_text_keys)
        _loader_class.yaml_implicit_resolvers = {
            first: [(tag, test) for tag, test in tests if tag != "tag:yaml.org,2002:timestamp"]
            for first, tests in base.yaml_implicit_resolvers.items()
        }
    return _loader_class


def _with_text_keys(loader: Any, node: Any, deep: bool = False) -> dict[str, Any]:
    """A mapping whose keys are text: `1` and `true` too, for so JSON has them."""
    loader.flatten_mapping(node)
    found = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        found[key if isinstance(key, str) else json.dumps(key)] = loader.construct_object(value_node, deep=True)
    return found


def _yaml_reason(why: Any) -> str:
    """PyYAML's error in one line, as go-yaml puts it: `line 3: mapping values are not allowed in this context`."""
    mark = getattr(why, "problem_mark", None) or getattr(why, "context_mark", None)
    problem = getattr(why, "problem", None) or str(why)
    problem = problem.replace("mapping values are not allowed here", "mapping values are not allowed in this context")
    if not mark or not mark.line:  # go-yaml names no line when it is the first
        return problem.splitlines()[0]
    # ... and counts from one in its scanner, from zero in its parser.
    return f"line {mark.line + (type(why).__name__ == 'ScannerError')}: {problem}"


def _require_type(document: Any, source: str) -> None:
    if not isinstance(document, dict):
        raise CommandError(f"unable to decode {json.dumps(source)}: an item of the list is no object")
    missing = [f"{name} not set" for name in ("apiVersion", "kind") if not isinstance(document.get(name), str)]
    if missing:
        raise _invalid(source, missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]")


def _invalid(source: str, why: str) -> CommandError:
    return CommandError(
        f"error validating {json.dumps(source)}: error validating data: {why}; "
        "if you choose to ignore these errors, turn validation off with --validate=false"
    )
