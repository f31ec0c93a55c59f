"""What a kernel holds for one virtual server, and how that differs from what it should hold: what a dataplane answers
when it is asked to look instead of to write.

Made by `proxy.nftables.inspect` and `proxy.ipvs.inspect`; shown by `proxy.debug`. It calls nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.model.desired import VirtualServer


class Inspected(NamedTuple):
    """`rules` is what the kernel holds, in the words of its own tool; `problems` are sentences, none when all is so."""

    server: VirtualServer
    rules: tuple[str, ...]
    problems: tuple[str, ...]
