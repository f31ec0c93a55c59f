"""How long does `lab up` take, from the command to a cluster of three nodes with the example manifests applied?

With nodes that are network namespaces, and with nodes that are guests with a kernel of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import Row, Settings, Skip, labs

TARGETS = {"netns": 10.0, "uml": 30.0}


def run(settings: Settings) -> Iterator[Row]:
    for driver, target in TARGETS.items():
        try:
            samples = tuple(_seconds(driver) for _ in range(settings.repeat))
        except Skip as why:
            if driver == "netns":
                raise
            print(f"  {driver}: {why}", flush=True)
            continue
        yield Row(f"lab up, nodes by driver {driver}", "s", samples, more_is_better=False, target=target)


def _seconds(driver: str) -> float:
    with labs.running(driver) as lab:
        return lab.seconds
