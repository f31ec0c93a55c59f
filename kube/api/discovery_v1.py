"""discovery.k8s.io/v1: EndpointSlice.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import Protocol
from kube.api.core_v1.references import ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, GoType, Int32, Nil, Slice, always, wire

AddressType = Annotated[str, GoType("v1.AddressType")]


class EndpointConditions(APIModel):
    """Whether an endpoint takes traffic."""

    ready: Annotated[bool | None, wire(1, "It takes new connections; absent means it does.")] = None
    serving: Annotated[bool | None, wire(2, "It would be ready, were it not terminating.")] = None
    terminating: Annotated[bool | None, wire(3, "It is shutting down.")] = None


class ForZone(APIModel):
    """A zone whose clients should use an endpoint."""

    name: Annotated[str, wire(1, "The name of the zone.")] = always("")


class ForNode(APIModel):
    """A node whose clients should use an endpoint."""

    name: Annotated[str, wire(1, "The name of the node.")] = always("")


class EndpointHints(APIModel):
    """Which clients should prefer an endpoint."""

    forZones: Annotated[list[ForZone], wire(1, "Zones that should use it.", list_type="atomic")] = []
    forNodes: Annotated[list[ForNode], wire(2, "Nodes that should use it.", list_type="atomic")] = []


class Endpoint(APIModel):
    """One backend: usually a pod."""

    addresses: Annotated[Slice[str], wire(1, "Its address; consumers use the first.", list_type="set")] = always(Nil)
    conditions: Annotated[EndpointConditions, wire(2, "Whether it takes traffic.")] = always(EndpointConditions)
    hostname: Annotated[str | None, wire(3, "Its own DNS name within the Service.")] = None
    targetRef: Annotated[ObjectReference | None, wire(4, "The object behind it, usually a Pod.")] = None
    deprecatedTopology: Annotated[dict[str, str], wire(5, "Topology labels of old slices.")] = {}
    nodeName: Annotated[str | None, wire(6, "The node it runs on.")] = None
    zone: Annotated[str | None, wire(7, "The zone it runs in.")] = None
    hints: Annotated[EndpointHints | None, wire(8, "Which clients should prefer it.")] = None


class EndpointPort(APIModel):
    """One port of the endpoints."""

    atomic = True

    name: Annotated[str | None, wire(1, "The name of the Service's port; empty only where there is one port.")] = None
    protocol: Annotated[Protocol | None, wire(2, "TCP, UDP or SCTP.")] = None
    port: Annotated[Int32 | None, wire(3, "The number of the port at the endpoints.")] = None
    appProtocol: Annotated[
        str | None, wire(4, "The protocol of the application on this port, such as http or kubernetes.io/h2c.")
    ] = None


class EndpointSlice(Object):
    """A part of the endpoints of a Service."""

    addressType: Annotated[AddressType, wire(4, "IPv4, IPv6 or FQDN; cannot be changed.")] = always("")
    endpoints: Annotated[Slice[Endpoint], wire(2, "The endpoints, up to 1000.", list_type="atomic", required=False)] = (
        always(Nil)
    )
    ports: Annotated[
        Slice[EndpointPort],
        wire(3, "The ports that every endpoint of the slice has.", list_type="atomic", required=False),
    ] = always(Nil)
