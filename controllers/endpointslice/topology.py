"""Hints in proportion to the zones' processors, for Services annotated `service.kubernetes.io/topology-mode: Auto`.

Called by `controllers.endpointslice.controller` with the plan for a Service's slices, whose endpoints have no hints
yet. Pure, but for what it remembers of each Service. Source: k8s.io/endpointslice/topologycache;
kubernetes.io/docs/concepts/services-networking/topology-aware-routing/.

| safeguard of the documentation | no hints, and the event says |
|---|---|
| a node without zone or allocatable CPU, or one zone only | Insufficient Node information: ... |
| fewer ready endpoints than zones | Insufficient number of endpoints (2 endpoints, 3 zones) |
| a zone would get more than 20 % too few | Unable to allocate minimum required endpoints to each zone ... |
| an endpoint without a zone | One or more endpoints do not have a zone specified |

Each zone gets as many endpoints as its share of all allocatable CPUs says, its own first; what it lacks is taken from
zones that have too many. Slices whose hints still keep every zone within its bounds are left alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from controllers.endpointslice.desired import ZONE
from controllers.endpointslice.slices import SlicePlan, Template
from controllers.node_lifecycle.health import ready_status
from controllers.scheduler.node_info import amount
from kube.api.core_v1 import Node
from kube.api.discovery_v1 import Endpoint, EndpointHints, EndpointSlice, ForZone
from kube.events import NORMAL, WARNING
from kube.informer import Key

MODE, OLD_MODE = "service.kubernetes.io/topology-mode", "service.kubernetes.io/topology-aware-hints"
OVERLOAD = 0.2
ENABLED = "Topology Aware Hints has been enabled"
DISABLED = "Topology Aware Hints has been disabled"
NO_NODES = "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
FEW_ENDPOINTS = "Insufficient number of endpoints"
OVERLOADED = "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold"
NO_ZONE = "One or more endpoints do not have a zone specified"
NO_HINTS = "No hints allocated for zones"
_EXCLUDED = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")

Shares = Mapping[str, float]
"""Zone -> its part of all allocatable CPUs."""
Said = tuple[str, str, str]
"""An event: type, reason, message."""


def wants_hints(annotations: Mapping[str, str]) -> bool:
    """The older annotation counts before the newer one."""
    return annotations.get(OLD_MODE, annotations.get(MODE)) in ("Auto", "auto")


def zone_shares(nodes: Iterable[Node]) -> Shares | None:
    """None when a node does not say enough, and when there are not at least two zones."""
    cpus: Counter[str] = Counter()
    for node in nodes:
        labels = node.metadata.labels
        if any(key in labels for key in _EXCLUDED) or ready_status(node) != "True":
            continue
        cpu = amount("cpu", node.status.allocatable.get("cpu", "0"))
        if not labels.get(ZONE) or not cpu:
            return None
        cpus[labels[ZONE]] += cpu
    return {zone: cpu / cpus.total() for zone, cpu in sorted(cpus.items())} if len(cpus) > 1 else None


@dataclass(frozen=True)
class Allocation:
    """How many endpoints a zone must have, may have, and should have."""

    minimum: int
    maximum: int
    desired: float


def allocate(shares: Shares | None, ready: int) -> dict[str, Allocation] | str:
    """Zone -> its allocation of so many ready endpoints; or why there can be none."""
    if shares is None:
        return NO_NODES
    counted = f"({ready} endpoints, {len(shares)} zones)"
    if len(shares) > ready:
        return f"{FEW_ENDPOINTS} {counted}"
    desired = {zone: share * ready for zone, share in shares.items()}
    minima = {zone: math.ceil(count * (1 / (1 + OVERLOAD))) for zone, count in desired.items()}
    spare = ready - sum(minima.values())
    if spare < 0:
        return f"{OVERLOADED} {counted}"
    return {z: Allocation(low, low + spare, max(desired[z], low)) for z, low in minima.items()}


def is_overloaded(held: Mapping[str, int], shares: Shares | None) -> bool:
    """A zone has less than its minimum: since the hints were given, nodes have come or gone."""
    if not held:
        return False
    total = sum(held.values())
    return not shares or any(
        zone not in held or held[zone] < math.ceil(total * share * (1 / (1 + OVERLOAD)))
        for zone, share in shares.items()
    )


def transfers(allocations: Mapping[str, Allocation], held: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    """(zone -> endpoints it gives away, zone -> endpoints it gets)."""
    surplus = {z: held.get(z, 0) - a.desired for z, a in allocations.items() if held.get(z, 0) > a.desired}
    lack = {z: a.desired - held.get(z, 0) for z, a in allocations.items() if held.get(z, 0) < a.desired}
    giving, receiving = Counter[str](), Counter[str]()
    while surplus and lack:
        giver, taker = max(surplus, key=surplus.__getitem__), max(lack, key=lack.__getitem__)
        give, take = surplus[giver], lack[taker]
        if max(give, take) < 1.0 or min(give, take) < 0.5:
            break
        giving[giver] += 1
        receiving[taker] += 1
        surplus[giver] -= 1
        lack[taker] -= 1
    return giving, receiving


# ---- the slices of one address type ----


class Unhintable(Exception):
    """No hints can be given; the text is the event's."""


