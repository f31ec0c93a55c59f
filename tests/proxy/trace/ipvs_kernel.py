"""IPVS, ipset and iptables in memory: carries operations out, prints itself, and can be asked where a packet goes.

It stands for `proxy.ipvs.kernel.Kernel` in tests. The rules are those of `proxy.ipvs.rules`, word by word; it fails
on a word it does not know. Instead of drawing a destination it follows every one.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import replace

from proxy.ipvs import operations as op
from proxy.ipvs.holdings import Holdings
from proxy.ipvs.kernel import remedy
from proxy.ipvs.messages import Destination
from proxy.ipvs.rules import tables
from proxy.model.desired import Identity
from proxy.model.traffic import Traffic
from proxy.steps import Steps
from tests.proxy.trace.packet import OWN, Packet, outcome, within

DROPPED, REFUSED = "dropped", "refused"


class IpvsKernel:
    """Stateful fake of the kernel, in the terms of `proxy.ipvs.kernel.Kernel`."""

    families = (4,)

    def __init__(self, cluster_cidr: str = "10.244.0.0/16") -> None:
        self.virtual_servers: dict[Identity, op.Settings] = {}
        self.weights: dict[Identity, dict[tuple[str, int], int]] = {}
        self.connections: dict[tuple[Identity, str, int], int] = {}
        self.addresses: set[str] = set()
        self.sets: set[op.Member] = set()
        self.refusing: set[Identity] = set()
        self.chains: dict[str, dict[str, list[str]]] = {}
        self._cluster_cidr = cluster_cidr

    # ---- proxy.ipvs.kernel.Kernel ----

    def prepare(self) -> Steps[list[str]]:
        yield
        for table in tables(4, Traffic(self._cluster_cidr)):
            chains = self.chains[table.name] = dict(table.chains)
            for hook, target in table.jumps:
                chains[hook] = [f"-j {target}"]
        return []

    def execute(self, operations: Sequence[op.Operation]) -> dict[int, OSError]:
        failures = {}
        for index, operation in enumerate(operations):
            number = self._one(operation)
            if number:
                instead = remedy(operation, number)
                number = number if instead is None else 0 if instead is operation else self._one(instead)
            if number:
                failures[index] = OSError(number, "told by the fake")
        return failures

    def read(self) -> Steps[Holdings]:
        """What is there at the first step; others go in between as they like."""
        found = Holdings(dict(self.virtual_servers), set(self.addresses), sorted(OWN), set(self.sets))
        yield
        return found

    def destinations(self, server: Identity) -> list[Destination]:
        found = self.weights.get(server, {})
        return [Destination(*at, weight, self.connections.get((server, *at), 0), 0) for at, weight in found.items()]

    def remove_everything(self, servers: Iterable[Identity]) -> None:
        for server in servers:
            del self.virtual_servers[server], self.weights[server]
        self.addresses.clear()
        self.sets.clear()
        self.chains.clear()

    def close(self) -> None:
        pass

    def dump(self) -> str:
        """As `ipvsadm -Sn` would, with the addresses and the members of sets."""
        lines = []
        for server, settings in sorted(self.virtual_servers.items()):
            lines.append(str(op.AddServer(server, settings)))
            for at, weight in sorted(self.weights[server].items()):
                lines.append(str(op.AddDestination(server, *at)).replace("-w 1", f"-w {weight}"))
        lines += [f"ip address add {a} dev kube-ipvs0" for a in sorted(self.addresses)]
        return "\n".join(lines + sorted(f"ipset add {m}" for m in self.sets))

    def _one(self, operation: op.Operation) -> int:
        """Carries one operation out; returns the errno that the kernel would."""
        match operation:
            case op.AddServer(server) | op.EditServer(server) | op.DeleteServer(server) if server in self.refusing:
                return errno.EINVAL
            case op.AddServer(server, settings):
                if server in self.virtual_servers:
                    return errno.EEXIST
                self.virtual_servers[server], self.weights[server] = settings, {}
            case op.EditServer(server, settings):
                if server not in self.virtual_servers:
                    return errno.ESRCH
                self.virtual_servers[server] = settings
            case op.DeleteServer(server):
                if server not in self.virtual_servers:
                    return errno.ESRCH
                del self.virtual_servers[server], self.weights[server]
            case op.AddAddress(address):
                self.addresses.add(address)
            case op.DeleteAddress(address):
                self.addresses.discard(address)
            case op.AddMember(member):
                self.sets.add(member)
            case op.DeleteMember(member):
                self.sets.discard(member)
            case _:
                return self._destination(operation)
        return 0

    def _destination(self, operation: op.DestinationOperation) -> int:
        server, at = operation.server, (operation.address, operation.port)
        if server not in self.virtual_servers:
            return errno.ESRCH
        there = self.weights[server]
        adding = isinstance(operation, op.AddDestination)
        if adding == (at in there):
            return errno.EEXIST if adding else errno.ENOENT
        if isinstance(operation, op.DeleteDestination):
            del there[at]
        else:
            there[at] = 0 if isinstance(operation, op.DrainDestination) else 1
        return 0

    # ---- where a packet goes ----

    def trace(self, packet: Packet) -> set[str]:
        """All outcomes that the choice of a destination allows."""
        hooks = (
            [("mangle", "OUTPUT"), ("nat", "OUTPUT")]
            if packet.from_node
            else [("mangle", "PREROUTING"), ("nat", "PREROUTING")]
        )
        verdict, packet = self._hooks(packet, hooks)
        if verdict:
            return {verdict}
        if packet.destination not in self.addresses | OWN:
            return {DROPPED}
        if not packet.from_node:  # the node's own packets meet IPVS before INPUT
            verdict, packet = self._hooks(packet, [("filter", "INPUT")])
            if verdict:
                return {verdict}
        server = Identity(4, packet.destination, "TCP", packet.port)
        chosen = [at for at, weight in self.weights.get(server, {}).items() if weight]
        if not chosen:
            return {REFUSED}  # by IPVS where there is a server, else by the filter or since nobody listens
        return {self._leaving(replace(packet, chosen=at)) for at in chosen}

    def _leaving(self, packet: Packet) -> str:
        return outcome(self._hooks(packet, [("nat", "POSTROUTING")])[1])

    def _hooks(self, packet: Packet, hooks: list[tuple[str, str]]) -> tuple[str, Packet]:
        for table, chain in hooks:
            verdict, packet = self._chain(packet, self.chains[table], chain)
            if verdict in (DROPPED, REFUSED):
                return verdict, packet
        return "", packet

    def _chain(self, packet: Packet, chains: dict[str, list[str]], name: str) -> tuple[str, Packet]:
        for rule in chains.get(name, []):
            target = self._target(packet, rule.split())
            if target is None:
                continue
            word, *more = target
            if word in chains:
                verdict, packet = self._chain(packet, chains, word)
                if verdict:
                    return verdict, packet
            elif word == "MARK":
                value, mask = (int(x, 16) for x in more[-1].split("/"))
                packet = replace(packet, mark=(packet.mark & ~mask) ^ value)
            elif word == "MASQUERADE":
                return "ACCEPT", replace(packet, masqueraded=True)
            else:
                return {"DROP": DROPPED, "REJECT": REFUSED, "RETURN": ""}[word], packet
        return "", packet

    def _target(self, packet: Packet, words: list[str]) -> list[str] | None:
        """The words after -j, when all matches before hold."""
        while words:
            match words:
                case ["-j", *target]:
                    return target
                case ["!", "-s", prefix, *words]:
                    holds = not within(packet.source, prefix)
                case ["-m", "addrtype", "!", "--src-type", "LOCAL", *words]:
                    holds = not packet.source_is_local
                case ["-m", "conntrack", "!", "--ctstate", "NEW", *words]:
                    holds = False
                case ["-m", "mark", "!", "--mark", mark, *words]:
                    holds = packet.mark & int(mark.split("/")[1], 16) != int(mark.split("/")[0], 16)
                case ["-m", "set", "--match-set", name, directions, *words]:
                    holds = self._is_member(packet, name, directions.split(","))
                case ["-p", "tcp", *words]:
                    holds = True
                case _:
                    raise AssertionError(f"what is {' '.join(words)}?")
            if not holds:
                return None
        return None

    def _is_member(self, packet: Packet, name: str, directions: list[str]) -> bool:
        address, port = packet.chosen or (packet.destination, packet.port)
        for member in self.sets:
            if member.set != name or member.address != address:
                continue
            if len(directions) > 1 and (member.protocol, member.port) != ("TCP", port):
                continue
            if len(directions) < 3 or within(packet.source, member.source):
                return True
        return False
