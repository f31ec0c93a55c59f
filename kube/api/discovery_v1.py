"""discovery.k8s.io/v1: EndpointSlice. Types only; see `kube.apimachinery.types` for how to read them."""

from typing import Annotated

from kube.api.core_v1.enums import Protocol
from kube.api.core_v1.references import ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, GoType, Int32, Nil, Slice, always, wire

AddressType = Annotated[str, GoType("v1.AddressType")]


class EndpointConditions(APIModel):
    ready: Annotated[bool | None, wire(1)] = None
    serving: Annotated[bool | None, wire(2)] = None
    terminating: Annotated[bool | None, wire(3)] = None


class ForZone(APIModel):
    name: Annotated[str, wire(1)] = always("")


class ForNode(APIModel):
    name: Annotated[str, wire(1)] = always("")


class EndpointHints(APIModel):
    forZones: Annotated[list[ForZone], wire(1, list_type="atomic")] = []
    forNodes: Annotated[list[ForNode], wire(2, list_type="atomic")] = []


class Endpoint(APIModel):
    addresses: Annotated[Slice[str], wire(1, list_type="set")] = always(Nil)
    conditions: Annotated[EndpointConditions, wire(2)] = always(EndpointConditions)
    hostname: Annotated[str | None, wire(3)] = None
    targetRef: Annotated[ObjectReference | None, wire(4)] = None
    deprecatedTopology: Annotated[dict[str, str], wire(5)] = {}
    nodeName: Annotated[str | None, wire(6)] = None
    zone: Annotated[str | None, wire(7)] = None
    hints: Annotated[EndpointHints | None, wire(8)] = None


class EndpointPort(APIModel):
    atomic = True

    name: Annotated[str | None, wire(1)] = None
    protocol: Annotated[Protocol | None, wire(2)] = None
    port: Annotated[Int32 | None, wire(3)] = None
    appProtocol: Annotated[str | None, wire(4)] = None


class EndpointSlice(Object):
    addressType: Annotated[AddressType, wire(4)] = always("")
    endpoints: Annotated[Slice[Endpoint], wire(2, list_type="atomic", required=False)] = always(Nil)
    ports: Annotated[Slice[EndpointPort], wire(3, list_type="atomic", required=False)] = always(Nil)
