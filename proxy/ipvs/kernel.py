"""Carries operations out in the kernel, in batches, and reads the kernel's state back.

Called by `proxy.ipvs.proxier`, in a worker thread: it blocks. It calls netlink, and ipset and iptables for what is
written once. It leaves out deciding anything.
"""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from proxy.ipvs import ipset, iptables, messages, rules, sysctls
from proxy.ipvs.holdings import Holdings, read, set_names
from proxy.ipvs.operations import (
    DUMMY,
    AddAddress,
    AddDestination,
    AddMember,
    AddServer,
    DeleteAddress,
    DeleteDestination,
    DeleteMember,
    DeleteServer,
    DrainDestination,
    EditServer,
    Operation,
    RestoreDestination,
)
from proxy.model.desired import Identity
from proxy.model.traffic import Traffic
from proxy.netlink.rtnetlink import RouteSocket
from proxy.netlink.socket import NETLINK_GENERIC, NETLINK_NETFILTER, NetlinkError, NetlinkSocket
from proxy.node_settings import Sysctl, ensure, ensure_forwarding
from proxy.steps import Steps

Failures = dict[int, OSError]
"""Index of the operation -> why the kernel refused it."""

_GONE = {errno.ENOENT, errno.ESRCH}


def available() -> bool:
    """Whether this kernel has IPVS."""
    try:
        with NetlinkSocket(NETLINK_GENERIC) as probe:
            probe.genl_family(messages.FAMILY_NAME)
        return True
    except OSError:
        return False


class Options(NamedTuple):
    """`timeouts`: seconds of TCP connections, of those after a FIN, of UDP flows; 0: as it is."""

    strict_arp: bool = False
    timeouts: tuple[float, float, float] = (0, 0, 0)
    settings: Sequence[Sysctl] = ()


DEFAULT = Options()


