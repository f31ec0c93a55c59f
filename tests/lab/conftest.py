"""Machines made of namespaces: everything of a test that touches a network lives in one and ends with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.machines import Namespaces, end


@pytest.fixture
def make_machine(tmp_path: Path) -> Iterator[Callable[[str], Namespaces]]:
    """`make_machine(name)` -> a machine without links; it is gone when the test ends."""
    made: list[Namespaces] = []

    def make(name: str) -> Namespaces:
        machine = Namespaces.create(name, tmp_path / f"machine-{name}", {name: ["192.168.77.11"]})
        made.append(machine)
        machine.network_batch(["link set lo up"])
        return machine

    yield make
    for machine in made:
        end(machine.pid, 9)
