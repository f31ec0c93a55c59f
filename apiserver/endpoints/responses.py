"""Responses: bytes to the ASGI server, in one place for all handlers; errors become Status bodies here.

Called by the handlers and the filter chain. It calls the ASGI `send`. Bodies are JSON bytes; YAML or protobuf is made
from them for who asks, unless the handler has it ready. It leaves out streaming, which watch and log do themselves.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from apiserver.endpoints import protobuf
from apiserver.endpoints.negotiation import JSON, PROTOBUF
from kube.apimachinery.errors import MethodNotAllowed, NotFound, StatusError
from kube.apimachinery.meta_v1 import Status, StatusDetails

Send = Callable[[dict[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

_JSON_TYPE = (b"content-type", b"application/json")
_WORTH_SHARING = 16 << 10
NO_CACHE = (b"cache-control", b"no-cache, private")


@dataclass(slots=True)
class Response:
    """A whole response. `body` is JSON unless `media_type` says otherwise; `tail` goes on where it ends: bytes that are
    shared with other responses and too long to be copied for each."""

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: list[Header] = field(default_factory=list)
    tail: bytes = b""


_ALL_WARNINGS, _ONE_WARNING = 4096, 256
"""Characters. Source: k8s.io/apiserver/pkg/endpoints/filters/warning.go."""


def _within_limits(texts: Sequence[str]) -> Iterator[str]:
    """As they are where all of them are short; else each is cut short, and what still is too much left out."""
    if sum(map(len, texts)) <= _ALL_WARNINGS:
        yield from texts
        return
    total = 0
    for text in texts:
        total += len(text[:_ONE_WARNING])
        if total > _ALL_WARNINGS:
            return
        yield text[:_ONE_WARNING]


def warning_headers(texts: Sequence[str]) -> list[Header]:
    """`Warning: 299 - "text"`, one header each (RFC 7234, 5.5)."""
    found = []
    for text in _within_limits(texts):
        quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        found.append((b"warning", f'299 - "{quoted}"'.encode("utf-8", "replace")))
    return found


def status_response(error: StatusError) -> Response:
    """The response for an error."""
    headers = [(b"retry-after", b"%d" % error.retry_after)] if error.retry_after else []
    return Response(error.status.to_json(), error.code, headers=headers)


def success(details: StatusDetails | None = None, code: int = 0) -> bytes:
    """The Status of a write that has no object to return."""
    return Status(status="Success", details=details, code=code).to_json()


async def send_response(send: Send, response: Response, media_type: str = JSON) -> None:
    """Sends it, in the media type that the client asked for."""
    body, tail, media = response.body, response.tail, response.media_type
    if media_type != JSON and media == JSON:
        body, tail, media = _converted(body + tail, media_type), b"", media_type
    type_header = _JSON_TYPE if media == JSON else (b"content-type", media.encode())
    if len(tail) < _WORTH_SHARING:
        body, tail = body + tail, b""
    length = (b"content-length", b"%d" % (len(body) + len(tail)))
    headers: Sequence[Header] = [type_header, NO_CACHE, length, *response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if tail:
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": tail or body})


def _converted(body: bytes, media_type: str) -> bytes:
    return protobuf.from_json(body) if media_type == PROTOBUF else to_yaml(body)


def to_yaml(body: bytes) -> bytes:
    """JSON bytes as YAML with sorted keys, as sigs.k8s.io/yaml writes it."""
    return yaml.dump(json.loads(body), Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=2**20).encode()


class _Dumper(yaml.CSafeDumper if hasattr(yaml, "CSafeDumper") else yaml.SafeDumper):  # type: ignore[misc]
    """No anchors, and lists not indented below their key."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def unknown_resource() -> NotFound:
    """No such resource below a group and version that exist."""
    return NotFound("the server could not find the requested resource", StatusDetails())


def method_not_allowed() -> MethodNotAllowed:
    return MethodNotAllowed("the server does not allow this method on the requested resource", StatusDetails())


PAGE_NOT_FOUND = Response(b"404 page not found\n", 404, "text/plain; charset=utf-8")
"""What a path outside the API gets."""
