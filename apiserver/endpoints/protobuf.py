"""Answers in protobuf, for clients that asked for it; each stored object is encoded once for all of them.

Called by the handlers of get, list and watch, which have stored objects at hand, and by `responses` for every other
body, which is JSON before. It calls the codec. Nothing here costs those who did not ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apiserver.storage.interface import Items, Stored
from kube.api import scheme
from kube.api.apidiscovery_v2 import APIGroupDiscoveryList
from kube.apimachinery.codec import protobuf
from kube.apimachinery.meta_discovery import APIGroup, APIGroupList, APIResourceList, APIVersions
from kube.apimachinery.meta_v1 import PartialObjectMetadata
from kube.apimachinery.scheme import Resource
from kube.apimachinery.types import APIModel

_ANSWERS_ONLY: dict[tuple[str, str], type[APIModel]] = {
    ("meta.k8s.io/v1", "PartialObjectMetadata"): PartialObjectMetadata,
    ("meta.k8s.io/v1beta1", "PartialObjectMetadata"): PartialObjectMetadata,
    ("apidiscovery.k8s.io/v2", "APIGroupDiscoveryList"): APIGroupDiscoveryList,
    ("apidiscovery.k8s.io/v2beta1", "APIGroupDiscoveryList"): APIGroupDiscoveryList,
    ("v1", "APIGroup"): APIGroup,
    ("v1", "APIGroupList"): APIGroupList,
    ("v1", "APIResourceList"): APIResourceList,
    ("", "APIResourceList"): APIResourceList,
    ("", "APIVersions"): APIVersions,
}
"""Without apiVersion as the core group's documents are, for clients older than apiVersion."""


def _type_of(api_version: str, kind: str) -> type[APIModel] | None:
    return scheme.type_of(api_version, kind) or _ANSWERS_ONLY.get((api_version, kind))


_documents = protobuf.Documents(_type_of)


def from_json(body: bytes) -> bytes:
    """A body in protobuf, from what it says in JSON: an object, a list, a Status. Raises KeyError for what has none."""
    return _documents.body(body)


def object_body(resource: Resource, stored: Stored) -> bytes:
    """A stored object."""
    return protobuf.seal(resource.api_version, resource.kind, _message(resource, stored))


def list_body(resource: Resource, items: Sequence[Stored], metadata: dict[str, Any]) -> tuple[bytes, bytes]:
    """A list in two parts, of which the second is the same for all readers of the same items."""
    tail = items.memo if isinstance(items, Items) else None
    if tail is None:
        tail = protobuf.list_tail(_message(resource, stored) for stored in items)
        if isinstance(items, Items):
            items.memo = tail
    return protobuf.list_head(resource.api_version, resource.list_kind, metadata, tail), tail


def _message(resource: Resource, stored: Stored) -> bytes:
    message = stored.message
    if message is None:
        message = stored.message = protobuf.message_of(stored.wire, resource.type)
    return message
