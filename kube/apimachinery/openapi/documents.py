"""The OpenAPI documents: version 3 for each group version and its index, version 2 for everything.

Called by the API server's `/openapi` handlers. It calls `definitions` and `operations` and writes them down; nothing
is said about a kind that its declaration does not say. Documents are made when first asked for, and kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from kube.apimachinery.openapi import gnostic, gnostic_v3
from kube.apimachinery.openapi.definitions import GVK, Writer, definitions
from kube.apimachinery.openapi.operations import Operation, Parameter, operations
from kube.apimachinery.scheme import Resource, Scheme
from kube.version import KUBERNETES_VERSION

Json = dict[str, Any]
INFO = {"title": "Kubernetes", "version": KUBERNETES_VERSION}
_DESCRIPTIONS = {200: "OK", 201: "Created", 202: "Accepted"}
_SECURITY = {
    "BearerToken": {
        "description": "Bearer Token authentication",
        "type": "apiKey",
        "in": "header",
        "name": "authorization",
    }
}


def v3_index(scheme: Scheme) -> Json:
    """`/openapi/v3`: where each group version's document is. The hash changes when the document does."""
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={v3_hash(scheme, group, version)}"}
            for path, group, version in _group_versions(scheme)
        }
    }


def v3_hash(scheme: Scheme, group: str, version: str) -> str:
    """What the URL of that document carries, as long as the document stays as it is."""
    return _v3_hash(_key(scheme), group, version)


def v3(scheme: Scheme, group: str, version: str) -> Json | None:
    """`/openapi/v3/apis/apps/v1`: None for a group version that is not served."""
    return _v3(_key(scheme), group, version)


def v3_protobuf(scheme: Scheme, group: str, version: str) -> bytes:
    """The same as protobuf."""
    return gnostic_v3.encode(_v3(_key(scheme), group, version) or {})


def v3_whole(scheme: Scheme) -> Json:
    """Everything in one version 3 document, for people who read the REST API in a browser."""
    return _v3_of(scheme, list(scheme))


def v2(scheme: Scheme) -> Json:
    """`/openapi/v2` in JSON."""
    return _v2(_key(scheme))


def v2_protobuf(scheme: Scheme) -> bytes:
    """`/openapi/v2` as the protobuf message that kubectl up to 1.26 asks for."""
    return _v2_protobuf(_key(scheme))


class _Key:
    """A scheme as a cache key: by identity, and by how much is registered in it."""

    def __init__(self, scheme: Scheme):
        self.scheme = scheme
        self.mark = (id(scheme), len(list(scheme)))

    def __hash__(self) -> int:
        return hash(self.mark)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.mark == other.mark


def _key(scheme: Scheme) -> _Key:
    return _Key(scheme)


@lru_cache(64)
def _v3(key: _Key, group: str, version: str) -> Json | None:
    resources = [r for r in key.scheme if (r.group, r.version) == (group, version)]
    return _v3_of(key.scheme, resources) if resources else None


@lru_cache(64)
def _v3_hash(key: _Key, group: str, version: str) -> str:
    return _hash(_v3(key, group, version))


def _v3_of(scheme: Scheme, resources: list[Resource]) -> Json:
    return {
        "openapi": "3.0.0",
        "info": INFO,
        "paths": _paths(scheme, resources, _operation_v3, _shared_v3),
        "components": {
            "schemas": definitions(scheme, Writer(3), resources),
            "securitySchemes": _SECURITY,
        },
        "security": [{"BearerToken": []}],
    }


@lru_cache(4)
def _v2(key: _Key) -> Json:
    resources = list(key.scheme)
    return {
        "swagger": "2.0",
        "info": INFO,
        "paths": _paths(key.scheme, resources, _operation_v2, _shared_v2),
        "definitions": definitions(key.scheme, Writer(2), resources),
        "securityDefinitions": _SECURITY,
        "security": [{"BearerToken": []}],
    }


@lru_cache(4)
def _v2_protobuf(key: _Key) -> bytes:
    return gnostic.encode(_v2(key))


def _group_versions(scheme: Scheme) -> list[tuple[str, str, str]]:
    found = {}
    for r in scheme:
        path = f"apis/{r.group}/{r.version}" if r.group else f"api/{r.version}"
        found[path] = (path, r.group, r.version)
    return [found[path] for path in sorted(found)]


def _hash(document: Json | None) -> str:
    return hashlib.sha256(json.dumps(document, separators=(",", ":")).encode()).hexdigest()[:32].upper()


def _paths(scheme: Scheme, resources: Iterable[Resource], write: Any, shared: Any) -> Json:
    """Parameters of the path itself stand once for all its methods."""
    paths: Json = {}
    for resource in resources:
        for operation in operations(scheme, resource):
            item = paths.setdefault(operation.path, {})
            item[operation.method] = write(operation)
            in_path = [shared(p) for p in operation.parameters if p.place == "path"]
            if in_path:
                item["parameters"] = in_path
    return dict(sorted(paths.items()))


def _common(operation: Operation) -> Json:
    group, version, kind = operation.gvk
    return {
        "tags": [f"{group.partition('.')[0] or 'core'}_{version}"],
        "description": operation.doc,
        "operationId": operation.id,
        "x-kubernetes-action": operation.action,
        GVK: {"group": group, "kind": kind, "version": version},
    }


def _query(operation: Operation) -> list[Parameter]:
    return list({p.name: p for p in operation.parameters if p.place == "query"}.values())


def _shared_v3(parameter: Parameter) -> Json:
    return {
        "name": parameter.name, "in": parameter.place, "description": parameter.doc,
        **({"required": True} if parameter.place == "path" else {}),
        "schema": {"type": parameter.type, "uniqueItems": True},
    }  # fmt: skip


def _operation_v3(operation: Operation) -> Json:
    writer = Writer(3)
    found = _common(operation) | {"parameters": [_shared_v3(p) for p in _query(operation)]}
    if operation.body:
        schema = {"schema": writer.reference(operation.body)}
        found["requestBody"] = {"content": dict.fromkeys(operation.body_types, schema)}
        if operation.body_required:
            found["requestBody"]["required"] = True
    found["responses"] = {
        str(code): {
            "description": _DESCRIPTIONS[code],
            "content": {"application/json": {"schema": writer.reference(name)}},
        }
        for code, name in operation.answers.items()
    } | {"401": {"description": "Unauthorized"}}
    return found


def _shared_v2(parameter: Parameter) -> Json:
    return {
        "name": parameter.name, "in": parameter.place, "description": parameter.doc, "type": parameter.type,
        "uniqueItems": True, **({"required": True} if parameter.place == "path" else {}),
    }  # fmt: skip


def _operation_v2(operation: Operation) -> Json:
    writer = Writer(2)
    parameters = [_shared_v2(p) for p in _query(operation)]
    if operation.body:
        body = {"name": "body", "in": "body", "schema": writer.reference(operation.body)}
        parameters.insert(0, body | ({"required": True} if operation.body_required else {}))
    return _common(operation) | {
        "consumes": list(operation.body_types) if operation.body else ["*/*"],
        "produces": ["application/json"],
        "schemes": ["https"],
        "parameters": parameters,
        "responses": {
            str(code): {"description": _DESCRIPTIONS[code], "schema": writer.reference(name)}
            for code, name in operation.answers.items()
        }
        | {"401": {"description": "Unauthorized"}},
    }
