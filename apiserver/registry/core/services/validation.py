"""What is wrong with a Service, in Kubernetes' words and order.

Called by the Service strategy. It calls `address_validation` for cluster IPs, `exposure_validation` for what faces the
outside, and the shared rules of `apiserver.registry.validation`. Metadata is checked by the generic store; whether an
address or a port is free, by `allocation`. Source: kubernetes pkg/apis/core/validation/validation.go, ValidateService.
"""

from __future__ import annotations

from apiserver.registry.core.services.address_validation import (
    validate_address_changes,
    validate_cluster_ips,
    validate_external_ips,
)
from apiserver.registry.core.services.claims import is_headless
from apiserver.registry.core.services.exposure_validation import (
    validate_external_traffic_policy,
    validate_health_check_port_change,
    validate_internal_traffic_policy,
    validate_load_balancer_class_change,
    validate_load_balancer_fields,
    validate_source_ranges,
    validate_traffic_distribution,
)
from apiserver.registry.validation.go import GoStruct
from apiserver.registry.validation.names import validate_dns_label, validate_dns_subdomain, validate_qualified_name
from apiserver.registry.validation.ports import (
    validate_port_number,
    validate_port_number_or_name,
    validate_protocol,
)
from kube.api.core_v1 import Service, ServicePort
from kube.apimachinery.errors import FieldError, Path, duplicate, forbidden, invalid_value, not_supported, required
from kube.apimachinery.validation import is_in_range, validate_labels

SPEC, ANNOTATIONS = Path("spec"), Path("metadata.annotations")
TYPES = frozenset({"ClusterIP", "NodePort", "LoadBalancer", "ExternalName"})
AFFINITIES = frozenset({"ClientIP", "None"})
TOPOLOGY_HINTS = "service.kubernetes.io/topology-aware-hints"
TOPOLOGY_MODE = "service.kubernetes.io/topology-mode"
KUBELET_PORT = 10250
MAX_AFFINITY_SECONDS = 86400


def validate_service(service: Service, old: Service | None = None) -> list[FieldError]:
    """A new Service, or (`old`) what an update makes of one."""
    return [
        *validate_topology_annotations(service),
        *validate_type_demands(service),
        *validate_ports(service),
        *validate_labels(service.spec.selector, SPEC["selector"]),
        *validate_session_affinity(service),
        *validate_cluster_ips(service, old),
        *validate_external_ips(service, old),
        *validate_type(service),
        *validate_node_ports(service),
        *validate_port_uniqueness(service),
        *validate_source_ranges(service, old),
        *validate_load_balancer_fields(service),
        *validate_external_traffic_policy(service),
        *validate_internal_traffic_policy(service),
        *validate_traffic_distribution(service),
    ]


def validate_service_update(service: Service, old: Service) -> list[FieldError]:
    """What an update may not change comes first, then all that is wrong with the result."""
    return [
        *validate_address_changes(service, old),
        *validate_load_balancer_class_change(service, old),
        *validate_health_check_port_change(service, old),
        *validate_service(service, old),
    ]


# ---- the type and what it demands ----


def validate_topology_annotations(service: Service) -> list[FieldError]:
    hints, mode = (service.metadata.annotations.get(key) for key in (TOPOLOGY_HINTS, TOPOLOGY_MODE))
    if hints is None or mode is None or hints == mode:
        return []
    why = f"must match annotations[{TOPOLOGY_HINTS}] when both are specified"
    return [invalid_value(ANNOTATIONS.key(TOPOLOGY_MODE), mode, why)]


def validate_type_demands(service: Service) -> list[FieldError]:
    spec, found = service.spec, []
    if not spec.ports and not is_headless(service) and spec.type != "ExternalName":
        found.append(required(SPEC["ports"]))
    if spec.type == "LoadBalancer":
        found += _validate_no_kubelet_port(spec.ports)
    if spec.type in ("LoadBalancer", "NodePort") and is_headless(service):
        why = f"may not be set to 'None' for {spec.type} services"
        found.append(invalid_value(SPEC["clusterIPs"][0], "None", why))
    if spec.type == "ExternalName":
        found += validate_external_name(service)
    return found


def _validate_no_kubelet_port(ports: list[ServicePort]) -> list[FieldError]:
    why = f"may not expose port {KUBELET_PORT} externally since it is used by kubelet"
    return [
        invalid_value(SPEC["ports"][index], port.port, why)
        for index, port in enumerate(ports)
        if port.port == KUBELET_PORT
    ]


