"""The events of a watch as they go over the wire: lines of JSON or frames of protobuf, ready to be sent as chunks.

Called by the watch handler. It calls the views of objects. An event is encoded once for all watchers of the same form:
what was made is kept at the event. Source: k8s.io/apiserver/pkg/endpoints/handlers/watch.go,
k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
"""

from __future__ import annotations

import json
from typing import Any

from apiserver.endpoints import protobuf
from apiserver.endpoints.chunks import chunk
from apiserver.endpoints.negotiation import PROTOBUF, YAML, Output, no_stream
from apiserver.endpoints.partial import partial_object
from apiserver.endpoints.printers.table import TableEvents
from apiserver.endpoints.views import wrong_kind
from apiserver.storage.interface import Event, Stored
from kube.apimachinery.codec.protobuf import frame
from kube.apimachinery.meta_v1 import Status
from kube.apimachinery.scheme import Resource

_INITIAL_END = {"k8s.io/initial-events-end": "true"}


def lines_for(resource: Resource, output: Output, include_object: str) -> Lines:
    """Raises NotAcceptable for a form that no event has."""
    if output.media_type == YAML:
        raise no_stream()
    binary = output.media_type == PROTOBUF
    if not output.as_kind:
        return Frames(resource) if binary else Lines(resource)
    if output.as_kind == "PartialObjectMetadata":
        return (PartialFrames if binary else PartialLines)(resource, output.as_version)
    if output.as_kind == "Table":
        return TableLines(resource, output.as_version, include_object)
    raise wrong_kind(output.as_kind, f"a list (*{resource.list_kind})")


class Lines:
    """Events as lines of JSON, the objects as they are stored."""

    media_type = b"application/json"

    def __init__(self, resource: Resource):
        self._resource = resource
        self.labels = (resource.group, resource.version, resource.plural)
        self._kind, self._api_version = resource.kind, resource.api_version

    def of(self, type_: str, stored: Stored) -> bytes:
        return self._event(type_, self._shown(stored.wire))

    def of_event(self, event: Event) -> bytes:
        """The line of an event that no selector turns into another."""
        return self.bookmark(event.revision) if event.type == "BOOKMARK" else self._kept(event)

    def bookmark(self, revision: int, *, initial_end: bool = False) -> bytes:
        """A bookmark is an object of the watched kind that has nothing but a revision."""
        meta: dict[str, Any] = {"resourceVersion": str(revision)}
        if initial_end:
            meta["annotations"] = _INITIAL_END
        meta["creationTimestamp"] = None
        found = {"kind": self._kind, "apiVersion": self._api_version, "metadata": meta}
        return self._event("BOOKMARK", self._whole(json.dumps(found, separators=(",", ":")).encode()))

    def error(self, status: Status) -> bytes:
        return self._event("ERROR", status.to_json())

    def _kept(self, event: Event) -> bytes:
        """Made once for all watchers."""
        line = event.line
        if line is None:
            line = event.line = self._line(event)
        return line

    def _line(self, event: Event) -> bytes:
        assert event.value is not None
        type_ = "DELETED" if event.type == "DELETE" else "MODIFIED" if event.before is not None else "ADDED"
        return self.of(type_, event.value)

    def _event(self, type_: str, body: bytes) -> bytes:
        return chunk(b'{"type":"%s","object":%s}\n' % (type_.encode(), body))

    def _shown(self, wire: bytes) -> bytes:
        return wire

    def _whole(self, bookmark: bytes) -> bytes:
        return bookmark


class PartialLines(Lines):
    """Only metadata."""

    _kept = Lines._line

    def __init__(self, resource: Resource, version: str):
        super().__init__(resource)
        self._version = version
        self._kind, self._api_version = "PartialObjectMetadata", f"meta.k8s.io/{version}"

    def _shown(self, wire: bytes) -> bytes:
        return partial_object(wire, self._version)


class TableLines(Lines):
    """Each event is a Table of one row; only the first says what the columns are."""

    _kept = Lines._line

    def __init__(self, resource: Resource, version: str, include_object: str):
        super().__init__(resource)
        self._table = TableEvents(resource, version, include_object)

    def _shown(self, wire: bytes) -> bytes:
        return self._table.next(wire)

    def _whole(self, bookmark: bytes) -> bytes:
        return self._table.bookmark(bookmark)


class Frames(Lines):
    """Events as frames of protobuf, each with the whole body of its object inside."""

    media_type = b"application/vnd.kubernetes.protobuf;stream=watch"

    def of(self, type_: str, stored: Stored) -> bytes:
        return chunk(frame(type_, protobuf.object_body(self._resource, stored)))

    def _kept(self, event: Event) -> bytes:
        framed = event.frame
        if framed is None:
            framed = event.frame = self._line(event)
        return framed

    def _event(self, type_: str, body: bytes) -> bytes:
        return chunk(frame(type_, protobuf.from_json(body)))


class PartialFrames(PartialLines):
    """Only metadata, in protobuf."""

    media_type = Frames.media_type
    _event = Frames._event
