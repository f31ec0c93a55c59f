"""The processes of one lab: starting them on their machines, and whether each is alive.

Called by `lab.up`, `lab.addons.install` and `lab.status`. It calls `lab.fleet` for the machine that a process runs on,
and keeps the lab's state up to date. It leaves out which processes there are to be: that is `lab.components`.
"""

from __future__ import annotations

import signal

from lab.components import Component
from lab.config import Layout
from lab.errors import LabError
from lab.fleet import CONTROL, Fleet
from lab.machines import Local, end
from lab.spawn import SpawnError
from lab.state import Process, State


class Processes:
    """By component. Each is in `state.json` as soon as it has started."""

    def __init__(self, state: State, layout: Layout, fleet: Fleet):
        self._state, self._layout, self._fleet = state, layout, fleet

    def is_alive(self, component: str) -> bool:
        process = self._state.processes.get(component)
        if process is None:
            return False
        try:
            machine = self._fleet.machine(process.machine) if process.machine else Local()
        except LabError:
            return False
        return machine.start_time(process.pid) == process.start

    def start(self, component: Component, fds: list[int] | None = None) -> None:
        """Starts it, whatever runs. `fds` are inherited under their numbers. Raises LabError."""
        machine = self._fleet.machine(component.machine) if component.machine else Local()
        try:
            pid = machine.start(list(component.argv), self._layout.log(component.name), fds or [])
        except SpawnError as error:
            hint = "apt-get install etcd-server" if component.argv[0] == "etcd" else ""
            raise LabError(str(error), hint) from error
        self._state.processes[component.name] = Process(component.machine, pid, machine.start_time(pid) or 0)
        self._state.save(self._layout)

    def clear_dead(self) -> None:
        """A machine that died took its processes with it; their ids mean nothing any more."""
        if self._state.config.nodes and self._state.machines and not self._fleet.is_alive(CONTROL):
            for process in self._state.processes.values():
                if process.machine == "" and Local().start_time(process.pid) == process.start:
                    end(process.pid, signal.SIGTERM)
            self._state.processes.clear()

    def check_alive(self) -> None:
        """Raises LabError when one has ended."""
        for component in self._state.processes:
            if not self.is_alive(component):
                raise LabError(f"{component} ended while starting", hint=self.last_words(component))

    def last_words(self, component: str, lines: int = 15) -> str:
        """The end of its log, as a hint."""
        try:
            text = self._layout.log(component).read_text(errors="replace")
        except OSError:
            return ""
        return f"the end of `lab logs {component}`:\n" + "\n".join(text.splitlines()[-lines:])
