"""coordination.k8s.io/v1: Lease. Types only; see `kube.apimachinery.types` for how to read them."""

from typing import Annotated

from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, GoType, Int32, MicroTime, always, wire

CoordinatedLeaseStrategy = Annotated[str, GoType("v1.CoordinatedLeaseStrategy")]


class LeaseSpec(APIModel):
    holderIdentity: Annotated[str | None, wire(1)] = None
    leaseDurationSeconds: Annotated[Int32 | None, wire(2)] = None
    acquireTime: Annotated[MicroTime | None, wire(3)] = None
    renewTime: Annotated[MicroTime | None, wire(4)] = None
    leaseTransitions: Annotated[Int32 | None, wire(5)] = None
    strategy: Annotated[CoordinatedLeaseStrategy | None, wire(6)] = None
    preferredHolder: Annotated[str | None, wire(7)] = None


class Lease(Object):
    spec: Annotated[LeaseSpec, wire(2)] = always(LeaseSpec)
