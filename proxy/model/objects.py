"""What the proxy keeps of a Service, an EndpointSlice and its Node: small tuples instead of API objects.

Called by the informers (`service_info` and `slice_info` are their transforms) and by all of `proxy.model`.
It calls the API's types, and `socket` and `ipaddress` only to write every address in one way. It leaves out every
field that no packet depends on, which is what keeps 10,000 Services with 100,000 endpoints in a few dozen megabytes.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kube.api.core_v1 import Node, Service
from kube.api.discovery_v1 import Endpoint, EndpointSlice

Key = tuple[str, str]
"""A Service's (namespace, name)."""

LABEL_SERVICE_NAME = "kubernetes.io/service-name"
LABEL_PROXY_NAME = "service.kubernetes.io/service-proxy-name"
LABEL_HEADLESS = "service.kubernetes.io/headless"
LABEL_ZONE = "topology.kubernetes.io/zone"
ANNOTATION_TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"
ANNOTATION_SCHEDULER = "kube-lite.io/ipvs-scheduler"
ANNOTATION_SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
TAINT_TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"

DEFAULT_AFFINITY_SECONDS = 10800


class Meta(NamedTuple):
    """As much of ObjectMeta as an informer's store needs."""

    namespace: str
    name: str
    uid: str
    resourceVersion: str


class PortInfo(NamedTuple):
    name: str
    protocol: str
    port: int
    node_port: int


class ServiceInfo(NamedTuple):
    """A Service. One that is not proxied (headless, ExternalName, another proxy's) has no ports."""

    metadata: Meta
    ports: tuple[PortInfo, ...] = ()
    cluster_ips: tuple[str, ...] = ()
    external_ips: tuple[str, ...] = ()
    load_balancer_ips: tuple[str, ...] = ()
    source_ranges: tuple[str, ...] = ()
    internal_local: bool = False
    external_local: bool = False
    affinity_seconds: int = 0
    health_check_node_port: int = 0
    scheduler: str = ""


class EndpointInfo(NamedTuple):
    address: str
    ready: bool
    serving: bool
    terminating: bool
    node: str
    zone_hints: tuple[str, ...] = ()
    node_hints: tuple[str, ...] = ()


class SliceInfo(NamedTuple):
    """An EndpointSlice: `ports` are (name, protocol, number)."""

    metadata: Meta
    service: str
    family: int
    ports: tuple[tuple[str, str, int], ...]
    endpoints: tuple[EndpointInfo, ...]
    trigger_time: str = ""

    @property
    def service_key(self) -> Key:
        return self.metadata.namespace, self.service


class NodeInfo(NamedTuple):
    """The node that this proxy serves."""

    name: str
    zone: str = ""
    addresses: tuple[str, ...] = ()
    eligible: bool = True


def family_of(address: str) -> int:
    """4 or 6, for an address or a prefix."""
    return 6 if ":" in address else 4


def canonical(addresses: Iterable[str]) -> tuple[str, ...]:
    """The addresses as the kernel shows them; what is no address is left out, and so is an address named twice."""
    return tuple(dict.fromkeys(filter(None, map(_canonical, addresses))))


def _canonical(address: str) -> str:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, address))
    except OSError:
        return ""


def service_info(service: Service | ServiceInfo) -> ServiceInfo:
    """The informer's transform for Services. What is slim already is returned as it is."""
    if isinstance(service, ServiceInfo):
        return service
    meta, spec = _meta(service), service.spec
    if not _is_proxied(service):
        return ServiceInfo(meta)
    return ServiceInfo(
        meta,
        ports=tuple(PortInfo(p.name, p.protocol or "TCP", p.port, p.nodePort) for p in spec.ports),
        cluster_ips=canonical(spec.clusterIPs or [spec.clusterIP]),
        external_ips=canonical(spec.externalIPs),
        load_balancer_ips=_load_balancer_ips(service),
        source_ranges=_source_ranges(service),
        internal_local=spec.internalTrafficPolicy == "Local",
        external_local=spec.externalTrafficPolicy == "Local" and _is_external(service),
        affinity_seconds=_affinity_seconds(service),
        health_check_node_port=spec.healthCheckNodePort,
        scheduler=service.metadata.annotations.get(ANNOTATION_SCHEDULER, ""),
    )


