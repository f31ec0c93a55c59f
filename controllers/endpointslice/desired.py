"""Which endpoints a Service has: one for each of its pods, with ports, conditions and place.

Called by `controllers.endpointslice.controller`. Pure. Source: k8s.io/endpointslice (utils.go, reconciler.go),
kubernetes.io/docs/concepts/services-networking/endpoint-slices/.

| the pod | ready | serving | terminating |
|---|---|---|---|
| ready | true | true | false |
| not ready | false | false | false |
| being deleted, still ready | false | true | true |
| being deleted, not ready | false | false | true |
| any of these, `publishNotReadyAddresses` | true | as above | as above |
| has ended, or has no address | no endpoint | | |
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping

from controllers.pods import is_ready, is_terminal
from kube.api.core_v1 import Node, ObjectReference, Pod, Service, ServicePort
from kube.api.discovery_v1 import Endpoint, EndpointConditions, EndpointHints, EndpointPort, ForNode, ForZone

ZONE = "topology.kubernetes.io/zone"
Ports = tuple[tuple[str, str, int | None, str | None], ...]
"""The ports of a slice, comparable: (name, protocol, port, appProtocol) each."""
Group = tuple[str, Ports]
"""What all endpoints of one slice share: the address type and the ports."""


def desired_endpoints(
    service: Service, pods: Iterable[Pod], node: Callable[[str], Node | None], *, with_hints: bool = True
) -> dict[Group, list[Endpoint]]:
    """All endpoints that the Service should have now; without hints where `topology` gives them. A pod whose node is
    not known yet has none: the node's coming brings them."""
    found: dict[Group, list[Endpoint]] = {}
    distribution = service.spec.trafficDistribution if with_hints else None
    families = address_types(service)
    for pod in sorted(pods, key=lambda p: p.metadata.name):
        if is_terminal(pod) or not pod.status.podIP:
            continue
        home = node(pod.spec.nodeName)
        if home is None and not service.spec.publishNotReadyAddresses:
            continue
        ports = ports_of(service, pod)
        for family in families:
            addresses = addresses_of(pod, family)
            if addresses:
                endpoint = endpoint_of(service, pod, home, addresses, distribution)
                found.setdefault((family, ports), []).append(endpoint)
    return found


def address_types(service: Service) -> tuple[str, ...]:
    """The families of the Service; IPv4 when nobody has decided yet."""
    if service.spec.ipFamilies:
        return tuple(service.spec.ipFamilies)
    if service.spec.clusterIP not in ("", "None"):
        return (family_of(service.spec.clusterIP),)
    return ("IPv4",)


def family_of(address: str) -> str:
    return f"IPv{ipaddress.ip_address(address).version}"


def addresses_of(pod: Pod, family: str) -> list[str]:
    listed = [ip.ip for ip in pod.status.podIPs] or [pod.status.podIP]
    separator = ":" if family == "IPv6" else "."
    return [ip for ip in listed if separator in ip and (family == "IPv6" or ":" not in ip)]


def ports_of(service: Service, pod: Pod) -> Ports:
    """The Service's ports as numbers on this pod. A named port that the pod does not have is left out."""
    found = []
    for port in service.spec.ports:
        number = target_port(pod, port)
        if number is not None:
            found.append((port.name, port.protocol or "TCP", number, port.appProtocol))
    return tuple(found)


def target_port(pod: Pod, port: ServicePort) -> int | None:
    """`targetPort` as a number: named ones are looked up among the pod's containers (sidecars included)."""
    if isinstance(port.targetPort, int):
        return port.targetPort or port.port
    protocol = port.protocol or "TCP"
    sidecars = [c for c in pod.spec.initContainers if c.restartPolicy == "Always"]
    for container in [*pod.spec.containers, *sidecars]:
        for offered in container.ports:
            if offered.name == port.targetPort and (offered.protocol or "TCP") == protocol:
                return offered.containerPort
    return None


def endpoint_of(
    service: Service, pod: Pod, node: Node | None, addresses: list[str], distribution: str | None
) -> Endpoint:
    serving, terminating = is_ready(pod), pod.metadata.deletionTimestamp is not None
    ready = service.spec.publishNotReadyAddresses or (serving and not terminating)
    meta = pod.metadata
    zone = (node.metadata.labels.get(ZONE) or None) if node else None
    return Endpoint(
        addresses=addresses,
        conditions=EndpointConditions(ready=ready, serving=serving, terminating=terminating),
        hostname=pod.spec.hostname if _is_named_by(service, pod) else None,
        targetRef=ObjectReference(kind="Pod", namespace=meta.namespace, name=meta.name, uid=meta.uid),
        nodeName=pod.spec.nodeName or None,
        zone=zone,
        hints=_hints(distribution, zone, pod.spec.nodeName) if ready else None,
    )


def _is_named_by(service: Service, pod: Pod) -> bool:
    """The pod's hostname is a name in the Service's domain: `hostname.subdomain.namespace.svc...`."""
    same = service.metadata.namespace == pod.metadata.namespace
    return bool(pod.spec.hostname) and pod.spec.subdomain == service.metadata.name and same


def _hints(distribution: str | None, zone: str | None, node: str) -> EndpointHints | None:
    """Whom this endpoint should serve: its own zone, or its own node first (KEP-3015)."""
    if distribution not in ("PreferClose", "PreferSameZone", "PreferSameNode"):
        return None
    zones = [ForZone(name=zone)] if zone else []
    nodes = [ForNode(name=node)] if distribution == "PreferSameNode" and node else []
    return EndpointHints(forZones=zones, forNodes=nodes) if zones or nodes else None


def port_models(ports: Ports) -> list[EndpointPort]:
    return [EndpointPort(name=n, protocol=p, port=number, appProtocol=app) for n, p, number, app in ports]


def port_key(ports: Iterable[EndpointPort]) -> Ports:
    """The ports of an existing slice, comparable with those of a group."""
    return tuple((p.name or "", p.protocol or "TCP", p.port, p.appProtocol) for p in ports)


def slice_labels(service_labels: Mapping[str, str], service_name: str, managed_by: str, headless: bool) -> dict:
    """The Service's own labels, and those by which slices are found."""
    reserved = {SERVICE_NAME, MANAGED_BY, HEADLESS}
    labels = {k: v for k, v in service_labels.items() if k not in reserved}
    labels |= {SERVICE_NAME: service_name, MANAGED_BY: managed_by}
    if headless:
        labels[HEADLESS] = ""
    return labels


SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
HEADLESS = "service.kubernetes.io/headless"
CONTROLLER = "endpointslice-controller.k8s.io"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"