class Kernel:
    """IPVS, `kube-ipvs0`, the sets and the rules of one network namespace."""

    def __init__(self, traffic: Mapping[int, Traffic], options: Options = DEFAULT):
        """`traffic`: of each family that is proxied."""
        self.families = tuple(traffic)
        self._options = options
        self._generic = NetlinkSocket(NETLINK_GENERIC)
        self._netfilter = NetlinkSocket(NETLINK_NETFILTER)
        self._route = RouteSocket()
        self._ipvs = self._generic.genl_family(messages.FAMILY_NAME)
        self._dummy = 0
        self._iptables = [
            iptables.Iptables(program, rules.tables(family, traffic[family]))
            for family in self.families
            if (program := iptables.choose(family))
        ]

    def close(self) -> None:
        self._generic.close()
        self._netfilter.close()
        self._route.close()

    def prepare(self) -> Steps[list[str]]:
        """What every virtual server relies on: settings, sets, masquerading rules, the dummy. Cheap when all is there.

        Masquerading comes first: a node whose virtual servers work before it cuts connections off.
        Returns sentences about what is amiss.
        """
        problems = self._set_sysctls()
        self._set_timeouts()
        if not all(map(self._has_set, set_names(self.families))):
            _ipset(["restore", "-exist"], "".join(map(rules.create_sets, self.families)))
        if not self._iptables:
            problems.append("no usable iptables: traffic from outside the cluster will not be masqueraded")
        for one in self._iptables:
            yield from one.ensure()
        self._dummy = self._route.ensure_dummy(DUMMY, up=6 in self.families)
        return problems

    def execute(self, operations: Sequence[Operation]) -> Failures:
        """Carries the operations out in their order. Each stands alone; returns those that failed."""
        failures: Failures = {}
        done = 0
        for way, group in groupby(operations, key=_way):
            batch = list(group)
            for index, error in _WAYS[way](self, batch).items():
                failures[done + index] = error
            done += len(batch)
        return failures

    # ---- reading ----

    def read(self) -> Steps[Holdings]:
        """All that is there, but for destinations. Raises OSError."""
        return read(self.families)

    def destinations(self, server: Identity) -> list[messages.Destination]:
        """The destinations of a virtual server; none when it does not exist."""
        try:
            found = self._generic.read((self._ipvs, 0, messages.list_destinations(server)))
        except NetlinkError as error:
            if error.errno in _GONE:
                return []
            raise
        return [messages.parse_destination(payload) for payload in found]

    def _has_set(self, name: str) -> bool:
        try:
            self._netfilter.ask(ipset.header_message(name))
        except NetlinkError as error:
            if error.errno != errno.ENOENT:
                raise
            return False
        return True

    # ---- taking all away ----

    def remove_everything(self, servers: Iterable[Identity]) -> None:
        """Removes these virtual servers, then the dummy, the rules and the sets."""
        self.execute([DeleteServer(server) for server in servers])
        self._route.delete_link(DUMMY)
        for one in self._iptables:
            one.remove()
        _ipset(["restore"], "".join(f"destroy {name}\n" for name in set_names(self.families) if self._has_set(name)))

    # ---- how each kind of operation is carried out ----

    def _execute_ipvs(self, batch: Sequence[Operation]) -> Failures:
        failures = self._generic.send_all([(self._ipvs, 0, _PACK[type(operation)](operation)) for operation in batch])
        return self._second_try(batch, failures) if failures else failures

    def _execute_addresses(self, batch: Sequence[Operation]) -> Failures:
        change = self._route.add if isinstance(batch[0], AddAddress) else self._route.remove
        return change(self._dummy, [op.address for op in batch])

    def _execute_members(self, batch: Sequence[Operation]) -> Failures:
        return self._netfilter.send_all([ipset.member_message(op) for op in batch])

    def _second_try(self, batch: Sequence[Operation], failures: Failures) -> Failures:
        """The table was not as we thought, but another operation may lead to the same end."""
        remaining: Failures = {}
        for index, error in failures.items():
            instead = remedy(batch[index], error.errno or 0)
            if instead is None:
                remaining[index] = error
            elif instead is not batch[index]:
                for again in self._generic.send_all([(self._ipvs, 0, _PACK[type(instead)](instead))]).values():
                    remaining[index] = again
        return remaining

    def _set_sysctls(self) -> list[str]:
        forwarding = ensure_forwarding(self.families)
        strict_arp = sysctls.STRICT_ARP if self._options.strict_arp else []
        return forwarding + ensure([*sysctls.IPVS, *strict_arp, *self._options.settings])

    def _set_timeouts(self) -> None:
        if any(self._options.timeouts):
            self._generic.request((self._ipvs, 0, messages.timeouts_message(*self._options.timeouts)))


_WAYS: dict[str, Callable[[Kernel, Sequence[Operation]], Failures]] = {
    "ipvs": Kernel._execute_ipvs,
    "add address": Kernel._execute_addresses,
    "delete address": Kernel._execute_addresses,
    "member": Kernel._execute_members,
}
_PACK: dict[type, Callable[[Any], bytes]] = {
    AddServer: messages.server_message, EditServer: messages.server_message, DeleteServer: messages.server_message,
    AddDestination: messages.destination_message, RestoreDestination: messages.destination_message,
    DrainDestination: messages.destination_message, DeleteDestination: messages.destination_message,
}  # fmt: skip
_KINDS: dict[type, str] = {
    AddAddress: "add address", DeleteAddress: "delete address", AddMember: "member", DeleteMember: "member",
}  # fmt: skip


def _way(operation: Operation) -> str:
    return _KINDS.get(type(operation), "ipvs")


def remedy(operation: Operation, number: int) -> Operation | None:
    """What to do instead: the operation itself when its end is reached already, None when it failed."""
    match operation:
        case AddServer(server, settings) if number == errno.EEXIST:
            return EditServer(server, settings)
        case AddDestination(server, address, port) if number == errno.EEXIST:
            return RestoreDestination(server, address, port)
        case RestoreDestination(server, address, port) if number == errno.ENOENT:
            return AddDestination(server, address, port)
        case DeleteServer() | DrainDestination() | DeleteDestination() if number in _GONE:
            return operation
    return None


def _ipset(arguments: list[str], text: str = "") -> str:
    done = subprocess.run(["ipset", *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ipset {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
