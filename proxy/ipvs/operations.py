"""The operations of the IPVS dataplane. Each is a small tuple; `str` of it is the command that would do the same.

Made by `proxy.ipvs.plan`, carried out by `proxy.ipvs.kernel`, printed by `--dry-run`. It calls nothing.
It leaves out iptables: its rules are written once and only the sets they look into change.
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.model.desired import Identity

DUMMY = "kube-ipvs0"
_LETTER = {"TCP": "-t", "UDP": "-u", "SCTP": "--sctp-service"}


def _at(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _server(identity: Identity) -> str:
    return f"{_LETTER[identity.protocol]} {_at(identity.address, identity.port)}"


class Settings(NamedTuple):
    """What a virtual server has beside its destinations; `affinity_seconds` 0 is no persistence."""

    scheduler: str
    affinity_seconds: int

    def __str__(self) -> str:
        return f"-s {self.scheduler}" + (f" -p {self.affinity_seconds}" if self.affinity_seconds else "")


class AddServer(NamedTuple):
    server: Identity
    settings: Settings

    def __str__(self) -> str:
        return f"ipvsadm -A {_server(self.server)} {self.settings}"


class EditServer(NamedTuple):
    server: Identity
    settings: Settings

    def __str__(self) -> str:
        return f"ipvsadm -E {_server(self.server)} {self.settings}"


class DeleteServer(NamedTuple):
    server: Identity

    def __str__(self) -> str:
        return f"ipvsadm -D {_server(self.server)}"


class AddDestination(NamedTuple):
    server: Identity
    address: str
    port: int

    def __str__(self) -> str:
        return f"ipvsadm -a {_server(self.server)} -r {_at(self.address, self.port)} -m -w 1"


class RestoreDestination(NamedTuple):
    """A destination that should serve and has another weight: new connections go to it again."""

    server: Identity
    address: str
    port: int

    def __str__(self) -> str:
        return f"ipvsadm -e {_server(self.server)} -r {_at(self.address, self.port)} -m -w 1"


class DrainDestination(NamedTuple):
    """No new connections; removed when the last one has ended."""

    server: Identity
    address: str
    port: int

    def __str__(self) -> str:
        return f"ipvsadm -e {_server(self.server)} -r {_at(self.address, self.port)} -m -w 0"


class DeleteDestination(NamedTuple):
    server: Identity
    address: str
    port: int

    def __str__(self) -> str:
        return f"ipvsadm -d {_server(self.server)} -r {_at(self.address, self.port)}"


class AddAddress(NamedTuple):
    address: str

    def __str__(self) -> str:
        return f"ip address add {self.address} dev {DUMMY}"


class DeleteAddress(NamedTuple):
    address: str

    def __str__(self) -> str:
        return f"ip address delete {self.address} dev {DUMMY}"


class Member(NamedTuple):
    """An entry of an ipset. Without protocol it is an address alone; `source` is the third part where a set has one."""

    set: str
    address: str
    protocol: str = ""
    port: int = 0
    source: str = ""

    def __str__(self) -> str:
        return self.set + " " + self.entry

    @property
    def entry(self) -> str:
        """As ipset writes it: `10.96.0.10,udp:53`."""
        parts = [self.address]
        if self.protocol:
            parts.append(f"{self.protocol.lower()}:{self.port}")
        if self.source:
            parts.append(self.source)
        return ",".join(parts)


class AddMember(NamedTuple):
    member: Member

    def __str__(self) -> str:
        return f"ipset add {self.member}"


class DeleteMember(NamedTuple):
    member: Member

    def __str__(self) -> str:
        return f"ipset del {self.member}"


DestinationOperation = AddDestination | RestoreDestination | DrainDestination | DeleteDestination
ServerOperation = AddServer | EditServer | DeleteServer
AddressOperation = AddAddress | DeleteAddress
MemberOperation = AddMember | DeleteMember
Operation = DestinationOperation | ServerOperation | AddressOperation | MemberOperation
