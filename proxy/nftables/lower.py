"""One Service's state in the terms of nftables: elements of maps and sets, and the few chains it needs.

Called by `plan` and `proxier`. It calls `skeleton` for names; pure. It leaves out writing.

A Service costs elements, not chains: its address, protocol and port lead to `tcp-balance-3` when it has three
endpoints, and that one chain serves all Services with three. It draws a number and looks up who that is:

    dnat ip to ip daddr . tcp dport . numgen random mod 3 map @tcp-endpoints

So a changed endpoint is one element, and the ruleset of 10,000 Services has a dozen chains. Chains of its own has only
what a map cannot say: session affinity and source ranges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from proxy.model.desired import Backend, Reach, ServiceState, VirtualServer
from proxy.nftables import skeleton
from proxy.nftables.skeleton import Chain, Settings

_LONGEST_NAME = 100
_LONGEST_COMMENT = 120


class Element(NamedTuple):
    """An entry of a map, or of a set where `value` is empty. The comment tells a reader whose it is."""

    set: str
    key: str
    value: str = ""
    comment: str = ""


class SharedChain(NamedTuple):
    """A chain that serves several Services."""

    name: str
    chain: Chain


class SharedMap(NamedTuple):
    """A map that holds the elements of several Services."""

    name: str
    type: str


class Lowered(NamedTuple):
    """What one Service needs in the table. `shared` may be wanted by several Services."""

    elements: dict[tuple[str, str], Element]
    chains: dict[str, Chain]
    sets: dict[str, tuple[str, str]]
    shared: set[Shareable]


Shareable = Element | SharedChain | SharedMap


def lower(state: ServiceState, settings: Settings) -> Lowered:
    """What the Service needs in the table of this family."""
    lowered = Lowered({}, {}, {}, set())
    for server in state.servers:
        if server.identity.family == settings.family:
            _Lowering(server, settings, lowered).run()
    return lowered


class _Lowering:
    """One virtual server, written into a `Lowered`."""

    def __init__(self, server: VirtualServer, settings: Settings, into: Lowered):
        self.server, self.settings, self.into = server, settings, into
        _, address, protocol, port = server.identity
        self.protocol = protocol.lower()
        self.is_node_port = server.reach is Reach.NODE_PORT
        self.key = f"{self.protocol} . {port}" if self.is_node_port else f"{address} . {self.protocol} . {port}"

    def run(self) -> None:
        server = self.server
        if server.reach is Reach.CLUSTER_IP:
            self.into.shared.add(Element(skeleton.CLUSTER_IPS, server.identity.address))
        if server.source_ranges and not any(r.endswith("/0") for r in server.source_ranges):
            self._firewall()
        if server.endpoints:
            self._element(skeleton.NODE_PORTS if self.is_node_port else skeleton.SERVICES, self._verdict())
            self._hairpins()
        else:
            verdict = f"goto {skeleton.REFUSE}" if server.refuse else "drop"
            self._element(skeleton.NODE_PORTS_NO_ENDPOINTS if self.is_node_port else skeleton.NO_ENDPOINTS, verdict)

    # ---- where a packet goes ----

    def _verdict(self) -> str:
        server = self.server
        inside = self._chain_to(server.endpoints, local=False)
        if server.reach is Reach.CLUSTER_IP:
            return f"goto {inside}"
        if server.outside is None:
            return f"goto {self._external(inside)}"
        return f"goto {self._external_local(inside)}"

    def _chain_to(self, endpoints: Sequence[Backend], local: bool) -> str:
        """The chain that picks one of these endpoints."""
        if self.server.affinity_seconds:
            return self._sticky(endpoints, local)
        kind = ("node-port-" if self.is_node_port else "") + ("local-" if local else "")
        map_name = f"{self.protocol}-{kind}endpoints"
        lookup, key = self._lookup()
        self.into.shared.add(SharedMap(map_name, f"typeof {lookup} . numgen random mod 2 : {self._backend_type()}"))
        for turn, backend in enumerate(endpoints):
            self._element(map_name, f"{backend.address} . {backend.port}", f"{key} . {turn}", comment=False)
        pick = f"dnat {self.settings.ip} to {lookup} . numgen random mod {len(endpoints)} map @{map_name}"
        return self._share(f"{self.protocol}-{kind}balance-{len(endpoints)}", [pick])

    def _lookup(self) -> tuple[str, str]:
        """What endpoints are looked up by, and its value here. A port is named by its protocol: nft 1.0 cannot rewrite
        to what a map of `th dport` holds."""
        _, address, _, port = self.server.identity
        by_port = f"{self.protocol} dport"
        return (
            (by_port, str(port))
            if self.is_node_port
            else (f"{self.settings.ip} daddr . {by_port}", f"{address} . {port}")
        )

    def _backend_type(self) -> str:
        return f"{self.settings.ip} daddr . {self.protocol} dport"

    def _external(self, inside: str) -> str:
        """Clients outside are masqueraded: the answer must come back through this node."""
        rules = ["jump mark-for-masquerade", f"goto {inside}"]
        return self._own_or_shared(f"external-{inside}", rules)

    def _external_local(self, inside: str) -> str:
        """externalTrafficPolicy Local: pods and this node reach all endpoints, the others those here, unmasqueraded."""
        outside, from_pods = self.server.outside or (), self.settings.traffic.nft(self.settings.ip, outside=False)
        rules = [f"{from_pods}goto {inside}"] if from_pods else []
        rules += ["fib saddr type local jump mark-for-masquerade", f"fib saddr type local goto {inside}"]
        if outside:
            rules.append(f"goto {self._chain_to(outside, local=True)}")
        else:
            rules.append("drop")
        return self._own_or_shared(f"external-local-{len(outside)}-{inside}", rules)

    def _hairpins(self) -> None:
        for backend in {*self.server.endpoints, *(self.server.outside or ())}:
            if backend.local:
                self.into.shared.add(Element(skeleton.HAIRPIN, f"{backend.address} . {backend.address}"))

    # ---- what needs chains of its own ----

    def _sticky(self, endpoints: Sequence[Backend], local: bool) -> str:
        """Session affinity: each endpoint has a timed set of its clients, looked at before a new one is drawn."""
        ip, seconds = self.settings.ip, self.server.affinity_seconds
        chain = self._name("sticky-local" if local else "sticky")
        remembered, chosen = [], []
        for turn, backend in enumerate(endpoints):
            at = f"{chain}/{backend.address.replace(':', '.')}/{backend.port}"
            self.into.sets[at] = ("set", f"typeof {ip} saddr; size 65535; flags dynamic,timeout; timeout {seconds}s")
            target = f"[{backend.address}]" if self.settings.family == 6 else backend.address
            self.into.chains[at] = Chain(
                "", (f"update @{at} {{ {ip} saddr }}", f"meta l4proto {self.protocol} dnat to {target}:{backend.port}")
            )
            remembered.append(f"{ip} saddr @{at} goto {at}")
            chosen.append(f"{turn} : goto {at}")
        choose = f"numgen random mod {len(endpoints)} vmap {{ {', '.join(chosen)} }}"
        self.into.chains[chain] = Chain("", (*remembered, choose))
        return chain

    def _firewall(self) -> None:
        chain, ip = self._name("source-ranges"), self.settings.ip
        rule = f"{ip} saddr != {{ {', '.join(self.server.source_ranges)} }} drop"
        self.into.chains[chain] = Chain("", (rule,))
        self._element(skeleton.FIREWALL, f"goto {chain}")

    # ---- writing ----

    def _element(self, set_name: str, value: str, key: str = "", comment: bool = True) -> None:
        key = key or self.key
        self.into.elements[set_name, key] = Element(
            set_name, key, value, self.server.name[:_LONGEST_COMMENT] if comment else ""
        )

    def _share(self, name: str, rules: Sequence[str]) -> str:
        self.into.shared.add(SharedChain(name, Chain("", tuple(rules))))
        return name

    def _own_or_shared(self, name: str, rules: Sequence[str]) -> str:
        """A chain that leads to chains of one Service is that Service's own."""
        if not self.server.affinity_seconds:
            return self._share(name, rules)
        own = self._name("external")
        self.into.chains[own] = Chain("", tuple(rules))
        return own

    def _name(self, kind: str) -> str:
        """Unique by its hash, readable by the rest."""
        digest = hashlib.sha256("/".join(map(str, self.server.identity)).encode()).hexdigest()[:8]
        return f"{kind}-{digest}-{self.server.name.replace(':', '/')}"[:_LONGEST_NAME].rstrip("-./")


def render(element: Element) -> str:
    """As in `add element ... { HERE }`."""
    comment = f' comment "{element.comment}"' if element.comment else ""
    return f"{element.key}{comment}" + (f" : {element.value}" if element.value else "")