def slice_info(endpoint_slice: EndpointSlice | SliceInfo) -> SliceInfo:
    """The informer's transform for EndpointSlices. What is slim already is returned as it is."""
    if isinstance(endpoint_slice, SliceInfo):
        return endpoint_slice
    meta = endpoint_slice.metadata
    proxied = LABEL_HEADLESS not in meta.labels and LABEL_PROXY_NAME not in meta.labels
    family = {"IPv4": 4, "IPv6": 6}.get(endpoint_slice.addressType, 0)
    ports = tuple((p.name or "", p.protocol or "TCP", p.port) for p in endpoint_slice.ports if p.port)
    return SliceInfo(
        _meta(endpoint_slice),
        meta.labels.get(LABEL_SERVICE_NAME, "") if proxied else "",
        family,
        ports,
        tuple([_endpoint_info(e) for e in endpoint_slice.endpoints if e.addresses]) if family else (),
        meta.annotations.get(ANNOTATION_TRIGGER_TIME, ""),
    )


def node_info(node: Node) -> NodeInfo:
    """What of its own Node the proxy depends on."""
    return NodeInfo(
        node.metadata.name,
        node.metadata.labels.get(LABEL_ZONE, ""),
        tuple(a.address for a in node.status.addresses if a.type == "InternalIP"),
        node.metadata.deletionTimestamp is None
        and not any(taint.key == TAINT_TO_BE_DELETED for taint in node.spec.taints),
    )


def _meta(obj: Service | EndpointSlice) -> Meta:
    meta = obj.metadata
    return Meta(sys.intern(meta.namespace), meta.name, meta.uid, meta.resourceVersion)


def _is_proxied(service: Service) -> bool:
    spec = service.spec
    return (
        spec.type != "ExternalName"
        and spec.clusterIP not in ("", "None")
        and LABEL_PROXY_NAME not in service.metadata.labels
    )


def _is_external(service: Service) -> bool:
    return service.spec.type in ("NodePort", "LoadBalancer") or bool(service.spec.externalIPs)


def _load_balancer_ips(service: Service) -> tuple[str, ...]:
    """Addresses whose packets arrive here as sent; with ipMode Proxy the balancer rewrites them (KEP-1860)."""
    if service.spec.type != "LoadBalancer":
        return ()
    return canonical(i.ip for i in service.status.loadBalancer.ingress if i.ipMode != "Proxy")


def _source_ranges(service: Service) -> tuple[str, ...]:
    if service.spec.type != "LoadBalancer":
        return ()
    ranges = service.spec.loadBalancerSourceRanges
    if not ranges:
        ranges = service.metadata.annotations.get(ANNOTATION_SOURCE_RANGES, "").split(",")
    return tuple(_prefixes(r.strip() for r in ranges))


def _prefixes(texts: Iterable[str]) -> Iterator[str]:
    """CIDRs as the kernel shows them: `10.0.0.0/8`, and a single address without its length."""
    for text in texts:
        with contextlib.suppress(ValueError):
            network = ipaddress.ip_network(text, strict=False)
            yield str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def _affinity_seconds(service: Service) -> int:
    if service.spec.sessionAffinity != "ClientIP":
        return 0
    config = service.spec.sessionAffinityConfig
    seconds = config.clientIP.timeoutSeconds if config and config.clientIP else None
    return seconds or DEFAULT_AFFINITY_SECONDS


def _endpoint_info(endpoint: Endpoint) -> EndpointInfo:
    """Absent conditions mean: ready, serving as ready, not terminating."""
    conditions, hints, address = endpoint.conditions, endpoint.hints, endpoint.addresses[0]
    ready, serving = conditions.ready is not False, conditions.serving
    return EndpointInfo(
        address if ":" not in address else _canonical(address),
        ready,
        ready if serving is None else serving,
        conditions.terminating is True,
        sys.intern(endpoint.nodeName or ""),
        tuple(sys.intern(z.name) for z in hints.forZones) if hints else (),
        tuple(sys.intern(n.name) for n in hints.forNodes) if hints else (),
    )
