"""PATCH of an object: JSON patch, merge patch, strategic merge patch, and server-side apply.

Called by the router, for resources and for their `status`. It calls `kube.apimachinery.patch` for the arithmetic, the
codec to make an object of the result, and the store, which tries again when somebody else was faster.
Source: k8s.io/apiserver/pkg/endpoints/handlers/patch.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiserver.endpoints.endpoint import Endpoint, write_of
from apiserver.endpoints.handlers.decoding import check_name, check_namespace, undeterminable
from apiserver.endpoints.handlers.patched_json import shown
from apiserver.endpoints.options import WriteOptions, write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.views import object_body
from apiserver.registry.generic.store import Stages
from kube.api import scheme
from kube.apimachinery.codec import DecodingError, go_json, to_object, yaml_body
from kube.apimachinery.errors import BadRequest, UnsupportedMediaType
from kube.apimachinery.patch import apply as server_side_apply
from kube.apimachinery.patch import json_patch, managed_fields, merge, restore, strategic
from kube.apimachinery.scheme import Resource
from kube.apimachinery.times import format_time

Json = dict[str, Any]
JSON_PATCH, MERGE = "application/json-patch+json", "application/merge-patch+json"
STRATEGIC, APPLY = "application/strategic-merge-patch+json", "application/apply-patch+yaml"
_OFFERED = f"{JSON_PATCH}, {MERGE}, {STRATEGIC}, {APPLY}"


async def patch(endpoint: Endpoint, request: Request) -> Response:
    """200 with the patched object, 201 when apply created it."""
    media_type = media_type_of(request)
    options = write_options("PatchOptions", request.query, request.raw_query, apply=media_type == APPLY)
    body = await request.body()
    store, info = endpoint.store, request.info
    stages = store.stages[info.subresource]
    if media_type == APPLY:
        make: Any = Applying(endpoint, request, options, read_configuration(body))
        stages = Stages(stages.prepare, stages.validate, allow_create=not info.subresource)
        write = write_of(request, options, "Apply")
    else:
        change = change_of(media_type, body, endpoint.resource)
        make = Patching(endpoint, request, options, change)
        stages = Stages(stages.prepare, stages.validate)
        write = write_of(request, options)
    written = await store.update(endpoint.namespace_of(request), info.name, make, write, stages)
    body = object_body(endpoint.resource, written.wire, request.output, info.query.get("includeObject", ""))
    return Response(body, 201 if written.created else 200)


def media_type_of(request: Request) -> str:
    """Raises UnsupportedMediaType for a patch of no known kind."""
    media_type = request.content_type.partition(";")[0].strip()
    if media_type not in (JSON_PATCH, MERGE, STRATEGIC, APPLY):
        text = "the body of the request was in an unknown format - accepted media types include: " + _OFFERED
        raise UnsupportedMediaType(text)
    return media_type


# ---- patches of the stored JSON ----


class Change:
    """What a patch does to a document, and how an error shows the outcome."""

    def __init__(self, patch: Any, run: Callable[[Json, Any], Json], show: Callable[[Json], Any]):
        self.patch, self._run, self.show = patch, run, show

    def __call__(self, document: Json) -> Json:
        return self._run(document, self.patch)


def change_of(media_type: str, body: bytes, resource: Resource) -> Change:
    """Parses a patch. Raises BadRequest."""
    if media_type == STRATEGIC:
        document = _loads(body, "")
        if document is None:
            document = {}
        return Change(document, lambda doc, p: strategic.apply(doc, p, resource.type), lambda _: document)
    document = _loads(body, "error decoding patch: ")
    if media_type == JSON_PATCH:
        json_patch.check(document)
        return Change(document, json_patch.apply, lambda doc: shown(doc, _pointers(document)))
    return Change(document, merge.apply, lambda doc: shown(doc, document))


def _loads(body: bytes, head: str) -> Any:
    try:
        return go_json.loads(body)
    except ValueError as error:
        raise BadRequest(f"{head}{error}") from error


def _pointers(operations: list[Json] | None) -> Json:
    """The places that a JSON patch touches, as a tree."""
    tree: Json = {}
    for operation in operations or ():
        at = tree
        for part in (operation or {}).get("path", "").split("/")[1:-1]:
            at = at.setdefault(part, {})
    return tree


class Patching:
    """Makes the new object from the current one: called by the store, again after a conflict."""

    def __init__(self, endpoint: Endpoint, request: Request, options: WriteOptions, change: Change):
        self._endpoint, self._request, self._options = endpoint, request, options
        self._change = change

    async def __call__(self, current: Any) -> Any:
        document = current.to_dict()
        patched = self._change(document)
        obj, problems = read_patched(patched, self._change, self._endpoint.resource)
        if problems and self._options.field_validation == "Strict":
            raise restore.refuse(self._change.show(patched), "strict decoding error: " + ", ".join(problems))
        if self._options.field_validation == "Warn":
            self._request.warnings += problems
        if obj is None:
            raise undeterminable(self._request.info.name)
        check_name(obj, self._request.info.name)
        check_namespace(self._endpoint, obj, self._endpoint.namespace_of(self._request))
        self._endpoint.store.strategy.default(obj)
        return obj


def read_patched(patched: Json, change: Change, resource: Resource) -> tuple[Any, list[str]]:
    """The object that a patch results in, and its unknown fields.

    The outcome of a strategic patch is of the resource's type whatever it calls itself. Other patches make bytes, which
    are decoded by what they say; without apiVersion they are of a version of which the client knows no field: None.
    Raises Invalid in Kubernetes' words, which differ for strategic patches.
    """
    if isinstance(change.show(patched), dict):
        patched = {**patched, "kind": resource.kind, "apiVersion": resource.api_version}
    if "apiVersion" not in patched:
        return None, [f'unknown field "{name}"' for name in sorted(patched) if name != "kind"]
    kind, version = patched.get("kind") or resource.kind, patched["apiVersion"]
    if (kind, version) != (resource.kind, resource.api_version):
        raise restore.refuse(change.show(patched), _other_kind(patched, version, kind, resource))
    try:
        obj, problems = to_object(patched, resource.type)
    except DecodingError as error:
        why = restore.problem(patched, resource.type) if isinstance(change.show(patched), dict) else ""
        raise restore.refuse(change.show(patched), why or str(error)) from error
    obj.kind, obj.apiVersion = resource.kind, resource.api_version
    return obj, problems


def _other_kind(patched: Json, version: str, kind: str, resource: Resource) -> str:
    type_ = scheme.type_of(version, kind)
    if type_ is None:
        return f'no kind "{kind}" is registered for version "{version}" in scheme "pkg/api/legacyscheme/scheme.go:30"'
    try:
        to_object(patched, type_)
    except DecodingError as error:
        return str(error)
    return f"unable to convert a {kind} to a {resource.kind}"


# ---- server-side apply ----


def read_configuration(body: bytes) -> Json:
    """The applied configuration, YAML or JSON. Raises BadRequest."""
    head = "error decoding YAML: error "
    try:
        value, _ = yaml_body.loads(body)
    except ValueError as error:
        raise BadRequest(f"{head}converting YAML to JSON: {error}") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        what = {list: "array", str: "string", bool: "bool"}.get(type(value), "number")
        text = f"json: cannot unmarshal {what} into Go value of type map[string]interface {{}}"
        raise BadRequest(f"{head}unmarshaling JSON: while decoding JSON: {text}")
    return value


class Applying:
    """As `Patching`, by merging what one manager wants."""

    def __init__(self, endpoint: Endpoint, request: Request, options: WriteOptions, config: Json):
        self._endpoint, self._request, self._options, self._config = endpoint, request, options, config

    async def __call__(self, current: Any) -> Any:
        resource, store = self._endpoint.resource, self._endpoint.store
        subresource = self._request.info.subresource
        config = self._config
        applied = server_side_apply.apply(
            current.to_dict() if current is not None else None, config, resource.type,
            manager=self._options.field_manager, api_version=resource.api_version, kind=resource.kind,
            now=format_time(store.clock.now()), force=bool(self._options.force), subresource=subresource,
            reset=managed_fields.reset_fields(store.strategy.has_status, subresource),
        )  # fmt: skip
        obj, problems = to_object(applied.object, resource.type)
        self._request.warnings += problems
        check_name(obj, self._request.info.name)
        check_namespace(self._endpoint, obj, self._endpoint.namespace_of(self._request))
        store.strategy.default(obj)
        return obj
