"""The EndpointSlice mirroring controller: hand-made Endpoints of a Service without selector become slices.

Run by `controllers.manager`. It calls `mirror` below (pure) and `controllers.endpointslice.slices` to decide.
Source: k8s.io/kubernetes/pkg/controller/endpointslicemirroring.

| the Endpoints object | mirrored |
|---|---|
| belongs to a Service without selector | yes |
| has no Service, or one with a selector | no |
| carries `endpointslice.kubernetes.io/skip-mirror: "true"`, or is a leader election record | no |
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from controllers.controller import Context, Controller
from controllers.endpointslice.desired import MANAGED_BY, SERVICE_NAME, TRIGGER_TIME, Group, slice_labels
from controllers.endpointslice.slices import Template, plan_slices
from controllers.endpointslice.tracker import SliceTracker
from controllers.ownership import controller_reference
from kube.api.core_v1 import EndpointAddress, Endpoints, EndpointSubset, Service
from kube.api.discovery_v1 import Endpoint, EndpointConditions, EndpointSlice
from kube.apimachinery.errors import NotFound
from kube.events import WARNING
from kube.informer import Key

CONTROLLER = "endpointslicemirroring-controller.k8s.io"
SKIP = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
MAX_PER_SUBSET = 1000
INVALID, TOO_MANY = "InvalidAddress", "TooManyAddressesToMirror"
_NOT_MIRRORED = ("kubectl.kubernetes.io/last-applied-configuration", TRIGGER_TIME)


def should_mirror(endpoints: Endpoints | None, service: Service | None) -> bool:
    if endpoints is None or service is None or service.spec.selector:
        return False
    return endpoints.metadata.labels.get(SKIP) != "true" and LEADER not in endpoints.metadata.annotations


@dataclass
class Mirrored:
    """The endpoints by address family and ports, and how many addresses were left out."""

    groups: dict[Group, list[Endpoint]] = field(default_factory=dict)
    invalid: int = 0
    too_many: int = 0

    def complaints(self) -> Iterator[tuple[str, str]]:
        """(reason, message) of what people should know."""
        if self.invalid:
            yield INVALID, f"Skipped {self.invalid} invalid IP addresses when mirroring to EndpointSlices"
        if self.too_many:
            text = f"A max of {MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset."
            yield TOO_MANY, f"{text} {self.too_many} addresses were skipped"


def mirror(endpoints: Endpoints) -> Mirrored:
    """Addresses beyond 1000 of one subset are left out, those that are not ready first."""
    found = Mirrored()
    for subset in endpoints.subsets:
        ports = tuple((p.name, p.protocol or "TCP", p.port, p.appProtocol) for p in subset.ports)
        room = MAX_PER_SUBSET
        for address, ready in _addresses(subset):
            try:
                family = f"IPv{ipaddress.ip_address(address.ip).version}"
            except ValueError:
                found.invalid += 1
                continue
            if not room:
                found.too_many += 1
                continue
            room -= 1
            found.groups.setdefault((family, ports), []).append(_endpoint(address, ready))
    return found


def _addresses(subset: EndpointSubset) -> list[tuple[EndpointAddress, bool]]:
    return [(a, True) for a in subset.addresses] + [(a, False) for a in subset.notReadyAddresses]


def _endpoint(address: EndpointAddress, ready: bool) -> Endpoint:
    return Endpoint(
        addresses=[address.ip],
        conditions=EndpointConditions(ready=ready),
        hostname=address.hostname or None,
        nodeName=address.nodeName,
        targetRef=address.targetRef,
    )


def mirrored_slices(one: EndpointSlice) -> tuple[str, ...]:
    """An index function: `namespace/service` for the slices that this controller manages."""
    labels = one.metadata.labels
    managed = labels.get(MANAGED_BY) == CONTROLLER
    return (f"{one.metadata.namespace}/{labels.get(SERVICE_NAME, '')}",) if managed else ()


class EndpointSliceMirroringController(Controller):
    name = "endpointslice-mirroring-controller"
    queue_name = "endpoint_slice_mirroring"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.endpoints = self.informer(Endpoints)
        self.services = self.informer(Service)
        self.slices = self.informer(EndpointSlice, mirrored=mirrored_slices)
        self.tracker = SliceTracker(context.clock.monotonic)
        self.endpoints.on_any(self.enqueue)
        self.services.on_any(self.enqueue)
        self.slices.add_handler(self._slice_changed, lambda _old, new: self._slice_changed(new), self._slice_deleted)

    async def sync(self, key: Key) -> str | None:
        endpoints, service = self.endpoints.get(*key), self.services.get(*key)
        existing = self.slices.by_index("mirrored", "/".join(key))
        if self.tracker.stale(key, existing):
            self.queue.add_after(key, 1.0)
            return None
        if not should_mirror(endpoints, service):
            await asyncio.gather(*(self._delete(key, s) for s in existing))
            self.tracker.forget(key)
            return f"deleted {len(existing)} slices" if existing else None
        return await self._mirror(key, endpoints, existing)

    async def _mirror(self, key: Key, endpoints: Endpoints, existing: list[EndpointSlice]) -> str:
        meta = endpoints.metadata
        labels = slice_labels(meta.labels, meta.name, CONTROLLER, headless=False)
        notes = {k: v for k, v in meta.annotations.items() if k not in _NOT_MIRRORED}
        owner = controller_reference(endpoints)
        template = Template(meta.name, meta.namespace, owner, labels, notes, mirrors_annotations=True)
        mirrored = mirror(endpoints)
        for reason, text in mirrored.complaints():
            self.events.event(endpoints, WARNING, reason, text)
        families = sorted({family for family, _ in mirrored.groups})
        planned = plan_slices(template, mirrored.groups, existing, families, placeholder=False)
        writes = [self._write(key, self.client.create(s)) for s in planned.create]
        writes += [self._write(key, self.client.update(s)) for s in planned.update]
        await asyncio.gather(*writes, *(self._delete(key, s) for s in planned.delete))
        return str(planned)

    async def _write(self, key: Key, write) -> None:
        self.tracker.written(key, await write)

    async def _delete(self, key: Key, one: EndpointSlice) -> None:
        try:
            await self.client.delete(EndpointSlice, one.metadata.name, one.metadata.namespace, uid=one.metadata.uid)
        except NotFound:
            return
        self.tracker.deleted(key, one)

    def _owner(self, one: EndpointSlice) -> Key | None:
        if one.metadata.labels.get(MANAGED_BY) != CONTROLLER:
            return None
        return one.metadata.namespace, one.metadata.labels.get(SERVICE_NAME, "")

    def _slice_changed(self, one: EndpointSlice) -> None:
        owner = self._owner(one)
        if owner is not None and not self.tracker.is_ours(owner, one):
            self.queue.add(owner)

    def _slice_deleted(self, one: EndpointSlice) -> None:
        owner = self._owner(one)
        if owner is not None and not self.tracker.seen_deleted(owner, one):
            self.queue.add(owner)
