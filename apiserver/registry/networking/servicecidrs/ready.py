"""ServiceCIDR objects as the address allocator sees them, and the default one that the API server makes. Pure.

Called by the Service allocator for the ranges beyond its own flags, and by the API server at its start. It calls
nothing. Source: KEP-1880; kubernetes pkg/controlplane/controller/defaultservicecidr.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apiserver.storage.interface import Stored
from kube.api.networking_v1 import ServiceCIDR, ServiceCIDRSpec, ServiceCIDRStatus
from kube.apimachinery.meta_v1 import Condition, ObjectMeta

DEFAULT_NAME = "kubernetes"
READY = "Ready"
FINALIZER = "networking.k8s.io/service-cidr-finalizer"
DEFAULT_MESSAGE = "Kubernetes default Service CIDR is ready"


def ready_cidrs(stored: Iterable[Stored]) -> Iterator[str]:
    """The CIDRs from which addresses may be taken now."""
    for one in stored:
        service_cidr = ServiceCIDR.from_json(one.wire)
        if is_ready(service_cidr):
            yield from service_cidr.spec.cidrs


def is_ready(service_cidr: ServiceCIDR) -> bool:
    """Neither being deleted nor said to be unready. One of which nothing is said counts: its controller may be away."""
    if service_cidr.metadata.deletionTimestamp is not None:
        return False
    said = [condition.status for condition in service_cidr.status.conditions if condition.type == READY]
    return said[:1] in ([], ["True"])


def default_service_cidr(cidrs: Sequence[str], uid: str, now: str) -> ServiceCIDR:
    """The object `kubernetes`, made from `--service-cluster-ip-range`; `now` is a timestamp."""
    condition = Condition(type=READY, status="True", lastTransitionTime=now, reason="", message=DEFAULT_MESSAGE)
    return ServiceCIDR(
        kind="ServiceCIDR",
        apiVersion="networking.k8s.io/v1",
        metadata=ObjectMeta(name=DEFAULT_NAME, uid=uid, creationTimestamp=now, finalizers=[FINALIZER]),
        spec=ServiceCIDRSpec(cidrs=list(cidrs)),
        status=ServiceCIDRStatus(conditions=[condition]),
    )
