"""meta/v1's documents of discovery: which groups, versions and resources a server has.

The API server makes them as plain JSON; these declarations say how they look in protobuf. Source: the API reference,
"APIGroup", "APIResourceList".
"""

from __future__ import annotations

from typing import Annotated

from kube.apimachinery.meta_v1 import TypeMeta
from kube.apimachinery.types import APIModel, always, wire


class ServerAddressByClientCIDR(APIModel):
    """The address at which clients of a network reach the server."""

    clientCIDR: Annotated[str, wire(1, "The network of the clients.")] = always("")
    serverAddress: Annotated[str, wire(2, "A host, or a host and a port.")] = always("")


class GroupVersionForDiscovery(APIModel):
    """A version of a group."""

    groupVersion: Annotated[str, wire(1, "Both, as in apiVersion.")] = always("")
    version: Annotated[str, wire(2, "The version alone.")] = always("")


class APIGroup(TypeMeta):
    """A group and its versions."""

    name: Annotated[str, wire(1, "The group.")] = always("")
    versions: Annotated[list[GroupVersionForDiscovery], wire(2, "Its versions.")] = always(list)
    preferredVersion: Annotated[GroupVersionForDiscovery, wire(3, "The version to use.")] = always(
        GroupVersionForDiscovery
    )
    serverAddressByClientCIDRs: Annotated[list[ServerAddressByClientCIDR], wire(4, "Where the server is.")] = []


class APIGroupList(TypeMeta):
    """All groups but the core."""

    groups: Annotated[list[APIGroup], wire(1, "The groups.")] = always(list)


class APIVersions(TypeMeta):
    """The versions of the core group."""

    versions: Annotated[list[str], wire(1, "The versions.")] = always(list)
    serverAddressByClientCIDRs: Annotated[list[ServerAddressByClientCIDR], wire(2, "Where the server is.")] = always(
        list
    )


class APIResource(APIModel):
    """A resource or a subresource."""

    name: Annotated[str, wire(1, "The plural; `pods/log` for a subresource.")] = always("")
    namespaced: Annotated[bool, wire(2, "Whether its objects are in namespaces.")] = always(False)
    kind: Annotated[str, wire(3, "The kind of its objects.")] = always("")
    verbs: Annotated[list[str], wire(4, "What can be done with it.", wrapped=True)] = always(list)
    shortNames: Annotated[list[str], wire(5, "Short names.")] = []
    singularName: Annotated[str, wire(6, "The singular.")] = always("")
    categories: Annotated[list[str], wire(7, "Groups of resources such as all.")] = []
    group: Annotated[str, wire(8, "The group of the kind, where it is another.")] = ""
    version: Annotated[str, wire(9, "The version of the kind, where it is another.")] = ""
    storageVersionHash: Annotated[str, wire(10, "Changes when objects are stored otherwise.")] = ""


class APIResourceList(TypeMeta):
    """The resources of one version of a group."""

    groupVersion: Annotated[str, wire(1, "The group and the version.")] = always("")
    resources: Annotated[list[APIResource], wire(2, "The resources.")] = always(list)
