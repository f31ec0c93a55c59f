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
    """One address behind the Service."""

    atomic = True

    ip: Annotated[str, wire(1, "The address; not of loopback, nor link-local.")] = always("")
    hostname: Annotated[str, wire(3, "The host name of this endpoint, which DNS gives it below the Service.")] = ""
    nodeName: Annotated[str | None, wire(4, "The node on which the endpoint runs.")] = None
    targetRef: Annotated[ObjectReference | None, wire(2, "The object, usually a Pod, that the address belongs to.")] = (
        None
    )


class EndpointPort(APIModel):
    """One port of the addresses."""

    atomic = True

    name: Annotated[str, wire(1, "The name of the Service's port; empty only where there is one port.")] = ""
    port: Annotated[Int32, wire(2, "The number of the port at the endpoints.")] = always(0)
    protocol: Annotated[Protocol, wire(3, "TCP, UDP or SCTP.")] = ""
    appProtocol: Annotated[
        str | None, wire(4, "The protocol of the application on this port, such as http or kubernetes.io/h2c.")
    ] = None


class EndpointSubset(APIModel):
    """Addresses that all have the same ports."""

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
