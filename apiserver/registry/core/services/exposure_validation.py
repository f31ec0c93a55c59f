"""What is wrong with the part of a Service that faces the outside: load balancers, traffic policies, the status.

Called by `validation` and by the Service strategy. It calls the shared rules for addresses and names. Whether a health
check port is free is for `allocation`. Source: kubernetes pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

from apiserver.registry.core.services.claims import needs_health_check_port
from apiserver.registry.core.services.defaults import is_externally_accessible
from apiserver.registry.validation.addresses import parse_sloppy_ip, validate_cidr, validate_ip
from apiserver.registry.validation.names import validate_dns_subdomain, validate_qualified_name
from apiserver.registry.validation.ports import validate_port_number
from kube.api.core_v1 import LoadBalancerIngress, Service
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required

SPEC, ANNOTATIONS = Path("spec"), Path("metadata.annotations")
TRAFFIC_POLICIES = frozenset({"Cluster", "Local"})
IP_MODES = frozenset({"VIP", "Proxy"})
DISTRIBUTIONS = ("PreferClose", "PreferSameZone", "PreferSameNode")
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"


# ---- the load balancer ----


def validate_source_ranges(service: Service, old: Service | None) -> list[FieldError]:
    """The field, or the annotation that was there before it. The path is misspelt as Kubernetes has it."""
    ranges, path = service.spec.loadBalancerSourceRanges, SPEC["LoadBalancerSourceRanges"]
    known = {text.strip() for text in old.spec.loadBalancerSourceRanges} if old else set()
    paths = [path[index] for index in range(len(ranges))]
    if not ranges:
        if (text := service.metadata.annotations.get(SOURCE_RANGES)) is None:
            return []
        path, known = ANNOTATIONS.key(SOURCE_RANGES), _annotated_ranges(old)
        ranges = _split(text)
        paths = [path] * len(ranges)
    found = [] if service.spec.type == "LoadBalancer" else [forbidden(path, ONLY_LOAD_BALANCER)]
    for text, place in zip(ranges, paths, strict=True):
        found += validate_cidr(text.strip(), place, known)
    return found


def _annotated_ranges(service: Service | None) -> set[str]:
    return set(_split(service.metadata.annotations.get(SOURCE_RANGES, ""))) if service else set()


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text.strip() else []


def validate_load_balancer_fields(service: Service) -> list[FieldError]:
    spec, found = service.spec, []
    if spec.type == "LoadBalancer":
        if spec.allocateLoadBalancerNodePorts is None:
            found.append(required(Path("allocateLoadBalancerNodePorts")))
    elif spec.allocateLoadBalancerNodePorts is not None:
        found.append(forbidden(SPEC["allocateLoadBalancerNodePorts"], ONLY_LOAD_BALANCER))
    return found + _validate_load_balancer_class(service)


def _validate_load_balancer_class(service: Service) -> list[FieldError]:
    given, path = service.spec.loadBalancerClass, SPEC["loadBalancerClass"]
    if given is None:
        return []
    if service.spec.type != "LoadBalancer":
        return [forbidden(path, ONLY_LOAD_BALANCER)]
    return validate_qualified_name(given, path)


def validate_load_balancer_class_change(service: Service, old: Service) -> list[FieldError]:
    """Kubernetes judges the class itself here too, so that an update says twice what is wrong with it."""
    found = _validate_load_balancer_class(service)
    both = service.spec.type == old.spec.type == "LoadBalancer"
    if not both or service.spec.loadBalancerClass == old.spec.loadBalancerClass:
        return found
    return [invalid_value(SPEC["loadBalancerClass"], service.spec.loadBalancerClass, "may not change once set"), *found]


def validate_health_check_port_change(service: Service, old: Service) -> list[FieldError]:
    if not (needs_health_check_port(service) and needs_health_check_port(old)):
        return []
    if service.spec.healthCheckNodePort == old.spec.healthCheckNodePort:
        return []
    return [forbidden(SPEC["healthCheckNodePort"], "field is immutable")]


# ---- traffic ----


def validate_external_traffic_policy(service: Service) -> list[FieldError]:
    policy, path = service.spec.externalTrafficPolicy, SPEC["externalTrafficPolicy"]
    found = []
    if not is_externally_accessible(service):
        if policy:
            found.append(invalid_value(path, policy, "may only be set for externally-accessible services"))
    elif not policy:
        found.append(required(path))
    elif policy not in TRAFFIC_POLICIES:
        found.append(not_supported(path, policy, TRAFFIC_POLICIES))
    return found + _validate_health_check_port(service)


def _validate_health_check_port(service: Service) -> list[FieldError]:
    """Absent is fine where it is needed: it is allocated with the write."""
    port, path = service.spec.healthCheckNodePort, SPEC["healthCheckNodePort"]
    if not port:
        return []
    if needs_health_check_port(service):
        return validate_port_number(port, path)
    why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    return [invalid_value(path, port, why)]


def validate_internal_traffic_policy(service: Service) -> list[FieldError]:
    policy, path = service.spec.internalTrafficPolicy, SPEC["internalTrafficPolicy"]
    if policy is None:
        return [required(path)] if service.spec.type in ("ClusterIP", "NodePort", "LoadBalancer") else []
    return [] if policy in TRAFFIC_POLICIES else [not_supported(path, policy, TRAFFIC_POLICIES)]


def validate_traffic_distribution(service: Service) -> list[FieldError]:
    wanted = service.spec.trafficDistribution
    if wanted is None or wanted in DISTRIBUTIONS:
        return []
    return [not_supported(SPEC["trafficDistribution"], wanted, DISTRIBUTIONS)]


# ---- the status ----


def validate_status(service: Service, old: Service) -> list[FieldError]:
    """The addresses that a load balancer was given."""
    path, ingresses = Path("status")["loadBalancer"]["ingress"], service.status.loadBalancer.ingress
    if service.spec.type != "LoadBalancer" and ingresses:
        return [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")]
    known = {ingress.ip for ingress in old.status.loadBalancer.ingress}
    return [e for i, ingress in enumerate(ingresses) for e in _validate_ingress(ingress, known, path[i])]


def _validate_ingress(ingress: LoadBalancerIngress, known: set[str], path: Path) -> list[FieldError]:
    found = validate_ip(ingress.ip, path["ip"], known) if ingress.ip else []
    found += _validate_ip_mode(ingress, path["ipMode"])
    if ingress.hostname:
        found += validate_dns_subdomain(ingress.hostname, path["hostname"])
        if parse_sloppy_ip(ingress.hostname) is not None:
            found.append(invalid_value(path["hostname"], ingress.hostname, "must be a DNS name, not an IP address"))
    return found


def _validate_ip_mode(ingress: LoadBalancerIngress, path: Path) -> list[FieldError]:
    if ingress.ipMode is None:
        return [required(path, "must be specified when `ip` is set")] if ingress.ip else []
    if not ingress.ip:
        return [forbidden(path, "may not be specified when `ip` is not set")]
    return [] if ingress.ipMode in IP_MODES else [not_supported(path, ingress.ipMode, IP_MODES)]
