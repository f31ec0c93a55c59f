"""What is wrong with the books, seen from one Service or from one IPAddress.

Called by `controllers.ip_allocation.controller`. Pure. Source: k8s.io/kubernetes/pkg/registry/core/service/
ipallocator/controller/repairip.go.

| a Service's address | its IPAddress | repair |
|---|---|---|
| set | names this Service | none |
| set | is missing | create it |
| set | names a Service that is gone or does not use it | point it to this one |
| set | names another Service that uses it too | report: it cannot change, so one must be made anew |
| outside of every ServiceCIDR | any | report |
| none, though the type has one | - | ask the API server to give one |

| a Service's node port | repair |
|---|---|
| is no other's | none |
| is an older Service's too | the younger one gets a free one, and is told |

| an IPAddress | repair |
|---|---|
| names a Service that uses it | none |
| names nothing, or not a Service, or one that is gone or does not use it; a Service uses it | point it to that one |
| the same, and no Service uses it | delete it |
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator

from kube.api.core_v1 import Service
from kube.api.networking_v1 import IPAddress, IPAddressSpec, ParentReference
from kube.apimachinery.meta_v1 import ObjectMeta

IP_FAMILY_LABEL = "ipaddress.kubernetes.io/ip-family"
MANAGED_BY = "ipaddress.kubernetes.io/managed-by"
MANAGER = "ipallocator.k8s.io"


def addresses_of(service: Service) -> list[str]:
    """The virtual addresses that the Service holds, in the form in which IPAddress objects are named."""
    if service.spec.type == "ExternalName":
        return []
    listed = service.spec.clusterIPs or [service.spec.clusterIP]
    return [name_of(ip) for ip in listed if ip not in ("", "None")]


def name_of(address: str) -> str:
    """Canonical: IPv6 is compressed."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return address


def needs_address(service: Service) -> bool:
    """It should have an address and was stored without one (by a version or a tool that allocates none)."""
    spec = service.spec
    alive = service.metadata.deletionTimestamp is None
    return alive and spec.type in ("", "ClusterIP", "NodePort", "LoadBalancer") and not spec.clusterIP


def parent_key(address: IPAddress) -> tuple[str, str] | None:
    """The Service that the IPAddress names; None when it names none."""
    ref = address.spec.parentRef
    if ref is None or ref.group or ref.resource != "services" or not ref.name:
        return None
    return ref.namespace, ref.name


def family_of(address: str) -> str:
    return f"IPv{ipaddress.ip_address(address).version}"


def why_released(address: IPAddress, service: Service | None) -> tuple[str, str]:
    """The reason and the message, when no Service uses the address. `service`: the one that it names, if it lives."""
    name, holder = address.metadata.name, parent_key(address)
    if holder is None:
        ref = address.spec.parentRef
        shown = f"{ref.group}/{ref.resource} {ref.namespace}/{ref.name}" if ref else "nothing"
        text = f"IPAddress {name} appears to have been modified, not referencing a Service {shown}: cleaning up"
        return "IPAddressNotAllocated", text
    who = f"IPAddress: {name} for Service {'/'.join(holder)}"
    if service is None:
        return "IPAddressNotAllocated", f"{who} appears to have leaked: cleaning up"
    return "IPAddressWrongReference", f"{who} has a wrong reference; cleaning up"


def booking(address: str, service: Service) -> IPAddress:
    """The IPAddress that books an address for a Service."""
    family = family_of(address)
    return IPAddress(
        kind="IPAddress",
        apiVersion="networking.k8s.io/v1",
        metadata=ObjectMeta(name=address, labels={IP_FAMILY_LABEL: family, MANAGED_BY: MANAGER}),
        spec=IPAddressSpec(parentRef=parent_of(service)),
    )


def parent_of(service: Service) -> ParentReference:
    return ParentReference(resource="services", namespace=service.metadata.namespace, name=service.metadata.name)


def is_in(address: str, cidrs: Iterable[str]) -> bool:
    ip = ipaddress.ip_address(address)
    return any(ip in ipaddress.ip_network(cidr) for cidr in cidrs)


def doubled_ports(service: Service, holders: Iterable[Service]) -> list[tuple[str, int]]:
    """(protocol, node port) that this Service shares with an older one of the holders."""
    mine = {(p.protocol or "TCP", p.nodePort) for p in service.spec.ports if p.nodePort}
    age = (service.metadata.creationTimestamp or "", service.metadata.namespace, service.metadata.name)
    doubled = set()
    for other in holders:
        if other.metadata.uid == service.metadata.uid:
            continue
        if (other.metadata.creationTimestamp or "", other.metadata.namespace, other.metadata.name) < age:
            doubled |= mine & {(p.protocol or "TCP", p.nodePort) for p in other.spec.ports if p.nodePort}
    return sorted(doubled)


def with_other_ports(service: Service, doubled: Collection[tuple[str, int]], free: Iterator[int]) -> Service:
    """The Service with another node port for each of the doubled ones; ports of one number keep sharing one."""
    chosen: dict[int, int] = {}
    moved = service.deep_copy()
    for port in moved.spec.ports:
        if (port.protocol or "TCP", port.nodePort) in doubled:
            if port.nodePort not in chosen:
                chosen[port.nodePort] = next(free)
            port.nodePort = chosen[port.nodePort]
    return moved
