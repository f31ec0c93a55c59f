"""How endpoints are laid out in slices: as few writes as possible, slices filled rather than many.

Called by the endpointslice and the endpointslice-mirroring controllers. Pure. Source: k8s.io/endpointslice
(reconciler.go, reconcileByPortMapping).

For one address type and one set of ports:

1. An endpoint that is still wanted stays where it is; one that is not is taken out. A slice that lost all goes.
2. New endpoints first fill slices that change anyway, the fullest first.
3. What is left goes into one unchanged slice with room for all of it, the fullest such; else into new slices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controllers.endpointslice.desired import Group, port_key, port_models
from kube.api.discovery_v1 import Endpoint, EndpointSlice
from kube.apimachinery.meta_v1 import ObjectMeta, OwnerReference

MAX_ENDPOINTS = 100


@dataclass(frozen=True)
class SlicePlan:
    """What to write. The slices to update keep the resourceVersion that was read."""

    create: tuple[EndpointSlice, ...] = ()
    update: tuple[EndpointSlice, ...] = ()
    delete: tuple[EndpointSlice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.delete)

    def __str__(self) -> str:
        parts = [f"create a slice of {len(s.endpoints)}" for s in self.create]
        parts += [f"update {s.metadata.name} to {len(s.endpoints)}" for s in self.update]
        return ", ".join(parts + [f"delete {s.metadata.name}" for s in self.delete])


@dataclass(frozen=True)
class Template:
    """What every slice of one Service (or Endpoints) carries."""

    name: str
    namespace: str
    owner: OwnerReference
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)

    def make(self, group: Group, endpoints: Sequence[Endpoint]) -> EndpointSlice:
        family, ports = group
        return EndpointSlice(
            kind="EndpointSlice",
            apiVersion="discovery.k8s.io/v1",
            metadata=ObjectMeta(
                generateName=self.name[:57] + "-",
                namespace=self.namespace,
                labels=dict(self.labels),
                annotations=dict(self.annotations),
                ownerReferences=[self.owner],
            ),
            addressType=family,
            endpoints=list(endpoints),
            ports=port_models(ports),
        )


def plan_slices(
    template: Template,
    desired: Mapping[Group, Sequence[Endpoint]],
    existing: Iterable[EndpointSlice],
    families: Sequence[str],
    *,
    limit: int = MAX_ENDPOINTS,
    placeholder: bool = True,
) -> SlicePlan:
    """What brings the existing slices to the desired endpoints.

    A family without any endpoint keeps one empty slice (`placeholder`), so that a watcher can tell "no endpoints"
    from "not computed yet". Slices of a family that the Service no longer has are deleted.
    """
    by_group: dict[Group, list[EndpointSlice]] = {}
    delete: list[EndpointSlice] = []
    for one in existing:
        if one.addressType in families:
            by_group.setdefault((one.addressType, port_key(one.ports)), []).append(one)
        else:
            delete.append(one)
    create: list[EndpointSlice] = []
    update: list[EndpointSlice] = []
    kept: dict[str, int] = dict.fromkeys(families, 0)
    for group in [*desired, *(g for g in by_group if g not in desired)]:
        done = _Group(template, group, by_group.get(group, []), desired.get(group, ()), limit)
        create += done.create
        update += done.update
        delete += done.delete
        kept[group[0]] += len(done.create) + len(done.update) + len(done.unchanged)
    if placeholder:
        for family in families:
            if not kept[family]:
                _keep_placeholder(template, family, create, delete)
    _reuse(create, update, delete)
    return SlicePlan(tuple(create), tuple(update), tuple(delete))


def _reuse(create: list[EndpointSlice], update: list[EndpointSlice], delete: list[EndpointSlice]) -> None:
    """A slice that would be deleted takes the content of one that would be created: one write, not two, and no moment
    at which a watcher sees both or neither. Only the address type of a slice cannot change."""
    for new in list(create):
        old = next((d for d in delete if d.addressType == new.addressType), None)
        if old is not None:
            create.remove(new)
            delete.remove(old)
            meta = old.metadata.model_copy(
                update={
                    "labels": new.metadata.labels,
                    "annotations": {**old.metadata.annotations, **new.metadata.annotations},
                    "ownerReferences": new.metadata.ownerReferences,
                }
            )
            update.append(new.model_copy(update={"metadata": meta}))


def _keep_placeholder(
    template: Template, family: str, create: list[EndpointSlice], delete: list[EndpointSlice]
) -> None:
    for one in delete:
        is_empty = one.addressType == family and not one.endpoints and not one.ports
        if is_empty and one.metadata.labels == template.labels:
            delete.remove(one)
            return
    create.append(template.make((family, ()), ()))


class _Group:
    """The slices of one address type and one set of ports, worked through once."""

    def __init__(
        self,
        template: Template,
        group: Group,
        existing: Sequence[EndpointSlice],
        desired: Sequence[Endpoint],
        limit: int,
    ):
        self._template, self._group, self._limit = template, group, limit
        self._new = {_identity(endpoint): endpoint for endpoint in desired}
        self.create: list[EndpointSlice] = []
        self.update: list[EndpointSlice] = []
        self.delete: list[EndpointSlice] = []
        self.unchanged: list[EndpointSlice] = []
        for one in existing:
            self._keep(one)
        self._fill()
        self._place_rest()

    def _keep(self, one: EndpointSlice) -> None:
        endpoints, changed = [], False
        for endpoint in one.endpoints:
            wanted = self._new.pop(_identity(endpoint), None)
            if wanted is None:
                changed = True
            else:
                changed = changed or wanted != endpoint
                endpoints.append(wanted)
        if not endpoints:
            self.delete.append(one)
        elif changed or one.metadata.labels != self._template.labels:
            self.update.append(self._changed(one, endpoints))
        else:
            self.unchanged.append(one)

    def _changed(self, one: EndpointSlice, endpoints: list[Endpoint]) -> EndpointSlice:
        meta = one.metadata.model_copy(
            update={
                "labels": dict(self._template.labels),
                "annotations": {**one.metadata.annotations, **self._template.annotations},
            }
        )
        return one.model_copy(update={"endpoints": endpoints, "metadata": meta})

    def _take(self, count: int) -> list[Endpoint]:
        keys = list(self._new)[: max(0, count)]
        return [self._new.pop(key) for key in keys]

    def _fill(self) -> None:
        for one in sorted(self.update, key=lambda s: -len(s.endpoints)):
            one.endpoints = [*one.endpoints, *self._take(self._limit - len(one.endpoints))]

    def _place_rest(self) -> None:
        left = len(self._new)
        if not left:
            return
        roomy = [one for one in self.unchanged if len(one.endpoints) + left <= self._limit]
        if roomy:
            fullest = max(roomy, key=lambda s: len(s.endpoints))
            self.unchanged.remove(fullest)
            self.update.append(self._changed(fullest, [*fullest.endpoints, *self._take(left)]))
        while self._new:
            self.create.append(self._template.make(self._group, self._take(self._limit)))


def _identity(endpoint: Endpoint) -> tuple:
    """What makes two endpoints the same one; the rest (conditions, node, zone, hints) may change."""
    ref = endpoint.targetRef
    who = (ref.kind, ref.namespace, ref.name, ref.uid) if ref else ()
    return (*endpoint.addresses, endpoint.hostname or "", *who)
