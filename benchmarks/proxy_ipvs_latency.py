"""How long from "pod ready" until a packet is answered through the cluster IP, among 1,000 Services, with IPVS?

As `proxy_programming_latency`, all of it in one guest where this kernel has no IPVS: etcd, the API server, the
controllers, the proxy and the client share the guest's one processor, and a system call costs more there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks import Row, Settings, place
from benchmarks.proxy_programming_latency import latency


def run(settings: Settings) -> Iterable[Row]:
    place.needs("ipset", "etcd")
    return place.guest(__name__, settings, memory="3G")


def measure(settings: Settings) -> Iterator[Row]:
    return latency(settings, "ipvs")
