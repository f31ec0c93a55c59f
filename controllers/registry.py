"""The controllers by name, in the order in which they start.

Read by `controllers.manager`. It calls nothing. The names are kube-controller-manager's; the scheduler and the
repair of addresses, which upstream are parts of other processes, live here too.
"""

from __future__ import annotations

from controllers.cluster_role_aggregation.controller import ClusterRoleAggregationController
from controllers.controller import Controller
from controllers.daemonset.controller import DaemonSetController
from controllers.deployment.controller import DeploymentController
from controllers.disruption.controller import DisruptionController
from controllers.endpoints.controller import EndpointsController
from controllers.endpointslice.controller import EndpointSliceController
from controllers.endpointslice_mirroring.controller import EndpointSliceMirroringController
from controllers.garbage_collector.controller import GarbageCollector
from controllers.ip_allocation.controller import IPAllocationController
from controllers.namespace.controller import NamespaceController
from controllers.node_ipam.controller import NodeIpamController
from controllers.node_lifecycle.controller import NodeLifecycleController
from controllers.pod_garbage_collector.controller import PodGarbageCollector
from controllers.replicaset.controller import ReplicaSetController
from controllers.root_ca_certificate_publisher.controller import RootCACertificatePublisher
from controllers.scheduler.controller import Scheduler
from controllers.service_cidr.controller import ServiceCIDRController
from controllers.service_lb.controller import ServiceLBController
from controllers.serviceaccount.controller import ServiceAccountController
from controllers.serviceaccount_token.controller import ServiceAccountTokenController
from controllers.statefulset.controller import StatefulSetController
from controllers.taint_eviction.controller import TaintEvictionController

CONTROLLERS: dict[str, type[Controller]] = {
    controller.name: controller
    for controller in (
        Scheduler,
        ReplicaSetController,
        DeploymentController,
        EndpointSliceController,
        EndpointsController,
        EndpointSliceMirroringController,
        NodeIpamController,
        NodeLifecycleController,
        TaintEvictionController,
        PodGarbageCollector,
        ServiceAccountController,
        ServiceAccountTokenController,
        RootCACertificatePublisher,
        NamespaceController,
        GarbageCollector,
        IPAllocationController,
        ServiceCIDRController,
        StatefulSetController,
        DaemonSetController,
        DisruptionController,
        ClusterRoleAggregationController,
        ServiceLBController,
    )
}
