"""The watch stream: bytes of a chunked response in, typed events out.

Called by `kube.client.client`. It calls pydantic's JSON decoder through the types. It leaves out reconnecting:
`kube.informer.reflector` does that.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from kube.apimachinery.errors import from_status
from kube.apimachinery.meta_v1 import EventType, Object, Status

T = TypeVar("T", bound=Object)

INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark that ends the initial list of a streaming list (KEP-3157)."""


@dataclass(frozen=True, slots=True)
class WatchEvent(Generic[T]):
    """One change. Of a BOOKMARK's object only `metadata.resourceVersion` and the annotations mean something."""

    type: EventType
    object: T


_HEAD = re.compile(rb'\{"type":"([A-Z]+)","object":')


def decode_event(line: bytes, type_: type[T]) -> WatchEvent[T]:
    """One line of the stream. Raises the StatusError that an ERROR event carries."""
    head = _HEAD.match(line)
    if head is None:  # another server's spacing or order of fields
        return _decode_slowly(line, type_)
    kind, body = head.group(1).decode(), line.rstrip()[head.end() : -1]
    if kind == "ERROR":
        raise from_status(Status.from_json(body))
    return WatchEvent(kind, type_.from_json(body))


def _decode_slowly(line: bytes, type_: type[T]) -> WatchEvent[T]:
    event = json.loads(line)
    if event["type"] == "ERROR":
        raise from_status(Status.from_dict(event["object"]))
    return WatchEvent(event["type"], type_.from_json(json.dumps(event["object"])))


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Splits a stream of bytes at newlines. An unfinished last line (the connection broke) is dropped."""
    rest: list[bytes] = []
    async for chunk in chunks:
        if b"\n" not in chunk:
            rest.append(chunk)
            continue
        first, *whole, last = chunk.split(b"\n")
        for line in (b"".join((*rest, first)), *whole):
            if line:
                yield line
        rest = [last]
