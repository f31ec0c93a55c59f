"""From API objects to what DNS keeps of them. Pure.

Called by `cluster_dns.cluster` for each object that its informers see.
"""

from __future__ import annotations

from cluster_dns.records import HEADLESS, EndpointInfo, Port, ServiceInfo, SliceInfo, endpoint_hostname
from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice

SERVICE_NAME = "kubernetes.io/service-name"


def service_info(service: Service) -> ServiceInfo:
    """What a Service says to DNS."""
    meta, spec = service.metadata, service.spec
    if spec.type == "ExternalName":
        return ServiceInfo(meta.namespace, meta.name, external_name=spec.externalName)
    ips = spec.clusterIPs or ([spec.clusterIP] if spec.clusterIP else [])
    headless = HEADLESS in ips
    ports = tuple(Port(p.name, p.protocol.lower() or "tcp", p.port) for p in spec.ports)
    return ServiceInfo(meta.namespace, meta.name, () if headless else tuple(ips), ports, headless=headless)


def slice_info(slice_: EndpointSlice) -> SliceInfo | None:
    """The ready addresses of a slice; None for a slice that belongs to no Service or holds names.

    Whether an endpoint that is not ready counts (`publishNotReadyAddresses`) has been decided by who wrote the
    slice."""
    meta = slice_.metadata
    service = meta.labels.get(SERVICE_NAME, "")
    if not service or slice_.addressType == "FQDN":
        return None
    endpoints = tuple(
        EndpointInfo(address, endpoint_hostname(endpoint.hostname or "", address))
        for endpoint in slice_.endpoints or ()
        if endpoint.conditions.ready is not False
        for address in endpoint.addresses or ()
    )
    ports = tuple(Port(p.name or "", (p.protocol or "TCP").lower(), p.port or 0) for p in slice_.ports or ())
    return SliceInfo(meta.namespace, meta.name, service, endpoints, ports)
