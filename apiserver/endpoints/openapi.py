"""`/openapi/v3` and `/openapi/v2`: the documents in the encodings that clients ask for.

Called by the routes in `nonresource`. It calls `kube.apimachinery.openapi`, which makes and keeps the documents; their
bytes are kept here, so that a client costs one lookup. A document under the URL that the index gives may be kept for
ever; under an old hash the client is sent to the new one. Source: k8s.io/kube-openapi/pkg/handler, handler3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any

from apiserver.endpoints.etags import tag_of
from apiserver.endpoints.negotiation import JSON, clauses
from apiserver.endpoints.reference import for_people
from apiserver.endpoints.responses import Header, Response
from kube.api import scheme
from kube.apimachinery import openapi

_PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_PROTOBUF_V3 = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
_FOREVER = (b"cache-control", b"public, immutable")
_VARY = (b"vary", b"Accept")
_NOT_ACCEPTABLE = Response(b"", 406)
_YEAR = timedelta(days=365)


@cache
def _index() -> bytes:
    return _bytes(openapi.v3_index(scheme))


@cache
def _group_version(group: str, version: str) -> bytes:
    return _bytes(openapi.v3(scheme, group, version))


@cache
def _group_version_protobuf(group: str, version: str) -> bytes:
    return openapi.v3_protobuf(scheme, group, version)


@cache
def _v2() -> bytes:
    return _bytes(openapi.v2(scheme))


@cache
def _index_tag() -> str:
    return tag_of(_index())


@cache
def _v2_tag() -> str:
    return tag_of(_v2())


@cache
def _protobuf_tag() -> str:
    return tag_of(openapi.v2_protobuf(scheme))


def _tagged(body: bytes, tag: str, media_type: str = JSON, *more: Header) -> Response:
    return Response(body, media_type=media_type, headers=[_VARY, (b"etag", tag.encode()), *more])


def _bytes(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def serve_index(_accept: str, _query: Mapping[str, str]) -> Response:
    """Where each document is; the hash in its URL changes when the document does."""
    return _tagged(_index(), _index_tag())


def serve_v2(accept: str, _query: Mapping[str, str]) -> Response:
    """JSON, or protobuf for who asks, whose media type cannot be repeated to them (it is not a legal one)."""
    media = _chosen(accept, _PROTOBUF)
    if media == _PROTOBUF:
        return _tagged(openapi.v2_protobuf(scheme), _protobuf_tag(), _PROTOBUF)
    return _tagged(_v2(), _v2_tag()) if media else _NOT_ACCEPTABLE


def _chosen(accept: str, protobuf: str) -> str:
    """JSON or that protobuf, whichever the header names first; empty when it names neither."""
    asked = (protobuf, protobuf.replace(".v1.0", "@v1.0"))
    for clause in clauses(accept or "*/*"):
        if clause.media in asked:
            return protobuf
        if clause.media in (JSON, "*/*", "application/*"):
            return JSON
    return ""


def documents() -> dict[str, Callable[[str, Mapping[str, str]], Response]]:
    """Path -> what answers it."""
    found: dict[str, Callable[[str, Mapping[str, str]], Response]] = {"/openapi/v3": serve_index}
    for group, version in {(r.group, r.version) for r in scheme}:
        path = f"apis/{group}/{version}" if group else f"api/{version}"
        found[f"/openapi/v3/{path}"] = _server_of(f"/openapi/v3/{path}", group, version)
    return found


def _server_of(path: str, group: str, version: str) -> Callable[[str, Mapping[str, str]], Response]:
    def serve(accept: str, query: Mapping[str, str]) -> Response:
        media = _chosen(accept, _PROTOBUF_V3)
        now, asked = openapi.v3_hash(scheme, group, version), query.get("hash", "")
        if not media:
            return _NOT_ACCEPTABLE
        if asked and asked != now:
            return Response(b"", 301, headers=[(b"location", f"{path}?hash={now}".encode())])
        kept = [_FOREVER, (b"expires", _in_a_year())] if asked else []
        if media == _PROTOBUF_V3:
            body = _group_version_protobuf(group, version)
            return _tagged(body, tag_of(body), _PROTOBUF_V3, *kept)
        return _tagged(_group_version(group, version), f'"{now}"', JSON, *kept)

    return serve


def _in_a_year() -> bytes:
    return format_datetime(datetime.now(UTC) + _YEAR, usegmt=True).encode()


@cache
def reference() -> dict[str, Any]:
    """The whole REST API in one document, for `/docs`."""
    return for_people(openapi.v3_whole(scheme))
