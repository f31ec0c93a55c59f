"""Runs nft, and asks the kernel for the ruleset's generation, which every change by anybody raises.

Called by `proxier`, in a worker thread: it blocks. It calls the nft program and netlink. It leaves out the text.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence

from proxy.netlink.nftables import generation
from proxy.netlink.socket import NETLINK_NETFILTER, NetlinkSocket
from proxy.nftables.lower import Element
from proxy.nftables.skeleton import TABLE
from proxy.steps import Steps, run


class NftError(RuntimeError):
    """nft refused a transaction; nothing of it was done. The text is what it said."""


class Nft:
    """The nft program in this network namespace."""

    def __init__(self) -> None:
        self._netfilter = NetlinkSocket(NETLINK_NETFILTER)

    def close(self) -> None:
        self._netfilter.close()

    def run(self, lines: Sequence[str]) -> None:
        """One transaction: all lines or none. Raises NftError."""
        if not lines:
            return
        done = _nft(["-f", "-"], "\n".join(lines) + "\n")
        if done.returncode:
            raise NftError(_first_lines(done.stderr))

    def listing(self, ip: str) -> Steps[str]:
        """The table's text; empty when there is no such table."""
        return (yield from run(["nft", "list", "table", ip, TABLE])).stdout

    def list_chains(self, ip: str) -> str:
        """The table's text without the elements of its sets and maps; empty when there is no such table."""
        return _nft(["--terse", "list", "table", ip, TABLE]).stdout

    def get_elements(self, ip: str, elements: Iterable[Element]) -> list[str]:
        """What the table holds under these elements' keys, as nft prints it; nothing for those that are not there."""
        lines = [f"get element {ip} {TABLE} {e.set} {{ {e.key} }}" for e in elements]
        together = _nft(["-f", "-"], "\n".join(lines) + "\n")
        if not together.returncode:
            return _tables(together.stdout)
        return [text for line in lines for text in _tables(_nft(["-f", "-"], line + "\n").stdout)]

    def printed(self, lines: Sequence[str], ip: str) -> str:
        """What `listing` would end with once these lines had made a table, found out in a network namespace that
        lives as long as the question. Raises NftError."""
        script = f"nft -f - && nft list table {ip} {TABLE}"
        command, text = ["unshare", "--net", "sh", "-c", script], "\n".join(lines) + "\n"
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NftError(_first_lines(done.stderr))
        return done.stdout

    def generation(self) -> int:
        """A number that grows with every change of any table of this network namespace."""
        return generation(self._netfilter)


def available() -> bool:
    """Whether nft is installed and this kernel serves it; asked in a network namespace that lives as long as the
    question, since some kernels have nftables and none of its families."""
    probe = ["unshare", "--net", "nft", "add table ip probe; add chain ip probe c { type nat hook output priority 0; }"]
    try:
        return subprocess.run(probe, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _tables(text: str) -> list[str]:
    """One text for each table block: each holds one element."""
    return ["table " + part for part in text.split("table ")[1:]]


def _nft(arguments: list[str], text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(["nft", *arguments], input=text, capture_output=True, text=True, check=False)


def _first_lines(text: str) -> str:
    return "; ".join(line.strip() for line in text.strip().splitlines()[:2])[:300]
