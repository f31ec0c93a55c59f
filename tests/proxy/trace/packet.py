"""A virtual packet on the test network, and what becomes of it: shared by the tracers of both dataplanes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

OWN = {"192.168.77.11", "10.244.1.1"}
"""node1's addresses."""
CLIENTS = {
    "pod1": "10.244.1.2",
    "pod2": "10.244.1.3",
    "pod3": "10.244.2.2",
    "outside": "192.168.77.200",
    "node1": "192.168.77.11",
}
PODS = {"10.244.1.2": "pod1", "10.244.1.3": "pod2", "10.244.2.2": "pod3"}


@dataclass(frozen=True)
class Packet:
    """The first packet of a TCP connection. `to`: the endpoint that was chosen; `masqueraded`: leaves as the node's."""

    source: str
    destination: str
    port: int
    from_node: bool = False
    mark: int = 0
    chosen: tuple[str, int] | None = None
    masqueraded: bool = False

    @property
    def source_is_local(self) -> bool:
        return self.from_node or self.source in OWN


def within(address: str, prefix: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(prefix)


def outcome(packet: Packet) -> str:
    """What the client gets, as the real world's `ask` says it: `pod1 10.244.1.1`."""
    assert packet.chosen is not None
    address, port = packet.chosen
    assert port == 8080
    on_this_node = address.startswith("10.244.1.")
    masqueraded = packet.masqueraded or packet.from_node  # the node's own connections start with its own address
    seen = ("10.244.1.1" if on_this_node else "192.168.77.11") if masqueraded else packet.source
    return f"{PODS[address]} {seen}"
