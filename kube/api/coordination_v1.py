"""coordination.k8s.io/v1: Lease.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, GoType, Int32, MicroTime, always, wire

CoordinatedLeaseStrategy = Annotated[str, GoType("v1.CoordinatedLeaseStrategy")]


class LeaseSpec(APIModel):
    """Who holds a lease, and until when."""

    holderIdentity: Annotated[str | None, wire(1, "Who holds it.")] = None
    leaseDurationSeconds: Annotated[Int32 | None, wire(2, "It is free when it was not renewed for so long.")] = None
    acquireTime: Annotated[MicroTime | None, wire(3, "Since when.")] = None
    renewTime: Annotated[MicroTime | None, wire(4, "When it was last renewed.")] = None
    leaseTransitions: Annotated[Int32 | None, wire(5, "How often it changed hands.")] = None
    strategy: Annotated[
        CoordinatedLeaseStrategy | None, wire(6, "How the holder is chosen in coordinated leader election.")
    ] = None
    preferredHolder: Annotated[str | None, wire(7, "Who should hold it next; the holder then gives it up.")] = None


class Lease(Object):
    """A claim that its holder renews: leader election, and the heartbeat of nodes."""

    spec: Annotated[LeaseSpec, wire(2, "Who holds the lease, and until when.")] = always(LeaseSpec)
