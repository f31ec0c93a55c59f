"""Whose packets are whose: how those of the cluster's pods are told from others, and who is masqueraded beyond need.

Made by `__main__` from the flags; read by the rules of both dataplanes. It calls nothing. It leaves out Services.
"""

from __future__ import annotations

from typing import NamedTuple

MARK = 0x4000
"""The bit of the packet mark that asks for masquerading, as kube-proxy's default."""


class Traffic(NamedTuple):
    """Packets of pods come from `cluster_cidr`, or through `interface` (`cni0`; `veth*`: all that begin so). With
    neither, pods cannot be told from others."""

    cluster_cidr: str = ""
    interface: str = ""
    masquerade_all: bool = False
    mark: int = MARK

    @property
    def from_outside_iptables(self) -> str:
        """Words of iptables, with a space at the end; empty where it is not known."""
        if self.interface:
            return f"! -i {self.interface.replace('*', '+')} "
        return f"! -s {self.cluster_cidr} " if self.cluster_cidr else ""

    def nft(self, ip: str, outside: bool) -> str:
        """Words of nft, with a space at the end; empty where it is not known."""
        sign = "!= " if outside else ""
        if self.interface:
            return f'iifname {sign}"{self.interface}" '
        return f"{ip} saddr {sign}{self.cluster_cidr} " if self.cluster_cidr else ""
