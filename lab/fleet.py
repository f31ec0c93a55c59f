"""The machines of one lab: makes the missing ones, joins them to the lab network, finds them again, removes them.

Called by `lab.up`, `lab.down` and `lab.execute`. It calls `lab.machines`, `lab.guests` and `lab.network`, and notes
each machine in the lab's state before it does anything with it. What runs on the machines is not its business.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from kube import linux
from lab import network, spawn, uml
from lab.config import AGENT_PORT, LabConfig, Layout
from lab.errors import LabError
from lab.guests import Guest
from lab.machines import Local, Machine, Namespaces, end, hosts_file
from lab.pki import write_private
from lab.state import Process, State

CONTROL = "control-plane"
GUEST_MEMORY = "640M"


class Fleet:
    """All machines of a lab, by name."""

    def __init__(self, state: State, layout: Layout):
        self.state, self.layout = state, layout
        self.config: LabConfig = state.config

    @property
    def names(self) -> list[str]:
        """In the order in which they are made; without nodes there is only this machine itself."""
        return [CONTROL, "client", "balancer", *self.config.node_names] if self.config.nodes else [CONTROL]

    def machine(self, name: str) -> Machine:
        """Raises LabError when there is no such machine, or it does not run."""
        if not self.config.nodes and name == CONTROL:
            return Local()
        process = self.state.machines.get(name)
        if process is None or not self.is_alive(name):
            raise LabError(f"no machine {name!r} runs in this lab; it has {', '.join(self.names)}")
        if self._is_guest(name):
            address = self.config.addresses(name)[0]
            return Guest(name, address, self._secret(), self.control, self._environment())
        return Namespaces(name, process.pid, self._environment())

    @property
    def control(self) -> Namespaces:
        return Namespaces(CONTROL, self.state.machines[CONTROL].pid, self._environment())

    def is_alive(self, name: str) -> bool:
        process = self.state.machines.get(name)
        return process is not None and linux.start_time(process.pid) == process.start

    def _is_guest(self, name: str) -> bool:
        return self.config.driver == "uml" and name in self.config.node_names

    def _environment(self) -> dict[str, str]:
        return {"KUBECONFIG": str(self.layout.kubeconfig("admin"))}

    # ---- making ----

    def create(self) -> None:
        """Makes what is missing; guests then still boot. Raises LabError."""
        if not self.config.nodes:
            return
        if not self.is_alive(CONTROL):
            self.destroy()  # the links of the others ended in it
        for name in self.names:
            if not self.is_alive(name):
                self._create(name)

    def _create(self, name: str) -> None:
        try:
            if self._is_guest(name):
                self._create_guest(name)
            else:
                self._create_namespaces(name)
        except (OSError, spawn.SpawnError) as error:
            raise LabError(f"cannot make the machine {name}: {error}", hint=_hint(error)) from error

    def _addresses(self) -> dict[str, list[str]]:
        return {name: self.config.addresses(name) for name in self.names}

    def _create_namespaces(self, name: str) -> None:
        machine = Namespaces.create(name, self.layout.machine(name), self._addresses())
        self._note(name, machine.pid)
        if name == CONTROL:
            machine.network_batch(network.bridge(self.config))
        else:
            self.control.network_batch(network.veth(name, machine.pid))
            machine.network_batch(network.card(self.config, name))
        machine.run(["sh", "-c", network.sysctl_script(network.FORWARDING)])

    def _create_guest(self, name: str) -> None:
        """Starts the guest in the control plane's machine, where its tap device is; do not wait for its boot."""
        directory = self.layout.machine(name)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "hosts").write_text(hosts_file(self._addresses()))
        (directory / "setup.sh").write_text(self._guest_setup(name))
        self.layout.logs.mkdir(parents=True, exist_ok=True)
        number = self.config.address_number(name)
        with suppress(OSError):
            self.control.network_batch([f"link delete {network.link_name(name)}"])  # of a guest that died
        self.control.network_batch(network.tap(name))
        address = self.config.addresses(name)[0]
        guest = uml.Guest(
            (
                sys.executable, "-m", "lab.agent", f"--listen={address}:{AGENT_PORT}",
                f"--secret-file={self._secret_file}", f"--setup={directory / 'setup.sh'}",
            ),
            memory=GUEST_MEMORY,
            timeout=None,
            writable=(str(self.layout.logs), str(directory)),
            hostname=name,
            net=(f"vec0:transport=tap,ifname={network.link_name(name)},depth=128,gro=1,mac=02:00:00:00:77:{number:02x}",),
            cpu=str(_spread(number)),
        )  # fmt: skip
        self._secret()
        pid = self.control.start(guest.argv(), self.layout.log(f"machine-{name}"))
        self._note(name, pid)

    def _guest_setup(self, name: str) -> str:
        hosts = self.layout.machine(name) / "hosts"
        commands = ["ip link set vec0 name eth0", *(f"ip {line}" for line in network.card(self.config, name))]
        mounts = [f"mount --bind {hosts} /etc/hosts", "echo > /etc/resolv.conf || true"]
        return "\n".join([*mounts, network.sysctl_script(network.FORWARDING), *commands]) + "\n"

    def wait_for_guests(self, seconds: float = 60) -> None:
        """Returns when each guest can be asked to start processes. Raises LabError."""
        deadline = time.monotonic() + seconds
        for name in filter(self._is_guest, self.names):
            while not self.machine(name).answers():
                if not self.is_alive(name) or time.monotonic() > deadline:
                    raise LabError(f"the guest {name} did not start", hint=_tail(self.layout, f"machine-{name}"))
                time.sleep(0.05)

    def _note(self, name: str, pid: int) -> None:
        self.state.machines[name] = Process("", pid, linux.start_time(pid) or 0)
        self.state.save(self.layout)

    @property
    def _secret_file(self) -> str:
        return str(self.layout.pki / "agent-secret")

    def _secret(self) -> str:
        file = self.layout.pki / "agent-secret"
        if not file.exists():
            write_private(file, secrets.token_hex(16).encode())
        return file.read_text()

    # ---- removing ----

    def destroy(self, say: Callable[[str], object] = lambda _text: None) -> None:
        """Ends every machine that is recorded, guests first: each takes its processes, mounts and links with it."""
        for name, process in reversed(self.state.machines.items()):
            if self.is_alive(name):
                say(f"ending {name}")
                end(process.pid, signal.SIGTERM if self._is_guest(name) else signal.SIGKILL)
        self.state.machines.clear()
        self.state.save(self.layout)


def _spread(number: int) -> int:
    """Guests take turns on the CPUs: one uses one CPU at a time, and stays on it."""
    cpus = sorted(os.sched_getaffinity(0))
    return cpus[number % len(cpus)]


def _hint(error: Exception) -> str:
    if isinstance(error, PermissionError) or "Operation not permitted" in str(error):
        return "nodes need root: use sudo, or `lab up --nodes 0` for a control plane alone"
    return ""


def _tail(layout: Layout, component: str, lines: int = 15) -> str:
    try:
        text = layout.log(component).read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
