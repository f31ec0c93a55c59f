"""Endpoints, the older form of EndpointSlice.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import Protocol
from kube.api.core_v1.references import ObjectReference
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Int32, always, wire


class EndpointAddress(APIModel):
    atomic = True

    ip: Annotated[str, wire(1)] = always("")
    hostname: Annotated[str, wire(3)] = ""
    nodeName: Annotated[str | None, wire(4)] = None
    targetRef: Annotated[ObjectReference | None, wire(2)] = None


class EndpointPort(APIModel):
    atomic = True

    name: Annotated[str, wire(1)] = ""
    port: Annotated[Int32, wire(2)] = always(0)
    protocol: Annotated[Protocol, wire(3)] = ""
    appProtocol: Annotated[str | None, wire(4)] = None


class EndpointSubset(APIModel):
    addresses: Annotated[list[EndpointAddress], wire(1, "Addresses that take traffic.", list_type="atomic")] = []
    notReadyAddresses: Annotated[
        list[EndpointAddress], wire(2, "Addresses that are not ready to take traffic.", list_type="atomic")
    ] = []
    ports: Annotated[list[EndpointPort], wire(3, "The ports of every address of the subset.", list_type="atomic")] = []


class Endpoints(Object):
    """The addresses behind a Service in one object; EndpointSlices have replaced it."""

    subsets: Annotated[
        list[EndpointSubset], wire(2, "Groups of addresses that have the same ports.", list_type="atomic")
    ] = []