def validate_external_name(service: Service) -> list[FieldError]:
    """A name (a final dot is allowed), and none of the fields of Services that have addresses."""
    spec, why = service.spec, "may not be set for ExternalName services"
    found = []
    for field in ("clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if getattr(spec, field):
            found.append(forbidden(SPEC[field], why))
    name = spec.externalName.removesuffix(".")
    if not name:
        return [*found, required(SPEC["externalName"])]
    return found + validate_dns_subdomain(name, SPEC["externalName"])


def validate_type(service: Service) -> list[FieldError]:
    kind = service.spec.type
    if not kind:
        return [required(SPEC["type"])]
    return [] if kind in TYPES else [not_supported(SPEC["type"], kind, TYPES)]


# ---- ports ----


def validate_ports(service: Service) -> list[FieldError]:
    ports, names = service.spec.ports, set[str]()
    found: list[FieldError] = []
    for index, port in enumerate(ports):
        path = SPEC["ports"][index]
        found += _validate_port_name(port, path["name"], names, must_have=len(ports) > 1)
        found += _validate_port(port, path)
    return found


def _validate_port_name(port: ServicePort, path: Path, names: set[str], *, must_have: bool) -> list[FieldError]:
    if not port.name:
        return [required(path)] if must_have else []
    found = validate_dns_label(port.name, path)
    if port.name in names:
        found.append(duplicate(path, port.name))
    names.add(port.name)
    return found


def _validate_port(port: ServicePort, path: Path) -> list[FieldError]:
    found = validate_port_number(port.port, path["port"])
    found += validate_protocol(port.protocol, path["protocol"])
    found += validate_port_number_or_name(port.targetPort, path["targetPort"])
    if port.appProtocol is not None:
        found += validate_qualified_name(port.appProtocol, path["appProtocol"])
    return found


def validate_node_ports(service: Service) -> list[FieldError]:
    """None for a ClusterIP Service; no number twice for one protocol."""
    found, seen = [], set[tuple[str, int]]()
    ports = [(SPEC["ports"][i]["nodePort"], p) for i, p in enumerate(service.spec.ports) if p.nodePort]
    if service.spec.type == "ClusterIP":
        found += [forbidden(path, "may not be used when `type` is 'ClusterIP'") for path, _ in ports]
    for path, port in ports:
        if (port.protocol, port.nodePort) in seen:
            found.append(duplicate(path, port.nodePort))
        seen.add((port.protocol, port.nodePort))
    return found


def validate_port_uniqueness(service: Service) -> list[FieldError]:
    """One protocol and port number name one port of the Service."""
    found, seen = [], set[tuple[str, int]]()
    for index, port in enumerate(service.spec.ports):
        if (port.protocol, port.port) in seen:
            found.append(duplicate(SPEC["ports"][index], _port_key(port)))
        seen.add((port.protocol, port.port))
    return found


def _port_key(port: ServicePort) -> GoStruct:
    return GoStruct(Name="", Protocol=port.protocol, AppProtocol=None, Port=port.port, TargetPort=0, NodePort=0)


# ---- session affinity ----


def validate_session_affinity(service: Service) -> list[FieldError]:
    spec, path = service.spec, SPEC["sessionAffinity"]
    if not spec.sessionAffinity:
        return [required(path)]
    if spec.sessionAffinity not in AFFINITIES:
        return [not_supported(path, spec.sessionAffinity, AFFINITIES)]
    if spec.sessionAffinity == "ClientIP":
        return _validate_client_ip_config(service)
    if spec.sessionAffinityConfig is None:
        return []
    return [forbidden(SPEC["sessionAffinityConfig"], "must not be set when session affinity is None")]


def _validate_client_ip_config(service: Service) -> list[FieldError]:
    path, config = SPEC["sessionAffinityConfig"], service.spec.sessionAffinityConfig
    why = "when session affinity type is ClientIP"
    if config is None:
        return [required(path, why)]
    if config.clientIP is None:
        return [required(path["clientIP"], why)]
    path, seconds = path["clientIP"]["timeoutSeconds"], config.clientIP.timeoutSeconds
    if seconds is None:
        return [required(path, why)]
    if is_in_range(seconds, 1, MAX_AFFINITY_SECONDS):
        return [invalid_value(path, seconds, f"must be greater than 0 and less than {MAX_AFFINITY_SECONDS}")]
    return []
