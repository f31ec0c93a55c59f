"""What a lab has running: machines and processes by id and start time, kept in one file.

Called by `lab.up`, `lab.down` and every command that looks at a lab. It writes the file after each start, so that a
lab that crashed half-way can be found and removed. Nothing is ever looked up by a pattern of names.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from lab.config import LabConfig, Layout


@dataclass(frozen=True)
class Process:
    """A process by id and start time. `machine` is the name of the machine that knows it by this id."""

    machine: str
    pid: int
    start: int


@dataclass
class State:
    """The content of `state.json`."""

    config: LabConfig
    host_port: int = 0
    etcd_ports: list[int] = field(default_factory=list)
    machines: dict[str, Process] = field(default_factory=dict)  # name -> its PID 1, or its guest's supervisor
    processes: dict[str, Process] = field(default_factory=dict)  # component -> its process

    @classmethod
    def load(cls, layout: Layout) -> State | None:
        """None when there is no lab there."""
        try:
            data: dict[str, Any] = json.loads(layout.state.read_text())
        except FileNotFoundError:
            return None
        return cls(
            LabConfig.from_dict(data["config"]),
            data["host_port"],
            data["etcd_ports"],
            {name: Process(**process) for name, process in data["machines"].items()},
            {name: Process(**process) for name, process in data["processes"].items()},
        )

    def save(self, layout: Layout) -> None:
        """Whole or not at all."""
        layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = layout.state.with_suffix(".new")
        fresh.write_text(json.dumps(asdict(self), indent=2) + "\n")
        os.replace(fresh, layout.state)


@contextmanager
def locked(layout: Layout) -> Iterator[None]:
    """One `up` or `down` at a time; others wait. The lock goes with the lab: who waited for one that is gone by then
    waits for the next."""
    while True:
        try:
            layout.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = open(layout.lock, "w")  # noqa: SIM115, closed below
        except (FileExistsError, FileNotFoundError):
            if layout.root.is_file():
                raise
            continue  # the folder has gone in this moment
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(layout.lock, file):
                yield
                return


def _is_still(path: Path, file: TextIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
