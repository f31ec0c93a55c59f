"""What a change of a Service's type takes away by itself.

Called by the Service strategy before an update is validated. It calls the predicates of `claims` and `defaults`. A
field is cleared when the new type has no use for it, the old type had, and the writer did not touch it; a writer who
did touch it is told by validation that it cannot be. What is cleared is given back by `allocation` in the same write.

| the change | clears |
|---|---|
| to ExternalName | clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, internalTrafficPolicy |
| from NodePort or LoadBalancer to ClusterIP or ExternalName | ports[].nodePort, externalTrafficPolicy |
| LoadBalancer with `Local` to anything else | healthCheckNodePort |
| from LoadBalancer | allocateLoadBalancerNodePorts, loadBalancerClass, status.loadBalancer |
| the last externalIP of a ClusterIP Service goes | externalTrafficPolicy |

`loadBalancerIP`, `loadBalancerSourceRanges`, `selector` and `ports` stay as they are.
Source: kubernetes pkg/registry/core/service/strategy.go.
"""

from __future__ import annotations

from collections.abc import Callable

from apiserver.registry.core.services.claims import has_node_port_type, needs_cluster_ip, needs_health_check_port
from apiserver.registry.core.services.defaults import is_externally_accessible
from kube.api.core_v1 import LoadBalancerStatus, Service

Predicate = Callable[[Service], bool]


def drop_type_dependent_fields(new: Service, old: Service) -> None:
    def left(has_use: Predicate) -> bool:
        return has_use(old) and not has_use(new)

    def untouched(field: str) -> bool:
        return getattr(new.spec, field) == getattr(old.spec, field)

    if left(needs_cluster_ip):
        _drop_addresses(new, untouched)
    if left(has_node_port_type) and _node_ports(new) <= _node_ports(old):
        for port in new.spec.ports:
            port.nodePort = 0
    if left(needs_health_check_port) and untouched("healthCheckNodePort"):
        new.spec.healthCheckNodePort = 0
    if left(is_externally_accessible) and untouched("externalTrafficPolicy"):
        new.spec.externalTrafficPolicy = ""
    if left(_is_load_balancer):
        for field in ("allocateLoadBalancerNodePorts", "loadBalancerClass"):
            if untouched(field):
                setattr(new.spec, field, None)
    if not _is_load_balancer(new):
        new.status.loadBalancer = LoadBalancerStatus()


def _drop_addresses(new: Service, untouched: Callable[[str], bool]) -> None:
    spec = new.spec
    if untouched("clusterIPs") and untouched("clusterIP"):
        spec.clusterIP, spec.clusterIPs = "", []
    if untouched("ipFamilies"):
        spec.ipFamilies = []
    for field in ("ipFamilyPolicy", "internalTrafficPolicy"):
        if untouched(field):
            setattr(spec, field, None)


def _node_ports(service: Service) -> set[int]:
    return {port.nodePort for port in service.spec.ports if port.nodePort}


def _is_load_balancer(service: Service) -> bool:
    return service.spec.type == "LoadBalancer"
