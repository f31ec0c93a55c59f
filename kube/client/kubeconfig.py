"""Kubeconfig files: read in client-go's words, merged as client-go merges them, written as it writes them.

Called by `kube.client.config` (which picks one server and one identity of it) and by `kubectl_lite config`. It calls
`kubeconfig_v1` for the types and the codec for their errors.
Source: k8s.io/client-go/tools/clientcmd/loader.go, api/v1/conversion.go.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kube.apimachinery.codec import yaml_body
from kube.apimachinery.codec.decode import DecodingError, to_object
from kube.client.kubeconfig_v1 import FILE_FIELDS, SECTIONS, Config

Json = dict[str, Any]
_GO_LISTS = {"clusters": ("NamedCluster", "Cluster"), "users": ("NamedAuthInfo", "AuthInfo"),
             "contexts": ("NamedContext", "Context")}  # fmt: skip
_SCHEME = "k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50"


class ConfigError(Exception):
    """The kubeconfig is missing, unreadable or says something that cannot be used. The text is for people."""


class ConfigErrors(ConfigError):
    """Several at once, in `errors`. Source: k8s.io/apimachinery/pkg/util/errors, Aggregate."""

    def __init__(self, errors: Sequence[str]):
        super().__init__(errors[0] if len(errors) == 1 else f"[{', '.join(errors)}]")
        self.errors = tuple(errors)


@dataclass
class Kubeconfig:
    """One file, or several merged. Bodies are in the wire's form with every field that Go always writes."""

    clusters: dict[str, Json] = field(default_factory=dict)
    users: dict[str, Json] = field(default_factory=dict)
    contexts: dict[str, Json] = field(default_factory=dict)
    current_context: str = ""
    preferences: Json = field(default_factory=dict)
    extensions: list[Json] = field(default_factory=list)
    origins: dict[tuple[str, str], Path] = field(default_factory=dict)
    """The file that each (section, name) comes from."""

    def section(self, name: str) -> dict[str, Json]:
        return getattr(self, name)

    def document(self) -> Json:
        """As Go writes it: names sorted, `null` for an empty list, fields in the declared order."""
        named: Json = {
            section: [{"name": name, inner: self.section(section)[name]} for name in sorted(self.section(section))]
            or None for section, inner in SECTIONS.items()
        }  # fmt: skip
        tail = {"extensions": self.extensions} if self.extensions else {}
        return {"kind": "Config", "apiVersion": "v1", "preferences": self.preferences, **named,
                "current-context": self.current_context, **tail}  # fmt: skip


def paths_of(explicit: str | os.PathLike[str] | None = None) -> list[Path]:
    """The files that apply, in their order: the given one, else $KUBECONFIG's, else ~/.kube/config."""
    if explicit:
        return [Path(explicit)]
    named = [Path(p) for p in dict.fromkeys(os.environ.get("KUBECONFIG", "").split(os.pathsep)) if p]
    return named or [default_path()]


def default_path() -> Path:
    return Path.home() / ".kube" / "config"


def load_merged(paths: Sequence[Path], *, resolve: bool = True, explicit: bool = False) -> Kubeconfig:
    """All of the files as one; the first to name a thing wins. Files that are not there are left out.

    With `resolve`, the files named in them are made absolute. Raises ConfigErrors, and ConfigError for an explicit
    file that is not there.
    """
    merged, problems = Kubeconfig(), []
    for path in paths:
        try:
            found = read(path)
        except FileNotFoundError as why:
            if explicit:
                raise ConfigError(f"stat {path}: no such file or directory") from why
        except NotADirectoryError:
            problems.append(f"stat {path}: not a directory")
        except ConfigError as why:
            problems.append(str(why))
        else:
            _merge(merged, resolved(found, path) if resolve else found)
    if problems:
        raise ConfigErrors(problems)
    return merged


def _merge(merged: Kubeconfig, other: Kubeconfig) -> None:
    for section in SECTIONS:
        for name, body in other.section(section).items():
            merged.section(section).setdefault(name, body)
    merged.current_context = merged.current_context or other.current_context
    merged.preferences = other.preferences | merged.preferences
    known = {extension["name"] for extension in merged.extensions}
    merged.extensions += [e for e in other.extensions if e["name"] not in known]
    merged.origins = other.origins | merged.origins


def read(path: Path) -> Kubeconfig:
    """One file. Raises FileNotFoundError, and ConfigError in client-go's words."""
    try:
        return parse(path.read_bytes(), path)
    except FileNotFoundError:
        raise
    except IsADirectoryError as why:
        raise ConfigError(f'error loading config file "{path}": read {path}: is a directory') from why
    except NotADirectoryError:
        raise
    except OSError as why:
        reason = (why.strerror or str(why)).lower()
        raise ConfigError(f'error loading config file "{path}": open {path}: {reason}') from why
    except ValueError as why:
        raise ConfigError(f'error loading config file "{path}": {why}') from why


def parse(text: bytes, path: Path | None = None) -> Kubeconfig:
    """The content of a file; what is unknown in it is dropped. Raises ValueError in Go's words."""
    data, _ = yaml_body.loads(text)
    if data is None:
        return Kubeconfig()
    _check_kind(data)
    try:
        typed, _ = to_object(data, Config)
    except DecodingError as why:
        raise ValueError(str(why)) from why
    document = typed.to_dict()
    found = Kubeconfig(
        current_context=document.get("current-context", ""), preferences=document["preferences"],
        extensions=document.get("extensions", []),
    )  # fmt: skip
    for section, inner in SECTIONS.items():
        for entry in document[section] or ():
            if entry["name"] in found.section(section):
                item, kind = _GO_LISTS[section]
                raise ValueError(f"error converting *[]{item} into *map[string]*api.{kind}: "
                                 f'duplicate name "{entry["name"]}" in list: {document[section]}')  # fmt: skip
            found.section(section)[entry["name"]] = entry[inner]
            if path is not None:
                found.origins[section, entry["name"]] = path
    return found


def check_object(data: Any) -> None:
    """Raises ValueError, in Go's words, for what is no object and so can have no kind."""
    if not isinstance(data, dict):
        kind = {str: "string", bool: "bool", list: "array"}.get(type(data), "number")
        raise ValueError(
            f"couldn't get version/kind; json parse error: json: cannot unmarshal {kind} into Go value of type "
            r'struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }'
        )


def _check_kind(data: Json) -> None:
    check_object(data)
    kind, version = data.get("kind") or "Config", data.get("apiVersion") or "v1"
    if (kind, version) != ("Config", "v1"):
        raise ValueError(f'no kind "{kind}" is registered for version "{version}" in scheme "{_SCHEME}"')


def resolved(config: Kubeconfig, path: Path) -> Kubeconfig:
    """The same, the files that it names made absolute, seen from its own folder."""
    folder = path.absolute().parent
    for section in ("clusters", "users"):
        for body in config.section(section).values():
            body.update({f: os.path.normpath(folder / body[f]) for f in FILE_FIELDS if body.get(f)})
            command = (body.get("exec") or {}).get("command", "")
            if "/" in command:
                body["exec"]["command"] = os.path.normpath(folder / command)
    return config
