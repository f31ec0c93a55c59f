"""The pods' network on this node: a namespace, an address and a link to the bridge for each pod.

Called by the process runtime, and by the kubelet, which tells it the node's pod CIDRs when it learns them. It calls
`ip` through `kubelet.network.commands`, with the lines of `kubelet.network.plan`.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from kubelet.network import plan
from kubelet.network.commands import NetworkError, batch, ip
from kubelet.network.ipam import Addresses, Network

MTU = 1500
_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv6/conf/all/forwarding": "1",
    # Neighbours on the bridge talk through the node; it must not tell them a shorter way.
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
}


class PodNetwork:
    """Networks of pods by UID. Not ready until the node's pod CIDRs are known."""

    def __init__(self, bridge: str, state: Path):
        self.bridge = bridge
        self.addresses = Addresses(state)
        self.networks: tuple[Network, ...] = ()

    @property
    def ready(self) -> bool:
        return bool(self.networks)

    async def configure(self, pod_cidrs: Sequence[str]) -> None:
        """Makes the bridge for these CIDRs. Raises NetworkError."""
        networks = tuple(ipaddress.ip_network(cidr) for cidr in pod_cidrs)
        if networks == self.networks:
            return
        _write_sysctls()
        await batch(plan.bridge(self.bridge, networks), force=True)
        shown = await ip("-o", "addr", "show", "dev", self.bridge)
        missing = [str(net[1]) for net in networks if f" {net[1]}/" not in shown]
        if missing:
            raise NetworkError(f"{self.bridge} has no address {', '.join(missing)}")
        self.networks = networks

    @staticmethod
    def netns(uid: str) -> str:
        """The name of the pod's network namespace, as `ip netns` lists it."""
        return f"pod-{uid}"

    @classmethod
    def path(cls, uid: str) -> str:
        return f"/run/netns/{cls.netns(uid)}"

    @classmethod
    def _exists(cls, uid: str) -> bool:
        return os.path.exists(cls.path(uid))

    async def create(self, uid: str) -> tuple[str, ...]:
        """A network for a pod: its addresses. Making it again changes nothing. Raises NetworkError, Exhausted."""
        addresses = self.addresses.allocate(uid, self.networks)
        name = self.netns(uid)
        if self._exists(uid):
            await self._delete_links(uid)  # made half by a kubelet that was killed
        await ip("netns", "add", name)
        await batch(plan.pod_link(self.bridge, uid, name, MTU))
        await batch(plan.pod_addresses(addresses, self.networks), netns=name)
        return addresses

    async def delete(self, uid: str) -> None:
        """Takes the pod's network away; one that is not there is no error."""
        await self._delete_links(uid)
        self.addresses.release(uid)

    async def _delete_links(self, uid: str) -> None:
        # A namespace ends some time after its name has gone; its link must end now, so that the name is free.
        await batch([f"link del {plan.link_name(uid)}"], force=True)
        if self._exists(uid):
            await ip("netns", "del", self.netns(uid))

    async def delete_all_but(self, known: Iterable[str]) -> None:
        """Takes away what is left of pods of which nothing else is known: a kubelet was killed before it had noted
        them, and the API has forgotten them since. Raises NetworkError."""
        for uid in self.addresses.owners() - set(known):
            await self.delete(uid)


def _write_sysctls() -> None:
    for key, value in _SYSCTLS.items():
        with suppress(OSError):
            Path("/proc/sys", key).write_text(value)
