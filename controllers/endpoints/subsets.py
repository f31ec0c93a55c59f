"""The subsets of an Endpoints object: addresses grouped by the ports that they share.

Called by `controllers.endpoints.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/endpoint and
pkg/api/v1/endpoints (RepackSubsets).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from controllers.endpointslice.desired import Ports, address_types, addresses_of, ports_of
from controllers.pods import is_ready, is_terminal
from kube.api.core_v1 import EndpointAddress, EndpointPort, EndpointSubset, ObjectReference, Pod, Service

CAPACITY = 1000
"""An Endpoints object holds no more addresses; it is marked as truncated."""
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"


def subsets_of(service: Service, pods: Iterable[Pod]) -> list[EndpointSubset]:
    """Ready and not-ready addresses, for each set of ports. Pods that are being deleted have none, unless even those
    that are not ready are published."""
    family = address_types(service)[0]
    groups: dict[Ports, tuple[list[EndpointAddress], list[EndpointAddress]]] = {}
    for pod in pods:
        if is_terminal(pod) or not pod.status.podIP:
            continue
        if pod.metadata.deletionTimestamp is not None and not service.spec.publishNotReadyAddresses:
            continue
        addresses, ports = addresses_of(pod, family), ports_of(service, pod)
        if not addresses or (service.spec.ports and not ports):
            continue
        ready, not_ready = groups.setdefault(ports, ([], []))
        is_up = is_ready(pod) or service.spec.publishNotReadyAddresses
        (ready if is_up else not_ready).append(_address(service, pod, addresses[0]))
    return [
        EndpointSubset(addresses=_sorted(ready), notReadyAddresses=_sorted(not_ready), ports=_ports(ports))
        for ports, (ready, not_ready) in sorted(groups.items(), key=lambda item: repr(item[0]))
    ]


def _address(service: Service, pod: Pod, address: str) -> EndpointAddress:
    meta, spec = pod.metadata, pod.spec
    named = spec.hostname and spec.subdomain == service.metadata.name
    return EndpointAddress(
        ip=address,
        hostname=spec.hostname if named else "",
        nodeName=spec.nodeName or None,
        targetRef=ObjectReference(kind="Pod", namespace=meta.namespace, name=meta.name, uid=meta.uid),
    )


def _sorted(addresses: list[EndpointAddress]) -> list[EndpointAddress]:
    return sorted(addresses, key=lambda a: (ipaddress.ip_address(a.ip).packed, a.targetRef.uid if a.targetRef else ""))


def _ports(ports: Ports) -> list[EndpointPort]:
    return [EndpointPort(name=n, port=number or 0, protocol=p, appProtocol=app) for n, p, number, app in ports]


def truncate(subsets: list[EndpointSubset], limit: int = CAPACITY) -> tuple[list[EndpointSubset], bool]:
    """Keeps at most `limit` addresses, ready ones first, each subset its share. Returns whether any were dropped."""
    ready = sum(len(s.addresses) for s in subsets)
    waiting = sum(len(s.notReadyAddresses) for s in subsets)
    if ready + waiting <= limit:
        return subsets, False
    keep_ready = min(1.0, limit / ready) if ready else 0.0
    keep_waiting = max(0.0, limit - ready) / waiting if waiting else 0.0
    shorter = [
        s.model_copy(
            update={
                "addresses": s.addresses[: int(len(s.addresses) * keep_ready)],
                "notReadyAddresses": s.notReadyAddresses[: int(len(s.notReadyAddresses) * keep_waiting)],
            }
        )
        for s in subsets
    ]
    return [s for s in shorter if s.addresses or s.notReadyAddresses], True
