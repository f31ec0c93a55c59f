"""apidiscovery.k8s.io: all of discovery in one document. v2 and v2beta1 look alike.

The API server makes it as plain JSON; these declarations say how it looks in protobuf.
Source: the API reference, "APIGroupDiscovery"; KEP-3352.
"""

from __future__ import annotations

from typing import Annotated

from kube.apimachinery.meta_v1 import ListMeta, Object, TypeMeta
from kube.apimachinery.types import APIModel, always, wire


class GroupVersionKind(APIModel):
    """A kind of a version; an empty group and version are those of the place in the document."""

    group: Annotated[str, wire(1, "The group.")] = always("")
    version: Annotated[str, wire(2, "The version.")] = always("")
    kind: Annotated[str, wire(3, "The kind.")] = always("")


class APISubresourceDiscovery(APIModel):
    """A subresource."""

    subresource: Annotated[str, wire(1, "Its name.")] = always("")
    responseKind: Annotated[GroupVersionKind | None, wire(2, "What is answered.")] = None
    acceptedTypes: Annotated[list[GroupVersionKind], wire(3, "What is accepted, where it differs.")] = []
    verbs: Annotated[list[str], wire(4, "What can be done with it.")] = always(list)


class APIResourceDiscovery(APIModel):
    """A resource."""

    resource: Annotated[str, wire(1, "The plural.")] = always("")
    responseKind: Annotated[GroupVersionKind | None, wire(2, "The kind of its objects.")] = None
    scope: Annotated[str, wire(3, "Namespaced or Cluster.")] = always("")
    singularResource: Annotated[str, wire(4, "The singular.")] = always("")
    verbs: Annotated[list[str], wire(5, "What can be done with it.")] = always(list)
    shortNames: Annotated[list[str], wire(6, "Short names.")] = []
    categories: Annotated[list[str], wire(7, "Groups of resources such as all.")] = []
    subresources: Annotated[list[APISubresourceDiscovery], wire(8, "Its subresources.")] = []


class APIVersionDiscovery(APIModel):
    """The resources of a version."""

    version: Annotated[str, wire(1, "The version.")] = always("")
    resources: Annotated[list[APIResourceDiscovery], wire(2, "The resources.")] = []
    freshness: Annotated[str, wire(3, "Current, or Stale.")] = ""


class APIGroupDiscovery(Object):
    """A group with its versions."""

    versions: Annotated[list[APIVersionDiscovery], wire(2, "Its versions.")] = []


class APIGroupDiscoveryList(TypeMeta):
    """All groups."""

    metadata: Annotated[ListMeta, wire(1, "Standard list metadata.")] = always(ListMeta)
    items: Annotated[list[APIGroupDiscovery], wire(2, "The groups.")] = always(list)
