"""The kernel settings that both dataplanes need.

Called by the proxiers. It calls nothing but /proc/sys of its own network namespace. It leaves out IPVS's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

ROOT = Path("/proc/sys")


class Sysctl(NamedTuple):
    name: str
    value: str
    why: str
    optional: bool = False


_BRIDGED = "answers between pods of one bridge pass conntrack"
FORWARDING = {
    4: [
        Sysctl("net/ipv4/ip_forward", "1", "pods are behind this node"),
        Sysctl("net/bridge/bridge-nf-call-iptables", "1", _BRIDGED, True),
    ],
    6: [
        Sysctl("net/ipv6/conf/all/forwarding", "1", "pods are behind this node"),
        Sysctl("net/bridge/bridge-nf-call-ip6tables", "1", _BRIDGED, True),
    ],
}


def ensure_forwarding(families: Iterable[int]) -> list[str]:
    """Sets what both dataplanes need."""
    return ensure([setting for family in families for setting in FORWARDING[family]])


def ensure(settings: Iterable[Sysctl], root: Path = ROOT) -> list[str]:
    """Sets what differs. Returns one sentence for each that could not be set and is not optional."""
    problems = []
    for setting in settings:
        path = root / setting.name
        try:
            if path.read_text().split() != [setting.value]:
                path.write_text(setting.value)
        except OSError as error:
            if not setting.optional:
                problems.append(f"cannot set {setting.name} to {setting.value} ({setting.why}): {error.strerror}")
    return problems
