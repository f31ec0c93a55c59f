"""What a Service holds: its addresses and node ports, as keys of the store with their values. Pure.

Called by `allocation`: what a change must take and give back is the difference of two Services' claims. It calls
nothing. An address is an IPAddress object, which clients see; a node port is a key that names its owner.
"""

from __future__ import annotations

import json
from functools import lru_cache
from ipaddress import ip_address

from apiserver.storage.interface import ROOT, Stored
from kube.api.core_v1 import Service

ADDRESSES = f"{ROOT}ipaddresses/"
NODE_PORTS = f"{ROOT}nodeports/"
FAMILY_LABEL = "ipaddress.kubernetes.io/ip-family"
MANAGED_BY_LABEL = "ipaddress.kubernetes.io/managed-by"
MANAGER = "ipallocator.k8s.io"


def needs_cluster_ip(service: Service) -> bool:
    """Whether the type is one that has an address (or none by wish: headless)."""
    return service.spec.type != "ExternalName"


def is_headless(service: Service) -> bool:
    return service.spec.clusterIP == "None" or service.spec.clusterIPs[:1] == ["None"]


def has_node_port_type(service: Service) -> bool:
    return service.spec.type in ("NodePort", "LoadBalancer")


def needs_node_ports(service: Service) -> bool:
    """Whether node ports that were not asked for are allocated."""
    if service.spec.type == "LoadBalancer":
        return service.spec.allocateLoadBalancerNodePorts is not False
    return service.spec.type == "NodePort"


def needs_health_check_port(service: Service) -> bool:
    return service.spec.type == "LoadBalancer" and service.spec.externalTrafficPolicy == "Local"


@lru_cache(4096)
def address_key(address: str) -> str:
    """Raises ValueError for what is no address."""
    return ADDRESSES + str(ip_address(address))


def port_key(port: int) -> str:
    return f"{NODE_PORTS}{port}"


def claims(service: Service | None) -> frozenset[str]:
    """The keys that belong to the Service as it stands."""
    return frozenset() if service is None else addresses(service) | node_ports(service)


def addresses(service: Service) -> frozenset[str]:
    if not needs_cluster_ip(service) or is_headless(service):
        return frozenset()
    return frozenset(address_key(address) for address in service.spec.clusterIPs if address)


def node_ports(service: Service) -> frozenset[str]:
    ports = {port.nodePort for port in service.spec.ports} if has_node_port_type(service) else set()
    if needs_health_check_port(service):
        ports.add(service.spec.healthCheckNodePort)
    return frozenset(port_key(port) for port in ports if port)


def value(key: str, service: Service, uid: str, now: str) -> bytes:
    """What is written at a claim's key; `uid` and `now` are for the IPAddress object."""
    if key.startswith(ADDRESSES):
        return _ip_address(key.removeprefix(ADDRESSES), service, uid, now)
    meta = service.metadata
    return f'{{"namespace":"{meta.namespace}","name":"{meta.name}","uid":"{meta.uid}"}}'.encode()


def _ip_address(address: str, service: Service, uid: str, now: str) -> bytes:
    """The object as Kubernetes' allocator creates it through the API, managed fields included."""
    family = "IPv6" if ":" in address else "IPv4"
    parent = service.metadata
    return (_IP_ADDRESS % (address, uid, now, family, now, parent.namespace, parent.name)).encode()


_IP_ADDRESS = "".join(
    (
        '{"kind":"IPAddress","apiVersion":"networking.k8s.io/v1","metadata":{"name":"%s","uid":"%s",',
        f'"creationTimestamp":"%s","labels":{{"{FAMILY_LABEL}":"%s","{MANAGED_BY_LABEL}":"{MANAGER}"}},',
        '"managedFields":[{"manager":"kube-apiserver","operation":"Update","apiVersion":"networking.k8s.io/v1",',
        '"time":"%s","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},',
        f'"f:{FAMILY_LABEL}":{{}},"f:{MANAGED_BY_LABEL}":{{}}}}}},',
        '"f:spec":{"f:parentRef":{".":{},"f:name":{},"f:namespace":{},"f:resource":{}}}}}]},',
        '"spec":{"parentRef":{"resource":"services","namespace":"%s","name":"%s"}}}',
    )
)
"""Nothing that is put in needs escaping: addresses, identifiers, timestamps and names of objects."""


def belongs_to(stored: Stored, service: Service) -> bool:
    """Whether the stored claim is this Service's (and not, say, an IPAddress that somebody made by hand)."""
    holder = json.loads(stored.data)
    if "spec" in holder:
        holder = holder["spec"].get("parentRef") or {}
        if (holder.get("group", ""), holder.get("resource")) != ("", "services"):
            return False
    return (holder.get("namespace"), holder.get("name")) == (service.metadata.namespace, service.metadata.name)
