"""The defaults of a Service: what is filled in before anybody looks at it.

Called by the Service strategy when a request has been decoded. It calls nothing. Addresses, node ports and IP families
are no defaults: they depend on the cluster, see `allocation`. Source: kubernetes pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

from kube.api.core_v1 import ClientIPConfig, Service, ServicePort, ServiceSpec, SessionAffinityConfig

CLIENT_IP_TIMEOUT = 10800  # three hours


def set_defaults(service: Service) -> None:
    spec = service.spec
    spec.type = spec.type or "ClusterIP"
    _default_session_affinity(spec)
    for port in spec.ports:
        _default_port(port)
    if is_externally_accessible(service):
        spec.externalTrafficPolicy = spec.externalTrafficPolicy or "Cluster"
    if spec.internalTrafficPolicy is None and spec.type in ("ClusterIP", "NodePort", "LoadBalancer"):
        spec.internalTrafficPolicy = "Cluster"
    if spec.type == "LoadBalancer":
        _default_load_balancer(service)


def is_externally_accessible(service: Service) -> bool:
    """Whether clients outside the cluster may reach it, so that `externalTrafficPolicy` has a meaning."""
    spec = service.spec
    return spec.type in ("NodePort", "LoadBalancer") or (spec.type == "ClusterIP" and bool(spec.externalIPs))


def _default_session_affinity(spec: ServiceSpec) -> None:
    spec.sessionAffinity = spec.sessionAffinity or "None"
    if spec.sessionAffinity == "None":
        spec.sessionAffinityConfig = None
    elif spec.sessionAffinity == "ClientIP" and _timeout(spec) is None:
        spec.sessionAffinityConfig = SessionAffinityConfig(clientIP=ClientIPConfig(timeoutSeconds=CLIENT_IP_TIMEOUT))


def _timeout(spec: ServiceSpec) -> int | None:
    config = spec.sessionAffinityConfig
    return config.clientIP.timeoutSeconds if config and config.clientIP else None


def _default_port(port: ServicePort) -> None:
    port.protocol = port.protocol or "TCP"
    if port.targetPort in (0, ""):
        port.targetPort = port.port


def _default_load_balancer(service: Service) -> None:
    if service.spec.allocateLoadBalancerNodePorts is None:
        service.spec.allocateLoadBalancerNodePorts = True
    for ingress in service.status.loadBalancer.ingress:
        if ingress.ip and ingress.ipMode is None:
            ingress.ipMode = "VIP"
