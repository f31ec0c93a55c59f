"""The EndpointSlice controller: keeps the slices of every Service with a selector true.

Run by `controllers.manager`. It calls `desired` (who) and `slices` (where) to decide, and the client to write.
Source: k8s.io/kubernetes/pkg/controller/endpointslice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from controllers.controller import Context, Controller, namespace_terminating
from controllers.endpointslice.desired import (
    CONTROLLER,
    MANAGED_BY,
    SERVICE_NAME,
    TRIGGER_TIME,
    ZONE,
    address_types,
    desired_endpoints,
    slice_labels,
)
from controllers.endpointslice.slices import SlicePlan, Template, plan_slices
from controllers.endpointslice.topology import ZoneHints, wants_hints
from controllers.endpointslice.tracker import SliceTracker, TriggerTimes
from controllers.node_lifecycle.health import ready_status
from controllers.ownership import controller_reference
from controllers.pods import by_node
from controllers.selectors import by_label
from controllers.service_index import endpoint_facts, pods_of, services_by_label, services_of
from kube.api.core_v1 import Node, Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.apimachinery.errors import NotFound, StatusError
from kube.client import Unreachable
from kube.events import WARNING
from kube.informer import Key, key_of
from kube.metrics import Counter, Histogram
from kube.stages import Round, Stages

CHANGES = Counter("endpoint_slice_controller_changes", "Number of EndpointSlice changes", ("operation",))
PER_SYNC = Histogram(
    "endpoint_slice_controller_endpointslices_changed_per_sync",
    "Number of EndpointSlices changed on each Service sync",
    ("topology", "traffic_distribution"),
    (0, 1, 2, 3, 5, 10, 20, 50),
)
SYNCS = Counter("endpoint_slice_controller_syncs", "Number of EndpointSlice syncs", ("result",))

STALE_SECONDS = 1.0


def slices_by_service(one: EndpointSlice) -> tuple[str, ...]:
    """An index function: `namespace/service` for the slices that this controller manages."""
    labels = one.metadata.labels
    if labels.get(MANAGED_BY) != CONTROLLER:
        return ()
    return (f"{one.metadata.namespace}/{labels.get(SERVICE_NAME, '')}",)


def _weight(node: Node) -> tuple[str, str]:
    """What of a node counts for its zone."""
    return ready_status(node), node.status.allocatable.get("cpu", "")


class EndpointSliceController(Controller):
    """A change of one pod writes the slice that holds it, and no other."""

    name = "endpointslice-controller"
    queue_name = "endpoint_slice"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.stages: Stages = Stages(context.clock)
        self.services = self.informer(Service, by_label=services_by_label)
        self.pods = self.informer(Pod, by_label=by_label, by_node=by_node)
        self.nodes = self.informer(Node)
        self.slices = self.informer(EndpointSlice, by_service=slices_by_service)
        self.tracker = SliceTracker(context.clock.monotonic)
        self.times = TriggerTimes()
        self.zones = ZoneHints()
        self._stale: set[Key] = set()
        self._heard: dict[Key, list[Callable[[], None]]] = {}
        """While we write slices of a Service: what the watch says of them, which may be faster than the answer."""
        self.services.add_handler(self._service_changed, lambda _old, new: self._service_changed(new), self.enqueue)
        self.pods.add_handler(self._enqueue_services, self._pod_updated, self._enqueue_services)
        self.nodes.add_handler(self._node_changed, self._node_updated, self._node_changed)
        self.slices.add_handler(self._slice_changed, self._slice_updated, self._slice_deleted)

    async def sync(self, key: Key) -> str | None:
        service = self.services.get(*key)
        if service is None:
            self.tracker.forget(key)
            self.times.forget(key)
            self.zones.drop(key)
            return None
        if not service.spec.selector or service.spec.type == "ExternalName":
            return None  # whoever made the Service makes its endpoints
        existing = self.slices.by_index("by_service", "/".join(key))
        if self.tracker.stale(key, existing):
            self._stale.add(key)  # the event that we wait for wakes us; the timer is for when it was lost
            self.queue.add_after(key, STALE_SECONDS)
            SYNCS.inc("stale")
            return None
        existing = [s for s in existing if s.metadata.deletionTimestamp is None]
        turn = self.stages.begin(key)
        planned = self._plan(service, existing)
        try:
            await self._apply(service, planned, turn)
        except BaseException:
            SYNCS.inc("error")
            raise
        SYNCS.inc("success")
        self.stages.end(key, turn)
        return str(planned)

    def _plan(self, service: Service, existing: list[EndpointSlice]) -> SlicePlan:
        pods = pods_of(self.pods, service)
        proportional = wants_hints(service.metadata.annotations)
        wanted = desired_endpoints(service, pods, lambda name: self.nodes.get("", name), with_hints=not proportional)
        meta, stamp = service.metadata, self.times.trigger_time(service, pods)
        template = Template(
            meta.name,
            meta.namespace,
            controller_reference(service),
            slice_labels(meta.labels, meta.name, CONTROLLER, service.spec.clusterIP in ("None", "")),
            {TRIGGER_TIME: stamp} if stamp else {},
        )
        families = address_types(service)
        planned = plan_slices(template, wanted, existing, families, hints_matter=not proportional)
        return self._hint(service, planned, template, families, proportional=proportional)

    def _hint(
        self, service: Service, planned: SlicePlan, template: Template, families: Sequence[str], *, proportional: bool
    ) -> SlicePlan:
        key = key_of(service)
        if proportional:
            if not self.zones.watches():
                self.zones.set_nodes(self.nodes.list())  # from now on their changes keep it up to date
            planned, said = self.zones.apply(key, planned, template, families)
        else:
            said = self.zones.drop(key)
        for type_, reason, message in said:
            self.events.event(service, type_, reason, message)
        if service.metadata.deletionTimestamp is not None:  # the garbage collector deletes what we would make anew
            planned = replace(planned, create=())
        return planned

    async def _apply(self, service: Service, planned: SlicePlan, turn: Round | None) -> None:
        proportional = wants_hints(service.metadata.annotations)
        distribution = "" if proportional else service.spec.trafficDistribution or ""
        count = len(planned.create) + len(planned.update) + len(planned.delete)
        PER_SYNC.observe(count, "Auto" if proportional else "Disabled", distribution)
        writes = [self._create(service, s, turn) for s in planned.create]
        writes += [self._update(service, s, turn) for s in planned.update]
        writes += [self._delete(service, s) for s in planned.delete]
        self._heard[key_of(service)] = []
        try:
            done = await asyncio.gather(*writes, return_exceptions=True)
        finally:
            for hear in self._heard.pop(key_of(service)):
                hear()
        failed = [e for e in done if isinstance(e, BaseException) and not namespace_terminating(e)]
        if not failed:
            return
        if isinstance(failed[0], StatusError | Unreachable) and not isinstance(failed[0], NotFound):
            text = f"Error updating Endpoint Slices for Service {'/'.join(key_of(service))}: {failed[0]}"
            self.events.event(service, WARNING, "FailedToUpdateEndpointSlices", text)
        raise failed[0]

    async def _create(self, service: Service, one: EndpointSlice, turn: Round | None) -> None:
        self._written(service, await self.client.create(one), turn)
        CHANGES.inc("create")

    async def _update(self, service: Service, one: EndpointSlice, turn: Round | None) -> None:
        self._written(service, await self.client.update(one), turn)
        CHANGES.inc("update")

    def _written(self, service: Service, one: EndpointSlice, turn: Round | None) -> None:
        self.tracker.written(key_of(service), one)
        self.stages.wrote(turn, "EndpointSlice", one.metadata.name, one.metadata.resourceVersion)

    async def _delete(self, service: Service, one: EndpointSlice) -> None:
        try:
            await self.client.delete(EndpointSlice, one.metadata.name, one.metadata.namespace, uid=one.metadata.uid)
        except NotFound:
            return
        self.tracker.deleted(key_of(service), one)
        CHANGES.inc("delete")

    # ---- what wakes it ----

    def _service_changed(self, service: Service) -> None:
        self.stages.seen(key_of(service), "Service", service.metadata.name, service.metadata.resourceVersion)
        self.enqueue(service)

    def _enqueue_services(self, pod: Pod) -> None:
        for service in services_of(self.services, pod.metadata.namespace, pod.metadata.labels):
            self.stages.seen(key_of(service), "Pod", pod.metadata.name, pod.metadata.resourceVersion)
            self.enqueue(service)

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        if endpoint_facts(old) == endpoint_facts(pod):
            return
        self._enqueue_services(pod)
        if old.metadata.labels != pod.metadata.labels:
            self._enqueue_services(old)

    def _node_changed(self, node: Node) -> None:
        self._share_out()
        for pod in self.pods.by_index("by_node", node.metadata.name):
            self._enqueue_services(pod)

    def _node_updated(self, old: Node, node: Node) -> None:
        if old.metadata.labels.get(ZONE) != node.metadata.labels.get(ZONE):
            self._node_changed(node)
        elif _weight(old) != _weight(node):
            self._share_out()

    def _share_out(self) -> None:
        """The zones' processors have changed."""
        if self.zones.watches():
            for key in self.zones.set_nodes(self.nodes.list()):
                self.queue.add(key)

    def _owner(self, one: EndpointSlice) -> Key | None:
        name = one.metadata.labels.get(SERVICE_NAME, "")
        managed = one.metadata.labels.get(MANAGED_BY) == CONTROLLER
        return (one.metadata.namespace, name) if managed and name else None

    def _slice_changed(self, one: EndpointSlice) -> None:
        owner = self._owner(one)
        if owner in self._heard:
            self._heard[owner].append(partial(self._slice_changed, one))
        elif owner is not None and (owner in self._stale or not self.tracker.is_ours(owner, one)):
            self._stale.discard(owner)
            self.queue.add(owner)

    def _slice_updated(self, old: EndpointSlice, one: EndpointSlice) -> None:
        before = self._owner(old)
        if before is not None and before != self._owner(one):
            self.queue.add(before)
        self._slice_changed(one)

    def _slice_deleted(self, one: EndpointSlice) -> None:
        owner = self._owner(one)
        if owner in self._heard:
            self._heard[owner].append(partial(self._slice_deleted, one))
        elif owner is not None and (not self.tracker.seen_deleted(owner, one) or owner in self._stale):
            self._stale.discard(owner)
            self.queue.add(owner)
