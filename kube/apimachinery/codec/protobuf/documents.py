"""Whole bodies in protobuf, made from their JSON: an object, a list, a Status, one event of a watch.

Called by the API server's responses and watches. It calls the encoder with the types that the caller knows; a list of
any known kind is known with it. What has no type (a Table) has no protobuf.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pydantic_core import from_json

from kube.apimachinery.codec.protobuf.encode import TRAILER, encode, nested, seal, seal_head
from kube.apimachinery.meta_v1 import ListMeta
from kube.apimachinery.types import APIModel

Json = dict[str, Any]
_ITEM = 2
"""The number of a list's items; its metadata is 1."""


class Documents:
    """`type_of` finds the type of (apiVersion, kind)."""

    def __init__(self, type_of: Callable[[str, str], type[APIModel] | None]):
        self._type_of = type_of

    def body(self, wire: bytes) -> bytes:
        """A JSON body as a protobuf body. Raises KeyError for a kind that has no protobuf."""
        document = from_json(wire, cache_strings="keys")
        api_version, kind = document.get("apiVersion", ""), document.get("kind", "")
        model = self._type_of(api_version, kind)
        if model is not None:
            return seal(api_version, kind, encode(document, model))
        item = self._type_of(api_version, kind.removesuffix("List"))
        if item is None:
            raise KeyError(kind)
        tail = list_tail(encode(entry, item) for entry in document.get("items") or ())
        return list_head(api_version, kind, document["metadata"], tail) + tail


def message_of(wire: bytes, model: type[APIModel]) -> bytes:
    """The message of an object's JSON, without an envelope: as a list carries it."""
    return encode(from_json(wire, cache_strings="keys"), model)


def list_tail(messages: Iterable[bytes]) -> bytes:
    """The items of a list, and the end of its body."""
    return b"".join([*(nested(_ITEM, message) for message in messages), TRAILER])


def list_head(api_version: str, kind: str, metadata: Json, tail: bytes) -> bytes:
    """The body of a list up to that tail."""
    meta = nested(1, encode(metadata, ListMeta))
    return seal_head(api_version, kind, len(meta) + len(tail) - len(TRAILER)) + meta


def frame(type_: str, body: bytes) -> bytes:
    """One event of a watch: its length in four bytes, then WatchEvent {1 type, 2 RawExtension {1 raw}}."""
    event = nested(1, type_.encode()) + nested(2, nested(1, body))
    return len(event).to_bytes(4, "big") + event
