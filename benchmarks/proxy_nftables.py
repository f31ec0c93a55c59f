"""How fast is nftables programmed, and how much memory does the proxy need for it?

A start with 10,000 Services x 10 endpoints, one added Service and one changed endpoint among few and among many, and a
comparison with the kernel: while nobody else wrote, and after somebody did.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator

from benchmarks import Row, Settings, place
from benchmarks.proxy_table import (
    CIDR,
    Agent,
    add_a_service,
    change_an_endpoint,
    milliseconds,
    resident_megabytes,
    step_rows,
)
from proxy.memory import keep_what_is_there
from proxy.model.traffic import Traffic
from proxy.nftables.kernel import Nft
from proxy.nftables.proxier import NftablesProxier
from proxy.nftables.skeleton import Settings as Table

FEW, MANY, CHANGES = 10, 10_000, 20
TARGETS = {"one Service added": 50.0, "one endpoint changed": None}


def run(settings: Settings) -> Iterable[Row]:
    place.needs("nft")
    return place.namespace(__name__, settings)


def agent() -> Agent:
    place.empty_namespace()
    return Agent(NftablesProxier(Nft(), [Table(4, Traffic(CIDR))]))


def measure(settings: Settings) -> Iterator[Row]:
    one = agent()
    one.load(FEW, one.compare)
    yield from _changes(one, f"among {FEW} Services")
    count = settings.scaled(MANY)
    one = agent()
    took = one.load(count, one.compare)
    yield Row(f"start with {count:,} Services x 10, nftables", "s", (took,), more_is_better=False)
    yield from _changes(one, f"among {count:,} Services")
    keep_what_is_there()
    quiet = one.compare()
    subprocess.run(["nft", "add table ip foreign"], check=True)
    after = one.compare()
    assert not after.operations
    for when, took in (("nobody wrote", quiet), ("somebody wrote", after)):
        yield Row(f"comparison after {when}, nftables, {count:,} x 10", "s", (took.seconds,), more_is_better=False)
    yield from step_rows([after], f"nftables, among {count:,} Services")
    memory = resident_megabytes(os.getpid())
    yield Row(f"memory of the proxy, nftables, {count:,} x 10", "MB", (memory,), more_is_better=False, target=250.0)


def _changes(one: Agent, among: str) -> Iterator[Row]:
    for what, action in (("one Service added", add_a_service), ("one endpoint changed", change_an_endpoint)):
        samples = milliseconds(lambda number, action=action: action(one, number), CHANGES)
        yield Row(f"{what}, nftables, {among}", "ms", samples, more_is_better=False, target=TARGETS[what])
