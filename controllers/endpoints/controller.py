"""The Endpoints controller: one Endpoints object for each Service with a selector.

Run by `controllers.manager`. It calls `subsets` to decide. Deprecated upstream in favour of EndpointSlices, and kept
there and here for the clients that read it. Source: k8s.io/kubernetes/pkg/controller/endpoint.
"""

from __future__ import annotations

from controllers.controller import Context, Controller, namespace_terminating
from controllers.endpoints.subsets import OVER_CAPACITY, subsets_of, truncate
from controllers.endpointslice.desired import TRIGGER_TIME
from controllers.endpointslice.tracker import TriggerTimes
from controllers.selectors import by_label
from controllers.service_index import endpoint_facts, pods_of, services_by_label, services_of
from kube.api.core_v1 import Endpoints, Pod, Service
from kube.apimachinery.errors import AlreadyExists, Conflict, NotFound, StatusError
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client import Unreachable
from kube.events import WARNING
from kube.informer import Key

MANAGED_BY = "endpoints.kubernetes.io/managed-by"
CONTROLLER = "endpoint-controller"
HEADLESS = "service.kubernetes.io/headless"
BATCH_SECONDS = 0.05
"""Changes of pods are gathered for so long: the slices, which proxies read, go first."""


def _same(old: Endpoints, wanted: Endpoints) -> bool:
    return (old.subsets, old.metadata) == (wanted.subsets, wanted.metadata)


class EndpointsController(Controller):
    name = "endpoints-controller"
    queue_name = "endpoint"

    def __init__(self, context: Context):
        super().__init__(context)
        self.services = self.informer(Service, by_label=services_by_label)
        self.pods = self.informer(Pod, by_label=by_label)
        self.events = context.recorder("endpoint-controller")
        self.times = TriggerTimes()
        self.endpoints = self.informer(Endpoints)
        self.services.on_any(self.enqueue)
        self.pods.add_handler(self._enqueue_services, self._pod_updated, self._enqueue_services)
        self.endpoints.add_handler(on_delete=self.enqueue)

    async def sync(self, key: Key) -> str | None:
        service = self.services.get(*key)
        if service is None:
            self.times.forget(key)
            return await self._remove(key)
        if not service.spec.selector or service.spec.type == "ExternalName":
            return None
        old = self.endpoints.get(*key)
        if old is not None and self.is_stale(key, old):
            return None
        pods = pods_of(self.pods, service)
        wanted = self._wanted(service, old, pods)
        stamp = self.times.trigger_time(service, pods)
        if old is not None and _same(old, wanted):
            return None
        wanted.metadata.annotations.pop(TRIGGER_TIME, None)
        if stamp:
            wanted.metadata.annotations[TRIGGER_TIME] = stamp
        try:
            return await (self._create(wanted) if old is None else self._update(key, wanted))
        except (StatusError, Unreachable) as error:
            return self._failed(service, "create" if old is None else "update", error)

    def _wanted(self, service: Service, old: Endpoints | None, pods: list[Pod]) -> Endpoints:
        wanted = self._object(service, old)
        wanted.subsets, truncated = truncate(subsets_of(service, pods))
        wanted.metadata.annotations.pop(OVER_CAPACITY, None)
        if truncated:
            wanted.metadata.annotations[OVER_CAPACITY] = "truncated"
        return wanted

    async def _update(self, key: Key, wanted: Endpoints) -> str:
        self.wrote(key, await self.client.update(wanted))
        return "updated"

    def _failed(self, service: Service, verb: str, error: Exception) -> None:
        """Raises the error, after telling of it, unless it does not matter any more."""
        if namespace_terminating(error):
            return
        if not isinstance(error, Conflict | NotFound):
            where = f"{service.metadata.namespace}/{service.metadata.name}"
            what = f"endpoint for service {where}" if verb == "create" else f"endpoint {where}"
            text = f"Failed to {verb} {what}: {error}"
            self.events.event(service, WARNING, f"FailedTo{verb.title()}Endpoint", text)
        raise error

    def _object(self, service: Service, old: Endpoints | None) -> Endpoints:
        meta = service.metadata
        labels = {k: v for k, v in meta.labels.items() if k not in (HEADLESS, MANAGED_BY)}
        labels[MANAGED_BY] = CONTROLLER
        if service.spec.clusterIP in ("None", ""):
            labels[HEADLESS] = ""
        if old is None:
            return Endpoints(metadata=ObjectMeta(name=meta.name, namespace=meta.namespace, labels=labels))
        copy = old.metadata.model_copy(update={"labels": labels, "annotations": dict(old.metadata.annotations)})
        return old.model_copy(update={"metadata": copy})

    async def _create(self, wanted: Endpoints) -> str:
        try:
            await self.client.create(wanted)
        except AlreadyExists:
            # Not in our cache: it is about to come, or it is somebody's leftover; look again.
            self.queue.add_rate_limited((wanted.metadata.namespace, wanted.metadata.name))
            return "exists already"
        return "created"

    async def _remove(self, key: Key) -> str | None:
        """Endpoints have no owner reference: they go with the Service by name."""
        old = self.endpoints.get(*key)
        if old is None or old.metadata.labels.get(MANAGED_BY) != CONTROLLER:
            return None
        try:
            await self.client.delete(Endpoints, key[1], key[0], uid=old.metadata.uid)
        except NotFound:
            return None
        return "deleted"

    def _enqueue_services(self, pod: Pod) -> None:
        for service in services_of(self.services, pod.metadata.namespace, pod.metadata.labels):
            self.queue.add_after((service.metadata.namespace, service.metadata.name), BATCH_SECONDS)

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        if endpoint_facts(old) != endpoint_facts(pod):
            self._enqueue_services(pod)
            if old.metadata.labels != pod.metadata.labels:
                self._enqueue_services(old)
