"""What DNS needs to know of the cluster, and the records that follow from it. Pure: no sockets, no dnspython.

Called by `cluster_dns.zone`, fed by `cluster_dns.cluster` with what its informers see. Objects are slim: a Service
keeps its addresses and ports, a slice its ready addresses.
Source: Kubernetes DNS-Based Service Discovery, schema version 1.1.0.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

HEADLESS = "None"


class Record(NamedTuple):
    """One resource record. `data` is in zone-file notation; names are absolute, with the last dot."""

    name: str
    ttl: int
    type: str
    data: str

    def __str__(self) -> str:
        return f"{self.name} {self.ttl} IN {self.type} {self.data}"


class Port(NamedTuple):
    name: str
    protocol: str  # lower case, as it stands in names: `_tcp`
    port: int


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """What a Service says to DNS. `cluster_ips` is empty for headless and ExternalName Services."""

    namespace: str
    name: str
    cluster_ips: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    external_name: str = ""
    headless: bool = False


@dataclass(frozen=True, slots=True)
class EndpointInfo:
    """One address of a headless Service, under the name by which it is found."""

    address: str
    hostname: str


@dataclass(frozen=True, slots=True)
class SliceInfo:
    """The addresses of one EndpointSlice that DNS publishes, and its ports."""

    namespace: str
    name: str
    service: str
    endpoints: tuple[EndpointInfo, ...] = ()
    ports: tuple[Port, ...] = ()


def address_type(address: str) -> str:
    """`A` or `AAAA`."""
    return "AAAA" if ":" in address else "A"


def is_address(text: str) -> bool:
    """Whether it is an IP address, and not a name."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def endpoint_hostname(hostname: str, address: str) -> str:
    """The first label of an endpoint's own name: its pod's hostname, else its address with dashes."""
    return hostname or address.replace(".", "-").replace(":", "-")


def reverse_name(address: str) -> str:
    """The name that a PTR query asks for: `1.0.96.10.in-addr.arpa.`"""
    return ipaddress.ip_address(address).reverse_pointer + "."


def address_of_reverse(name: str) -> str | None:
    """The address that a reverse name stands for; None for one that is incomplete or malformed."""
    labels = name.rstrip(".").lower().split(".")
    try:
        if labels[-2:] == ["in-addr", "arpa"] and len(labels) == 6:
            return str(ipaddress.IPv4Address(".".join(reversed(labels[:4]))))
        if labels[-2:] == ["ip6", "arpa"] and len(labels) == 34:
            digits = "".join(reversed(labels[:32]))
            return str(ipaddress.IPv6Address(":".join(digits[i : i + 4] for i in range(0, 32, 4))))
    except ValueError:
        pass
    return None


def pod_address(label: str) -> str | None:
    """`10-244-1-2` -> `10.244.1.2`: the address in the name of a pod record; None when it is none."""
    if label.count("-") == 3 and ":" not in label:
        candidate = label.replace("-", ".")
    else:
        candidate = label.replace("-", ":")
    try:
        return str(ipaddress.ip_address(candidate))
    except ValueError:
        return None


def unique(records: Iterator[Record]) -> tuple[Record, ...]:
    """Without repetition, in order."""
    return tuple(dict.fromkeys(records))
