"""What can be asked of each resource: paths, methods, parameters, bodies, answers. Free of OpenAPI's versions.

Called by `documents`, which writes it in version 2 or 3. It calls `definitions` for the names of schemas. The
sub-resources that upgrade a connection (exec, attach, port-forward, proxy) are left out: OpenAPI cannot say them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kube.apimachinery.meta_v1 import DeleteOptions, Status
from kube.apimachinery.openapi.definitions import PATCH, list_name_of, name_of
from kube.apimachinery.scheme import Resource, Scheme, Subresource

PATCH_TYPES = (
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
    "application/strategic-merge-patch+json",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: str
    doc: str
    place: str = "query"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. `gvk` is (group, version, kind); schemas are definition names."""

    path: str
    method: str
    id: str
    action: str
    doc: str
    gvk: tuple[str, str, str]
    parameters: tuple[Parameter, ...]
    body: str = ""
    body_types: tuple[str, ...] = ("application/json", "application/yaml")
    body_required: bool = True
    answers: dict[int, str] = field(default_factory=dict)


NAME = Parameter("name", "string", "Name of the object.", "path")
NAMESPACE = Parameter("namespace", "string", "Namespace of the object.", "path")
PRETTY = Parameter("pretty", "string", "true: the JSON is indented.")
DRY_RUN = Parameter("dryRun", "string", "All: do everything but store the result.")
FIELD_MANAGER = Parameter("fieldManager", "string", "Who changes these fields.")
FIELD_VALIDATION = Parameter("fieldValidation", "string", "Ignore, Warn or Strict: what to do about unknown fields.")
FORCE = Parameter("force", "boolean", "Server-side apply takes fields over from other managers.")
_WRITE = (DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION, PRETTY)
_LIST = (
    Parameter("allowWatchBookmarks", "boolean", "A watch may send bookmarks."),
    Parameter("continue", "string", "The token of the next page."),
    Parameter("fieldSelector", "string", "Only objects with these fields."),
    Parameter("labelSelector", "string", "Only objects with these labels."),
    Parameter("limit", "integer", "At most so many in one answer."),
    PRETTY,
    Parameter("resourceVersion", "string", "How old the answer may be."),
    Parameter("resourceVersionMatch", "string", "Exact or NotOlderThan: how resourceVersion is meant."),
    Parameter("sendInitialEvents", "boolean", "A watch begins with the objects that exist."),
    Parameter("timeoutSeconds", "integer", "When the server ends a watch."),
    Parameter("watch", "boolean", "Send changes as they happen instead of a list."),
)
_DELETE = (
    DRY_RUN,
    Parameter("gracePeriodSeconds", "integer", "Seconds for a graceful end; 0 is at once."),
    Parameter("orphanDependents", "boolean", "Deprecated: see propagationPolicy."),
    PRETTY,
    Parameter("propagationPolicy", "string", "Orphan, Background or Foreground: what becomes of dependents."),
)


def operations(scheme: Scheme, resource: Resource) -> Iterator[Operation]:
    """Everything that can be asked of a resource and its subresources."""
    yield from _of_collection(resource)
    yield from _of_object(resource)
    for sub in resource.subresources:
        yield from _of_subresource(scheme, resource, sub)


def _of_collection(resource: Resource) -> Iterator[Operation]:
    path = resource.path("{namespace}")
    kind = name_of(resource.type)
    if "list" in resource.verbs:
        yield _operation(resource, path, "get", "list", _LIST, answers={200: list_name_of(resource)})
    if "create" in resource.verbs:
        answers = {200: kind, 201: kind, 202: kind}
        yield _operation(resource, path, "post", "create", _WRITE, kind, answers=answers)
    if "deletecollection" in resource.verbs:
        yield _operation(resource, path, "delete", "deletecollection", _DELETE + _LIST, name_of(DeleteOptions),
                         body_required=False, answers={200: name_of(Status)})  # fmt: skip
    if resource.namespaced and "list" in resource.verbs:
        everywhere = resource.path()
        yield _operation(resource, everywhere, "get", "list", _LIST, answers={200: list_name_of(resource)})


def _of_object(resource: Resource) -> Iterator[Operation]:
    path = resource.path("{namespace}", "{name}")
    yield from _reads_and_writes(resource, path, resource.verbs, name_of(resource.type), _gvk(resource))
    if "delete" in resource.verbs:
        status = name_of(Status)
        yield _operation(resource, path, "delete", "delete", _DELETE, name_of(DeleteOptions),
                         body_required=False, answers={200: status, 202: status})  # fmt: skip


def _of_subresource(scheme: Scheme, resource: Resource, sub: Subresource) -> Iterator[Operation]:
    version = f"{sub.group}/{sub.version}" if sub.group else resource.api_version
    model = scheme.type_of(version, sub.kind)
    if model is None or sub.name == "log":
        return
    path = resource.path("{namespace}", "{name}", sub.name)
    gvk = (sub.group or resource.group, sub.version or resource.version, sub.kind)
    kind = name_of(model)
    yield from _reads_and_writes(resource, path, sub.verbs, kind, gvk, sub.name)
    if "create" in sub.verbs:
        answers = {200: kind, 201: kind, 202: kind}
        yield _operation(resource, path, "post", "create", _WRITE, kind, answers=answers, gvk=gvk, sub=sub.name)


def _reads_and_writes(
    resource: Resource, path: str, verbs: tuple[str, ...], kind: str, gvk: tuple[str, str, str], sub: str = ""
) -> Iterator[Operation]:
    written = {200: kind, 201: kind}
    if "get" in verbs:
        yield _operation(resource, path, "get", "get", (PRETTY,), answers={200: kind}, gvk=gvk, sub=sub)
    if "update" in verbs:
        yield _operation(resource, path, "put", "update", _WRITE, kind, answers=written, gvk=gvk, sub=sub)
    if "patch" in verbs:
        yield _operation(resource, path, "patch", "patch", (*_WRITE, FORCE), PATCH, body_types=PATCH_TYPES,
                         answers=written, gvk=gvk, sub=sub)  # fmt: skip


def _operation(
    resource: Resource, path: str, method: str, verb: str, parameters: tuple[Parameter, ...], body: str = "", *,
    answers: dict[int, str], gvk: tuple[str, str, str] | None = None, sub: str = "",
    body_types: tuple[str, ...] = ("application/json", "application/yaml"), body_required: bool = True,
) -> Operation:  # fmt: skip
    in_path = tuple(p for p in (NAME, NAMESPACE) if f"{{{p.name}}}" in path)
    action = {"create": "post", "update": "put"}.get(verb, verb)
    return Operation(
        path, method, _id(resource, path, verb, sub), action, f"{verb} {resource.plural}{sub and '/' + sub}",
        gvk or _gvk(resource), in_path + parameters, body, body_types, body_required, answers,
    )  # fmt: skip


def _id(resource: Resource, path: str, verb: str, sub: str) -> str:
    """`listCoreV1NamespacedService`: unique, as client generators need it."""
    group = "".join(part.capitalize() for part in (resource.group.partition(".")[0] or "core").split("-"))
    word = {"get": "read", "update": "replace", "deletecollection": "deleteCollection"}.get(verb, verb)
    scope = "Namespaced" if "{namespace}" in path else ""
    tail = "ForAllNamespaces" if resource.namespaced and not scope else ""
    return f"{word}{group}{resource.version.capitalize()}{scope}{resource.kind}{sub.capitalize()}{tail}"


def _gvk(resource: Resource) -> tuple[str, str, str]:
    return resource.group, resource.version, resource.kind
