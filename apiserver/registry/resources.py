"""The table of strategies: which resource is governed by which.

Called by the app once, with what a strategy may need. A resource that is not in the table gets the base `Strategy`:
stored, served, validated no further than its metadata. To give a kind a strategy, add one import and one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apiserver.registry.apps.controllerrevisions.strategy import ControllerRevisionStrategy
from apiserver.registry.apps.daemonsets.strategy import DaemonSetStrategy
from apiserver.registry.apps.deployments.strategy import DeploymentStrategy
from apiserver.registry.apps.replicasets.strategy import ReplicaSetStrategy
from apiserver.registry.apps.statefulsets.strategy import StatefulSetStrategy
from apiserver.registry.coordination.leases.strategy import LeaseStrategy
from apiserver.registry.core.configmaps.strategy import ConfigMapStrategy
from apiserver.registry.core.endpoints.strategy import EndpointsStrategy
from apiserver.registry.core.events.strategy import EventStrategy
from apiserver.registry.core.events.view import EventsView
from apiserver.registry.core.namespaces.strategy import NamespaceStrategy
from apiserver.registry.core.nodes.strategy import NodeStrategy
from apiserver.registry.core.pods.strategy import PodStrategy
from apiserver.registry.core.podtemplates.strategy import PodTemplateStrategy
from apiserver.registry.core.secrets.strategy import SecretStrategy
from apiserver.registry.core.serviceaccounts.strategy import ServiceAccountStrategy
from apiserver.registry.core.services.allocation import ServiceAllocator
from apiserver.registry.core.services.strategy import ServiceStrategy
from apiserver.registry.discovery.endpointslices.strategy import EndpointSliceStrategy
from apiserver.registry.events.events.strategy import NewEventStrategy
from apiserver.registry.generic.strategy import Strategy
from apiserver.registry.networking.ipaddresses.strategy import IPAddressStrategy
from apiserver.registry.networking.networkpolicies.strategy import NetworkPolicyStrategy
from apiserver.registry.networking.servicecidrs.strategy import ServiceCIDRStrategy
from apiserver.registry.policy.poddisruptionbudgets.strategy import PodDisruptionBudgetStrategy
from apiserver.registry.rbac.bindings.strategy import ClusterRoleBindingStrategy, RoleBindingStrategy
from apiserver.registry.rbac.roles.strategy import ClusterRoleStrategy, RoleStrategy
from apiserver.storage.interface import Storage
from kube.apimachinery.scheme import Resource
from kube.clock import Clock, RealClock


@dataclass(frozen=True)
class Dependencies:
    """What strategies that allocate or look things up may need; most need nothing."""

    storage: Storage
    """The watch cache."""
    service_cluster_ip_range: Sequence[str] = ("10.96.0.0/16",)
    service_node_port_range: str = "30000-32767"
    event_ttl: int = 3600
    clock: Clock = field(default_factory=RealClock)


def strategies(needs: Dependencies) -> dict[tuple[str, str], Strategy[Any]]:
    """(group, plural) -> strategy."""
    allocator = ServiceAllocator(
        needs.storage,  # type: ignore[arg-type]  # the watch cache, which can be peeked into
        needs.service_cluster_ip_range,
        needs.service_node_port_range,
        clock=needs.clock,
    )
    allocator.show_in_metrics()
    rbac = "rbac.authorization.k8s.io"
    return {
        ("", "configmaps"): ConfigMapStrategy(),
        ("", "endpoints"): EndpointsStrategy(),
        ("", "events"): EventStrategy(needs.event_ttl),
        ("", "namespaces"): NamespaceStrategy(),
        ("", "nodes"): NodeStrategy(),
        ("", "pods"): PodStrategy(),
        ("", "podtemplates"): PodTemplateStrategy(),
        ("", "secrets"): SecretStrategy(),
        ("", "serviceaccounts"): ServiceAccountStrategy(),
        ("", "services"): ServiceStrategy(allocator),
        ("apps", "controllerrevisions"): ControllerRevisionStrategy(),
        ("apps", "daemonsets"): DaemonSetStrategy(),
        ("apps", "deployments"): DeploymentStrategy(),
        ("apps", "replicasets"): ReplicaSetStrategy(),
        ("apps", "statefulsets"): StatefulSetStrategy(),
        ("coordination.k8s.io", "leases"): LeaseStrategy(),
        ("discovery.k8s.io", "endpointslices"): EndpointSliceStrategy(),
        ("events.k8s.io", "events"): NewEventStrategy(needs.event_ttl),
        ("networking.k8s.io", "ipaddresses"): IPAddressStrategy(),
        ("networking.k8s.io", "networkpolicies"): NetworkPolicyStrategy(),
        ("networking.k8s.io", "servicecidrs"): ServiceCIDRStrategy(),
        ("policy", "poddisruptionbudgets"): PodDisruptionBudgetStrategy(),
        (rbac, "clusterrolebindings"): ClusterRoleBindingStrategy(),
        (rbac, "clusterroles"): ClusterRoleStrategy(),
        (rbac, "rolebindings"): RoleBindingStrategy(),
        (rbac, "roles"): RoleStrategy(),
    }


def storage_of(resource: Resource, storage: Storage) -> Storage:
    """What the store of a resource reads and writes: the storage, or a view of another resource's objects in it."""
    return EventsView(storage) if resource.group == "events.k8s.io" else storage
