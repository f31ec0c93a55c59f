"""Reading manifests: files, directories, standard input; YAML or JSON, many documents, Lists taken apart.

Called by every command that takes `-f`. Calls `kube.apimachinery.codec`, which reads YAML as Go does, and
`kubectl_lite.urls` for what is on the web. What goes wrong is said in kubectl's words, naming the file.
"""

from __future__ import annotations

import codecs
import glob
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
    """The file's text, as the byte order mark says; UTF-8 without one, and what is not is replaced, as Go does."""
    try:
        data = file.read_bytes()
    except OSError as why:
        raise CommandError(f"error reading {file}: {why}") from why
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if is_utf_16 else "utf-8-sig", errors="replace")


def _files(path: str, recursive: bool) -> list[Path]:
    root = Path(path)
    if not root.exists():
        if not (found := sorted(glob.glob(path))):
            raise CommandError(f'the path "{path}" does not exist')
        return [file for one in found for file in _files(one, recursive)]
    if not root.is_dir():  # a pipe is as good as a file: `-f <(...)`
        return [root]
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
    from kube.apimachinery.codec import yaml_body

    try:
        documents = _json_documents(text) if text.lstrip().startswith("{") else None
        return yaml_body.load_all(text.encode()) if documents is None else documents
    except ValueError as why:
        reason = _json_reason(text) or f"error converting YAML to JSON: {why}"
        raise CommandError(f"error parsing {source}: {reason}") from why


def _json_documents(text: str) -> list[Any] | None:
    """JSON documents that follow one another; None when it is none, and so may be YAML."""
    decoder, at, found = json.JSONDecoder(), 0, []
    text = text.strip()
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return None
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
