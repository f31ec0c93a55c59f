"""Compares what IPVS holds for one Service with what it should hold, without writing.

Called by `proxier`, for `proxy.debug`. It calls `lower` and `kernel`. It leaves out the rules that all Services share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from proxy.inspected import Inspected
from proxy.ipvs.kernel import Kernel
from proxy.ipvs.lower import Here, Wanted, identities, lower
from proxy.ipvs.messages import Destination
from proxy.ipvs.operations import DUMMY, Member, Settings
from proxy.model.desired import Identity, ServiceState, VirtualServer
from proxy.steps import at_once


class Held(NamedTuple):
    """What the kernel holds."""

    settings: Mapping[Identity, Settings]
    destinations: Mapping[Identity, Sequence[Destination]]
    addresses: Set[str]
    members: Set[Member]


def read(kernel: Kernel, here: Here, state: ServiceState) -> Held:
    """All virtual servers, addresses and members; destinations of this Service's only. Raises OSError, RuntimeError."""
    wanted = [identity for server in state.servers for identity in identities(server, here)]
    found = at_once(kernel.read())
    destinations = {identity: kernel.destinations(identity) for identity in wanted if identity in found.servers}
    return Held(found.servers, destinations, found.bound, found.members)


def inspect(held: Held, here: Here, state: ServiceState) -> list[Inspected]:
    """Each virtual server of the Service, as the kernel has it. Pure."""
    return [_inspected(server, held, here) for server in state.servers]


def _inspected(server: VirtualServer, held: Held, here: Here) -> Inspected:
    lowered = lower(ServiceState((server,)), here)
    rules = [line for identity in lowered.servers for line in _lines(identity, held)]
    problems = [text for wanted in lowered.servers.values() for text in _differences(wanted, held)]
    problems += [f"{DUMMY} does not hold {address}" for address in sorted(lowered.addresses - held.addresses)]
    problems += [f"the set {m.set} lacks {m.address}" for m in sorted(lowered.members - held.members)]
    return Inspected(server, tuple(rules), tuple(problems))


def _lines(identity: Identity, held: Held) -> Iterable[str]:
    """As `ipvsadm -Ln` shows it."""
    if identity not in held.settings:
        return
    yield f"{identity.protocol} {_at(identity.address, identity.port)} {str(held.settings[identity])[3:]}"
    for d in held.destinations[identity]:
        counts = f"weight {d.weight} active {d.active} inactive {d.inactive}"
        yield f"  -> {_at(d.address, d.port)} Masq {counts}"


def _differences(wanted: Wanted, held: Held) -> Iterable[str]:
    identity = wanted.identity
    shown = f"{identity.protocol} {_at(identity.address, identity.port)}"
    if identity not in held.settings:
        yield f"no virtual server {shown}"
        return
    serving = {(d.address, d.port) for d in held.destinations[identity] if d.weight}
    backends = {(b.address, b.port) for b in wanted.backends}
    for address, port in sorted(backends - serving):
        yield f"{shown} does not lead to {_at(address, port)}"
    for address, port in sorted(serving - backends):
        yield f"{shown} leads to {_at(address, port)}, which is no endpoint of it"


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
