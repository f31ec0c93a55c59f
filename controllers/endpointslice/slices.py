"""How endpoints are laid out in slices: as few writes as possible, slices filled rather than many.

Called by the endpointslice and the endpointslice-mirroring controllers. Pure. Source: k8s.io/endpointslice
(reconciler.go, reconcileByPortMapping).

For one address type and one set of ports:

1. An endpoint that is still wanted stays where it is; one that is not is taken out. A slice that lost all goes.
2. New endpoints first fill slices that change anyway, the fullest first.
3. What is left goes into one unchanged slice with room for all of it, the fullest such; else into new slices.

A slice that belongs to another Service of the same name, one that was deleted, is neither filled nor reused: it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controllers.endpointslice.desired import TRIGGER_TIME, Group, port_key, port_models
from kube.api.discovery_v1 import Endpoint, EndpointSlice
from kube.apimachinery.meta_v1 import ObjectMeta, OwnerReference

MAX_ENDPOINTS = 100


@dataclass(frozen=True)
class SlicePlan:
    """What to write, and what is left as it is. The slices to update keep the resourceVersion that was read."""

    create: tuple[EndpointSlice, ...] = ()
    update: tuple[EndpointSlice, ...] = ()
    delete: tuple[EndpointSlice, ...] = ()
    unchanged: tuple[EndpointSlice, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.update or self.delete)

    def __str__(self) -> str:
        parts = [f"create a slice of {len(s.endpoints)}" for s in self.create]
        parts += [f"update {s.metadata.name} to {len(s.endpoints)}" for s in self.update]
        return ", ".join(parts + [f"delete {s.metadata.name}" for s in self.delete])

    def of_family(self, family: str) -> SlicePlan:
        """The part of one address type, without what is deleted."""

        def mine(slices: Iterable[EndpointSlice]) -> tuple[EndpointSlice, ...]:
            return tuple(s for s in slices if s.addressType == family)

        return SlicePlan(mine(self.create), mine(self.update), (), mine(self.unchanged))

    @classmethod
    def joined(cls, parts: Sequence[SlicePlan], delete: tuple[EndpointSlice, ...]) -> SlicePlan:
        """The parts of all address types together again."""
        return cls(
            tuple(s for part in parts for s in part.create),
            tuple(s for part in parts for s in part.update),
            delete,
            tuple(s for part in parts for s in part.unchanged),
        )


@dataclass(frozen=True)
class Template:
    """What every slice of one Service (or Endpoints) carries."""

    name: str
    namespace: str
    owner: OwnerReference
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    mirrors_annotations: bool = False
    """These annotations and no others; else those of others stay, but for the time of the last change."""

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

    def changed(self, one: EndpointSlice, endpoints: Sequence[Endpoint]) -> EndpointSlice:
        """An existing slice with these endpoints, and labelled as it should be."""
        notes = self.annotations_after(one.metadata.annotations)
        meta = one.metadata.model_copy(update={"labels": dict(self.labels), "annotations": notes})
        return one.model_copy(update={"endpoints": list(endpoints), "metadata": meta})

    def annotations_after(self, before: Mapping[str, str]) -> dict[str, str]:
        kept = {} if self.mirrors_annotations else {k: v for k, v in before.items() if k != TRIGGER_TIME}
        return {**kept, **self.annotations}

    def describes(self, one: EndpointSlice) -> bool:
        """The slice carries what it should, whatever its endpoints are."""
        labels_fit = one.metadata.labels == self.labels
        return labels_fit and (not self.mirrors_annotations or one.metadata.annotations == self.annotations)

    def owns(self, one: EndpointSlice) -> bool:
        return any(ref.uid == self.owner.uid for ref in one.metadata.ownerReferences)


def plan_slices(
    template: Template,
    desired: Mapping[Group, Sequence[Endpoint]],
    existing: Iterable[EndpointSlice],
    families: Sequence[str],
    *,
    limit: int = MAX_ENDPOINTS,
    placeholder: bool = True,
    hints_matter: bool = True,
) -> SlicePlan:
    """What brings the existing slices to the desired endpoints.

    A family without any endpoint keeps one empty slice (`placeholder`), so that a watcher can tell "no endpoints"
    from "not computed yet". Slices of a family that the Service no longer has are deleted. Without `hints_matter`,
    hints that an endpoint has are no reason to write it: somebody else decides about them.
    """
    by_group: dict[Group, list[EndpointSlice]] = {}
    delete: list[EndpointSlice] = []
    for one in existing:
        if one.addressType in families and template.owns(one):
            by_group.setdefault((one.addressType, port_key(one.ports)), []).append(one)
        else:
            delete.append(one)
    create: list[EndpointSlice] = []
    update: list[EndpointSlice] = []
    unchanged: list[EndpointSlice] = []
    kept: dict[str, int] = dict.fromkeys(families, 0)
    for group in [*desired, *(g for g in by_group if g not in desired)]:
        done = _Group(template, group, by_group.get(group, []), desired.get(group, ()), limit, hints_matter)
        create += done.create
        update += done.update
        delete += done.delete
        unchanged += done.unchanged
        kept[group[0]] += len(done.create) + len(done.update) + len(done.unchanged)
    if placeholder:
        for family in families:
            if not kept[family]:
                _keep_placeholder(template, family, create, delete)
    _reuse(template, create, update, delete)
    return SlicePlan(tuple(create), tuple(update), tuple(delete), tuple(unchanged))


def _reuse(
    template: Template, create: list[EndpointSlice], update: list[EndpointSlice], delete: list[EndpointSlice]
) -> None:
    """A slice that would be deleted takes the content of one that would be created: one write, not two, and no moment
    at which a watcher sees both or neither. Only the address type of a slice cannot change."""
    for new in list(create):
        old = next((d for d in delete if d.addressType == new.addressType and template.owns(d)), None)
        if old is not None:
            create.remove(new)
            delete.remove(old)
            meta = old.metadata.model_copy(
                update={
                    "labels": new.metadata.labels,
                    "annotations": template.annotations_after(old.metadata.annotations),
                    "ownerReferences": new.metadata.ownerReferences,
                }
            )
            update.append(new.model_copy(update={"metadata": meta}))


def _keep_placeholder(
    template: Template, family: str, create: list[EndpointSlice], delete: list[EndpointSlice]
) -> None:
    for one in delete:
        is_empty = one.addressType == family and not one.endpoints and not one.ports
        if is_empty and template.owns(one) and template.describes(one):
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
        hints_matter: bool,
    ):
        self._hints_matter = hints_matter
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
                changed = changed or self._differ(wanted, endpoint)
                endpoints.append(wanted)
        if not endpoints:
            self.delete.append(one)
        elif changed or not self._template.describes(one):
            self.update.append(self._template.changed(one, endpoints))
        else:
            self.unchanged.append(one)

    def _differ(self, wanted: Endpoint, endpoint: Endpoint) -> bool:
        if not self._hints_matter:
            wanted = wanted.model_copy(update={"hints": endpoint.hints})
        return wanted != endpoint

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
            self.update.append(self._template.changed(fullest, [*fullest.endpoints, *self._take(left)]))
        while self._new:
            self.create.append(self._template.make(self._group, self._take(self._limit)))


def _identity(endpoint: Endpoint) -> tuple:
    """What makes two endpoints the same one; the rest (conditions, node, zone, hints) may change."""
    ref = endpoint.targetRef
    who = (ref.kind, ref.namespace, ref.name, ref.uid) if ref else ()
    return (*endpoint.addresses, endpoint.hostname or "", *who)
