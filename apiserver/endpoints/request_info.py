"""What a request is about: verb, resource, namespace, name, subresource, read off its method and path.

Called first for every request; authorization, metrics and routing all use its answer. It calls nothing, and leaves
the query's meaning to `options`. Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.

| method | on a collection | on an object |
|---|---|---|
| GET | list, or watch with `?watch=true` | get (watch on the obsolete /watch/ paths) |
| POST | create | create (a subresource) |
| PUT / PATCH | update / patch | update / patch |
| DELETE | deletecollection | delete |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import parse_qsl

_VERBS = {"POST": "create", "GET": "get", "HEAD": "get", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}
_NAMESPACE_SUBRESOURCES = frozenset({"status", "finalize"})
TRUE = frozenset({"1", "true", "TRUE", "True", "t", "T"})


@dataclass(slots=True)
class RequestInfo:
    """`is_resource` false: only `path` and `verb` (the lower-case method) mean something."""

    path: str
    verb: str
    is_resource: bool = False
    prefix: str = ""
    group: str = ""
    version: str = ""
    namespace: str = ""
    resource: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()  # what follows the subresource: the path of a proxy request
    trailing_slash: bool = False
    deprecated_watch: bool = False
    query: dict[str, str] = field(default_factory=dict)
    """The first value of each parameter; `all_values` in options.py reads repeated ones."""


@lru_cache(maxsize=1024)
def parse_query(query: bytes) -> dict[str, str]:
    """The first value of each parameter, percent-decoded. Shared: nobody may change it."""
    if not query:
        return {}
    found: dict[str, str] = {}
    for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        found.setdefault(key, value)
    return found


def is_true(text: str | None) -> bool:
    """How Go's conversion reads a boolean query parameter: absent, empty, `false` and `0` are false, all else true."""
    return text is not None and text.lower() not in ("", "false", "0")


def request_info(method: str, path: str, query: dict[str, str]) -> RequestInfo:
    """Reads a request line. Never fails: an unknown path is a non-resource request."""
    info = RequestInfo(path=path, verb=method.lower(), query=query)
    parts = path.split("/")  # the first is empty: paths start with a slash
    if parts[-1] == "" and len(parts) > 2:
        info.trailing_slash = True
        parts.pop()
    if len(parts) < 4 or "" in parts[1:]:
        return info
    if parts[1] == "api":
        _read_resource(info, method, parts[1], "", parts[2], parts[3:])
    elif parts[1] == "apis" and len(parts) >= 5:
        _read_resource(info, method, parts[1], parts[2], parts[3], parts[4:])
    return info


def _read_resource(info: RequestInfo, method: str, prefix: str, group: str, version: str, parts: list[str]) -> None:
    info.is_resource, info.prefix, info.group, info.version = True, prefix, group, version
    info.verb = _VERBS.get(method, "")
    if parts[0] in ("watch", "proxy") and len(parts) > 1:
        info.deprecated_watch = parts[0] == "watch"
        parts = parts[1:]
    if parts[0] == "namespaces" and len(parts) > 1:
        info.namespace = parts[1]
        if len(parts) > 2 and parts[2] not in _NAMESPACE_SUBRESOURCES:
            parts = parts[2:]
    info.resource = parts[0]
    info.name = parts[1] if len(parts) > 1 else ""
    info.subresource = parts[2] if len(parts) > 2 else ""
    info.rest = tuple(parts[3:])
    _refine_verb(info)


def _refine_verb(info: RequestInfo) -> None:
    if info.verb == "get" and (info.deprecated_watch or (not info.name and is_true(info.query.get("watch")))):
        info.verb = "watch"
    elif info.verb == "get" and not info.name:
        info.verb = "list"
    elif info.verb == "delete" and not info.name:
        info.verb = "deletecollection"
    if info.resource == "namespaces" and not info.name:
        info.namespace = ""
