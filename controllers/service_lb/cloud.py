"""What a cloud must be able to do for Services of type LoadBalancer.

Implemented by the lab's provider; called by `controllers.service_lb.controller`. Source: k8s.io/cloud-provider/cloud.go
(interface LoadBalancer).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kube.api.core_v1 import LoadBalancerStatus, Node, Service


class LoadBalancers(Protocol):
    """Every method may be called again after it failed half-way, and must bring about the same end.

    Anything raised is shown in an event and tried again.
    """

    async def ensure(self, service: Service, nodes: Sequence[Node]) -> LoadBalancerStatus:
        """The balancer exists, with the Service's ports, source ranges and health check, towards these nodes."""

    async def update_nodes(self, service: Service, nodes: Sequence[Node]) -> None:
        """The balancer leads to these nodes now; nothing else has changed."""

    async def ensure_deleted(self, service: Service) -> None:
        """The balancer is gone. It may never have been."""
