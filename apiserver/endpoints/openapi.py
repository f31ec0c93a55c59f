"""`/openapi/v3` and `/openapi/v2`: the documents in the encodings that clients ask for.

Called by the routes in `nonresource`. It calls `kube.apimachinery.openapi`, which makes and keeps the documents; their
bytes are kept here, so that a client costs one lookup. Source: k8s.io/kube-openapi/pkg/handler, handler3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from apiserver.endpoints.negotiation import clauses
from apiserver.endpoints.reference import for_people
from apiserver.endpoints.responses import Response
from kube.api import scheme
from kube.apimachinery import openapi

_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_FOREVER = (b"cache-control", b"public, immutable")


@cache
def _index() -> bytes:
    return _bytes(openapi.v3_index(scheme))


@cache
def _group_version(group: str, version: str) -> bytes:
    return _bytes(openapi.v3(scheme, group, version))


@cache
def _v2() -> bytes:
    return _bytes(openapi.v2(scheme))


def _bytes(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def serve_index(_accept: str, _query: Mapping[str, str]) -> Response:
    """Where each document is; the hash in its URL changes when the document does."""
    return Response(_index())


def serve_v2(accept: str, _query: Mapping[str, str]) -> Response:
    """Protobuf for old kubectls, whose media type cannot be repeated to them (it is not a legal one); else JSON."""
    if any("proto-openapi" in clause.media for clause in clauses(accept)):
        return Response(openapi.v2_protobuf(scheme), media_type=_PROTOBUF)
    return Response(_v2())


def documents() -> dict[str, Callable[[str, Mapping[str, str]], Response]]:
    """Path -> what answers it."""
    found: dict[str, Callable[[str, Mapping[str, str]], Response]] = {"/openapi/v3": serve_index}
    for group, version in {(r.group, r.version) for r in scheme}:
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        found[f"/openapi/v3/{path}"] = _server_of(group, version)
    return found


def _server_of(group: str, version: str) -> Callable[[str, Mapping[str, str]], Response]:
    def serve(_accept: str, query: Mapping[str, str]) -> Response:
        return Response(_group_version(group, version), headers=[_FOREVER] if "hash" in query else [])

    return serve


@cache
def reference() -> dict[str, Any]:
    """The whole REST API in one document, for `/docs`."""
    return for_people(openapi.v3_whole(scheme))
