"""The controllers by name, in the order in which they start.

Read by `controllers.manager`. It calls nothing. The names are kube-controller-manager's; the scheduler and the
repair of addresses, which upstream are other processes' parts, live here too.
"""

from __future__ import annotations

from controllers.controller import Controller
from controllers.deployment.controller import DeploymentController
from controllers.endpointslice.controller import EndpointSliceController
from controllers.replicaset.controller import ReplicaSetController
from controllers.scheduler.controller import Scheduler

CONTROLLERS: dict[str, type[Controller]] = {
    controller.name: controller
    for controller in (
        Scheduler,
        ReplicaSetController,
        DeploymentController,
        EndpointSliceController,
    )
}
