"""The service controller: has a cloud build a balancer for each Service of type LoadBalancer, and tear it down.

Run by `controllers.manager`; idle without a cloud. `wants_balancer` and `is_target` below decide and are pure.
Source: k8s.io/cloud-provider/controllers/service.

| the Service | the balancer |
|---|---|
| type LoadBalancer, no class, not being deleted | ensured; finalizer first, status after |
| was one, is no longer, or is being deleted, and carries the finalizer | deleted; then status and finalizer go |
| has a `loadBalancerClass` | somebody else's |
"""

from __future__ import annotations

from typing import Any

from controllers.controller import Context, Controller
from kube.api.core_v1 import LoadBalancerStatus, Node, Service
from kube.apimachinery.errors import NotFound
from kube.events import NORMAL, WARNING
from kube.informer import Key, key_of

FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
EXCLUDE = "node.kubernetes.io/exclude-from-external-load-balancers"
TO_BE_DELETED = "ToBeDeletedByClusterAutoscaler"

FAILED = "SyncLoadBalancerFailed"
FAILED_TO = "Error syncing load balancer: failed to {} load balancer"


def wants_balancer(service: Service) -> bool:
    return service.spec.type == "LoadBalancer" and not service.spec.loadBalancerClass


def is_target(node: Node) -> bool:
    """Whether the balancer knows the node. Whether it sends anything there is for its own health checks to say, which
    see more, and sooner, than the node's Ready condition (KEP-3458)."""
    leaves = any(taint.key == TO_BE_DELETED for taint in node.spec.taints)
    return not leaves and EXCLUDE not in node.metadata.labels and node.metadata.deletionTimestamp is None


class ServiceLBController(Controller):
    """1. The finalizer is on the Service before the cloud is asked to build anything.
    2. The finalizer goes only after the cloud has said that the balancer is gone.
    """

    name = "service-lb-controller"
    queue_name = "service"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder("service-controller")
        self.cloud = context.cloud
        self.services = self.informer(Service)
        self.nodes = self.informer(Node)
        self._built: dict[Key, tuple[Any, list[str]]] = {}
        if self.cloud is not None:
            self.services.on_any(self.enqueue)
            self.nodes.add_handler(self._nodes_changed, self._node_updated, self._nodes_changed)

    async def sync(self, key: Key) -> str | None:
        service = self.services.get(*key)
        if service is None:
            self._built.pop(key, None)
            return None
        if self.is_stale(key, service):
            return None
        if wants_balancer(service) and service.metadata.deletionTimestamp is None:
            return await self._ensure(key, service)
        if FINALIZER in service.metadata.finalizers:
            return await self._tear_down(key, service)
        return None

    async def _ensure(self, key: Key, service: Service) -> str | None:
        nodes = [n for n in self.nodes.list() if is_target(n)]
        names = sorted(n.metadata.name for n in nodes)
        wanted = (service.metadata.uid, service.spec.to_json(), service.metadata.annotations)
        before = self._built.get(key)
        if before == (wanted, names) and service.status.loadBalancer.ingress:
            return None
        if FINALIZER not in service.metadata.finalizers:
            service = await self._set_finalizers(service, [*service.metadata.finalizers, FINALIZER])
        if before is not None and before[0] == wanted:
            what = f"Error updating load balancer with new hosts {names}"
            await self._attempt(service, "UpdateLoadBalancerFailed", what, self.cloud.update_nodes(service, nodes))
            self.events.event(service, NORMAL, "UpdatedLoadBalancer", "Updated load balancer with new hosts")
        else:
            self.events.event(service, NORMAL, "EnsuringLoadBalancer", "Ensuring load balancer")
            built = await self._attempt(service, FAILED, FAILED_TO.format("ensure"), self.cloud.ensure(service, nodes))
            await self._set_status(service, built)
            self.events.event(service, NORMAL, "EnsuredLoadBalancer", "Ensured load balancer")
        self._built[key] = wanted, names
        if not nodes:
            text = "There are no available nodes for LoadBalancer"
            self.events.event(service, WARNING, "UnAvailableLoadBalancer", text)
        return f"balances over {', '.join(names) or 'no node'}"

    async def _tear_down(self, key: Key, service: Service) -> str:
        self.events.event(service, NORMAL, "DeletingLoadBalancer", "Deleting load balancer")
        await self._attempt(service, FAILED, FAILED_TO.format("delete"), self.cloud.ensure_deleted(service))
        self._built.pop(key, None)
        service = await self._set_status(service, LoadBalancerStatus())
        await self._set_finalizers(service, [f for f in service.metadata.finalizers if f != FINALIZER])
        self.events.event(service, NORMAL, "DeletedLoadBalancer", "Deleted load balancer")
        return "its load balancer is gone"

    async def _attempt(self, service: Service, reason: str, what: str, work: Any) -> Any:
        try:
            return await work
        except Exception as error:
            self.events.event(service, WARNING, reason, f"{what}: {error}")
            raise

    async def _set_finalizers(self, service: Service, finalizers: list[str]) -> Service:
        meta = service.metadata
        body = {"metadata": {"resourceVersion": meta.resourceVersion, "finalizers": finalizers or None}}
        try:
            return await self.client.patch(Service, meta.name, meta.namespace, body, "merge")
        except NotFound:
            return service

    async def _set_status(self, service: Service, balancer: LoadBalancerStatus) -> Service:
        if service.status.loadBalancer == balancer:
            return service
        meta = service.metadata
        body = {"status": {"loadBalancer": balancer.to_dict() or None}}
        written = await self.client.patch(Service, meta.name, meta.namespace, body, "merge", subresource="status")
        self.wrote(key_of(service), written)
        return written

    # ---- what wakes it ----

    def _nodes_changed(self, _node: Node) -> None:
        for service in self.services.list():
            if wants_balancer(service):
                self.enqueue(service)

    def _node_updated(self, old: Node, node: Node) -> None:
        if _matters(old) != _matters(node):
            self._nodes_changed(node)


def _matters(node: Node) -> tuple:
    """The taint of a node that is about to be removed is not asked for: it counts the next time anything changes, and
    until then its connections may end by themselves."""
    addresses = [(a.type, a.address) for a in node.status.addresses]
    return EXCLUDE in node.metadata.labels, node.metadata.deletionTimestamp is None, addresses
