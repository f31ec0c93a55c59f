"""Responses: bytes to the ASGI server, in one place for all handlers; errors become Status bodies here.

Called by the handlers and the filter chain. It calls the ASGI `send`. Bodies are JSON bytes; YAML or protobuf is made
from them for who asks, unless the handler has it ready; JSON is indented for people, and what is long is compressed for
who can read that. It leaves out streaming, which watch and log do themselves.
Source: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from apiserver.endpoints import protobuf
from apiserver.endpoints.compression import compressed, is_worth_it
from apiserver.endpoints.negotiation import JSON, PROTOBUF
from apiserver.endpoints.request_info import TRUE
from kube.apimachinery.errors import MethodNotAllowed, NotFound, StatusError
from kube.apimachinery.go_json import escaped
from kube.apimachinery.meta_v1 import Status, StatusDetails

Send = Callable[[dict[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

_JSON_TYPE = (b"content-type", b"application/json")
_WORTH_SHARING = 16 << 10
_PEOPLES_AGENTS = (b"curl", b"Wget", b"Mozilla/5.0")
NO_CACHE = (b"cache-control", b"no-cache, private")
NO_SNIFFING = (b"x-content-type-options", b"nosniff")


@dataclass(slots=True)
class Response:
    """A whole response. `body` is JSON unless `media_type` says otherwise; `tail` goes on where it ends: bytes that are
    shared with other responses and too long to be copied for each. JSON gets its last newline when it is sent, unless
    there is a tail, which has its own."""

    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: list[Header] = field(default_factory=list)
    tail: bytes = b""
    packed: dict[str, bytes] | None = None
    """Where the tail is kept compressed, for the next response that has it."""


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


async def send_response(
    send: Send, response: Response, media_type: str = JSON, *, pretty: bool = False, encodings: bytes = b""
) -> None:
    """Sends it, in the media type that the client asked for. `encodings`: those that the client can read."""
    body, tail, media = response.body, response.tail, response.media_type
    if media == JSON:
        if media_type != JSON:
            body, tail, media = _converted(body + tail, media_type), b"", media_type
        elif pretty:
            body, tail = indented(body + tail), b""
        elif not tail:
            tail = b"\n"
    type_header = _JSON_TYPE if media == JSON else (b"content-type", media.encode())
    if len(tail) < _WORTH_SHARING:
        body, tail = body + tail, b""
    more: Sequence[Header] = response.headers
    if is_worth_it(len(body) + len(tail), encodings):
        body, tail = await compressed(body, tail, response.packed if tail else None, media), b""
        more = [*more, (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    length = (b"content-length", b"%d" % (len(body) + len(tail)))
    headers: Sequence[Header] = [type_header, NO_CACHE, length, *more]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if tail:
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body", "body": tail or body})


def _converted(body: bytes, media_type: str) -> bytes:
    return protobuf.from_json(body) if media_type == PROTOBUF else to_yaml(body)


def read_by_people(pretty: str, agent: bytes) -> bool:
    """Whether JSON is indented: by the parameter of that name, else for browsers and tools of the command line."""
    if pretty:
        return pretty in TRUE
    return agent.startswith(_PEOPLES_AGENTS)


def indented(body: bytes) -> bytes:
    """JSON for people."""
    return escaped(json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode())


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


PAGE_NOT_FOUND = Response(b"404 page not found\n", 404, "text/plain; charset=utf-8", [NO_SNIFFING])
"""What a path outside the API gets."""