def give_hints(planned: SlicePlan, template: Template, shares: Shares | None) -> tuple[SlicePlan, Counter[str]]:
    """The plan with hints, and how many endpoints each zone has. Raises Unhintable."""
    slices = [*planned.create, *planned.update, *planned.unchanged]
    allocations = allocate(shares, sum(_is_ready(e) for s in slices for e in s.endpoints))
    if isinstance(allocations, str):
        raise Unhintable(allocations)
    held: Counter[str] = Counter()
    unchanged, update = [], list(planned.update)
    for one in planned.unchanged:
        counted = _still_good(one, held, allocations)
        if counted is None:
            update.append(template.changed(one, one.endpoints))
        else:
            unchanged.append(one)
            held += counted
    changing = [*planned.create, *update]
    for one in changing:
        one.endpoints = [_at_home(endpoint, held) for endpoint in one.endpoints]
    _redistribute(changing, *transfers(allocations, held), held)
    if not held:
        raise Unhintable(NO_HINTS)
    return SlicePlan(planned.create, tuple(update), planned.delete, tuple(unchanged)), held


def without_hints(planned: SlicePlan, template: Template) -> SlicePlan:
    """The plan with every hint taken away; slices that had one are written for it."""
    unchanged, update = [], list(planned.update)
    for one in planned.unchanged:
        if any(endpoint.hints is not None for endpoint in one.endpoints):
            update.append(template.changed(one, one.endpoints))
        else:
            unchanged.append(one)
    for one in [*planned.create, *update]:
        one.endpoints = [_hinted(endpoint, None) for endpoint in one.endpoints]
    return SlicePlan(planned.create, tuple(update), planned.delete, tuple(unchanged))


def _is_ready(endpoint: Endpoint) -> bool:
    return bool(endpoint.conditions.ready)


def _hinted(endpoint: Endpoint, zone: str | None) -> Endpoint:
    return endpoint.model_copy(update={"hints": EndpointHints(forZones=[ForZone(name=zone)]) if zone else None})


def _at_home(endpoint: Endpoint, held: Counter[str]) -> Endpoint:
    if not _is_ready(endpoint):
        return _hinted(endpoint, None)
    if not endpoint.zone:
        raise Unhintable(NO_ZONE)
    held[endpoint.zone] += 1
    return _hinted(endpoint, endpoint.zone)


def _still_good(one: EndpointSlice, held: Counter[str], allocations: Mapping[str, Allocation]) -> Counter[str] | None:
    """The hints of a slice by zone; None when one is missing, or a zone has too many or needs none any more."""
    found: Counter[str] = Counter()
    for endpoint in one.endpoints:
        if not _is_ready(endpoint):
            continue
        if endpoint.hints is None or not endpoint.hints.forZones:
            return None
        found.update(hint.name for hint in endpoint.hints.forZones)
    if any(z not in allocations or held[z] + count > allocations[z].maximum for z, count in found.items()):
        return None
    return found


def _redistribute(
    slices: Sequence[EndpointSlice], giving: Counter[str], receiving: Counter[str], held: Counter[str]
) -> None:
    for one in slices:
        for index, endpoint in enumerate(one.endpoints):
            taker = next((zone for zone in sorted(+receiving)), None)
            if taker is None:
                return
            if _is_ready(endpoint) and giving[endpoint.zone] > 0:
                one.endpoints[index] = _hinted(endpoint, taker)
                giving[endpoint.zone] -= 1
                receiving[taker] -= 1
                held[endpoint.zone] -= 1
                held[taker] += 1


# ---- over time ----


class ZoneHints:
    """What was given to which Service, so that it is told once, and given anew when nodes have changed too much."""

    def __init__(self) -> None:
        self._shares: Shares | None = None
        self._held: dict[Key, dict[str, Counter[str]]] = {}
        self._refused: set[Key] = set()

    def watches(self) -> bool:
        """Whether any Service wants hints: only then do nodes matter."""
        return bool(self._held or self._refused)

    def set_nodes(self, nodes: Iterable[Node]) -> Collection[Key]:
        """Returns the Services whose hints should be given anew."""
        before, self._shares = self._shares, zone_shares(nodes)
        found = {k for k, held in self._held.items() if any(is_overloaded(h, self._shares) for h in held.values())}
        return found | (self._refused if self._shares != before else set())

    def apply(
        self, key: Key, planned: SlicePlan, template: Template, families: Sequence[str]
    ) -> tuple[SlicePlan, list[Said]]:
        """The plan with hints for every address type that can have them; and what to tell about it."""
        done, said = [], []
        self._refused.discard(key)
        for family in families:
            part, known = planned.of_family(family), key in self._held
            try:
                part, held = give_hints(part, template, self._shares)
            except Unhintable as why:
                part = without_hints(part, template)
                self._remove(key, family)
                self._refused.add(key)
                said.append((WARNING, "TopologyAwareHintsDisabled", f"{why}, addressType: {family}"))
            else:
                self._held.setdefault(key, {})[family] = held
                if not known:
                    said.append((NORMAL, "TopologyAwareHintsEnabled", f"{ENABLED}, addressType: {family}"))
            done.append(part)
        return SlicePlan.joined(done, planned.delete), said

    def drop(self, key: Key) -> list[Said]:
        """The Service wants hints no longer, or is gone."""
        self._refused.discard(key)
        families = list(self._held.pop(key, ()))
        return [(WARNING, "TopologyAwareHintsDisabled", f"{DISABLED}, addressType: {f}") for f in families[:1]]

    def _remove(self, key: Key, family: str) -> None:
        held = self._held.get(key, {})
        held.pop(family, None)
        if not held:
            self._held.pop(key, None)
