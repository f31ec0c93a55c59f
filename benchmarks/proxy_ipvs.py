"""How fast is IPVS programmed, and how much memory does the proxy need for it?

Full syncs of 1,000 Services x 10 endpoints against `ipvsadm --restore` of the same table, a start with 10,000 x 10, one
changed endpoint among few and among many, and a comparison with the kernel that finds nothing to do. Every one in a
network namespace of its own: the kernel remembers removed destinations for two minutes, and looks through them all.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator

from benchmarks import Row, Settings, place
from benchmarks.proxy_table import (
    CIDR,
    Agent,
    change_an_endpoint,
    milliseconds,
    resident_megabytes,
    seconds,
    step_rows,
)
from proxy.ipvs.kernel import Kernel
from proxy.ipvs.proxier import IpvsProxier
from proxy.memory import keep_what_is_there
from proxy.model.traffic import Traffic

FEW, SOME, MANY, CHANGES = 10, 1_000, 10_000, 40


def run(settings: Settings) -> Iterable[Row]:
    place.needs("ipvsadm", "ipset")
    return place.guest(__name__, settings)


def measure(settings: Settings) -> Iterator[Row]:
    some, many = settings.scaled(SOME), settings.scaled(MANY)
    ours, theirs = zip(*(_pair(some) for _ in range(settings.repeat)), strict=True)
    name = f"full sync of {some:,} Services x 10, from decoded objects to IPVS"
    yield Row(name, "s", ours, more_is_better=False, target=_median(theirs) / 8, note="target: an eighth of ipvsadm's")
    yield Row(name, "s", theirs, more_is_better=False, subject="ipvsadm --restore", note="its IPVS part alone")
    yield Row("one endpoint changed, IPVS", "ms", _changes(FEW), more_is_better=False, note=f"among {FEW} Services")
    yield from _many(many, settings.repeat)


def agent() -> Agent:
    """A proxy in an empty namespace that has once written what every Service relies on."""
    place.empty_namespace()
    one = Agent(IpvsProxier(Kernel({4: Traffic(CIDR)}), lambda own: own))
    one.compare()
    return one


def _pair(count: int) -> tuple[float, float]:
    """Seconds of ours, and of ipvsadm for the table that we made."""
    one = agent()
    ours = one.load(count, one.sync)
    saved = subprocess.run(["ipvsadm", "-Sn"], capture_output=True, check=True).stdout
    one.close()
    place.empty_namespace()
    return ours, seconds(lambda: subprocess.run(["ipvsadm", "-R"], input=saved, check=True))


def _changes(count: int) -> tuple[float, ...]:
    one = agent()
    one.load(count, one.sync)
    return milliseconds(lambda number: change_an_endpoint(one, number), CHANGES)


def _many(count: int, repeat: int) -> Iterator[Row]:
    one = agent()
    took = one.load(count, one.compare)
    yield Row(f"start with {count:,} Services x 10, IPVS", "s", (took,), more_is_better=False, target=10.0)
    changes = milliseconds(lambda number: change_an_endpoint(one, number), CHANGES)
    among = f"among {count:,} Services"
    yield Row(f"one endpoint changed, IPVS, {among}", "ms", changes, more_is_better=False, target=5.0)
    keep_what_is_there()
    compared = [one.compare() for _ in range(repeat)]
    assert not any(each.operations for each in compared)
    samples = tuple(each.seconds for each in compared)
    yield Row(f"comparison with the kernel, IPVS, {among}", "s", samples, more_is_better=False)
    yield from step_rows(compared, f"IPVS, {among}")
    memory = resident_megabytes(os.getpid())
    yield Row(f"memory of the proxy, IPVS, {count:,} x 10", "MB", (memory,), more_is_better=False, target=250.0)


def _median(samples: tuple[float, ...]) -> float:
    return sorted(samples)[len(samples) // 2]
