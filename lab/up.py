"""`lab up`: machines, then etcd, the API server, controllers, and on each node kubelet and proxy. Twice is harmless.

Called by `lab.__main__` and by tests. It calls `lab.fleet` for machines, `lab.components` for command lines,
`lab.processes` to start them, and `lab.ready` between the steps. What already runs is left alone, so it is also how a
lab is mended after a process died.
"""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from lab import components, down, drivers, identities, network, ready
from lab.addons.install import Addons
from lab.components import LISTEN_FD, Component
from lab.config import API_PORT, LabConfig, Layout
from lab.errors import LabError
from lab.fleet import Fleet
from lab.machines import environment
from lab.processes import Processes
from lab.state import State, locked

Say = Callable[[str], object]
NODE_TIMEOUT = 180.0
"""Much more than it takes: a busy machine is no reason to give up, and a process that died is noticed at once."""


def up(config: LabConfig, layout: Layout, say: Say = print, manifests: Sequence[str] = ()) -> State:
    """Brings the lab up, or mends it, and applies these files.

    Raises LabError; a lab that this call began and whose nodes did not get ready is then removed again.
    """
    with locked(layout):
        state = State.load(layout)
        began = state is None
        listener = None
        if state is None:
            state, listener = _begin(config, layout, say)
        else:
            _check_same(state, config)
        run = Up(state, layout, say, listener)
        try:
            run.machines_and_processes()
        except BaseException:
            if run.listener:
                run.listener.close()
            if began:
                say("removing what was started")
                with suppress(LabError):
                    down.remove(state, layout, keep_data=True)
            raise
        run.apply(manifests)
        run.wait_for_dns()
    return state


def _begin(config: LabConfig, layout: Layout, say: Say) -> tuple[State, socket.socket]:
    """A new lab's state, and the socket that holds its port on loopback until the API server has it: another lab that
    begins at the same moment chooses another port."""
    if config.nodes:
        if os.geteuid() != 0:
            raise LabError("nodes need root", hint="use sudo, or `lab up --nodes 0` for a control plane alone")
        try:
            choice = drivers.choose(config.driver, config.proxy_mode, drivers.facts())
        except ValueError as error:
            raise LabError(str(error)) from error
        say(choice.reason)
        config = dataclasses.replace(config, driver=choice.driver, proxy_mode=choice.proxy_mode)
    listener = _listen(config.secure_port)
    state = State(config, host_port=listener.getsockname()[1])
    state.etcd_ports = components.fixed_ports(config) if config.nodes else _free_ports(components.ports_needed(config))
    state.save(layout)
    return state, listener


def _check_same(state: State, config: LabConfig) -> None:
    """A second `up` may leave the choice open, but not ask for another lab."""
    known = state.config
    for field in ("nodes", "driver", "proxy_mode", "etcd_servers", "etcd_members", "dual_stack", "controllers",
                  "cloud_provider", "forward"):
        asked, has = getattr(config, field), getattr(known, field)
        if asked not in (has, "auto"):
            raise LabError(
                f"the lab {known.name!r} exists with {field.replace('_', '-')} {has}, not {asked}",
                hint=f"`lab down --name {known.name}` first, or another --name",
            )


def _listen(wanted: int) -> socket.socket:
    """On that port of loopback; without one on Kubernetes' usual port, or a free one when another lab has it."""
    for port in (wanted,) if wanted else (API_PORT, 0):
        with suppress(OSError):
            return socket.create_server(("127.0.0.1", port), backlog=1024)
    raise LabError(f"port {wanted} on 127.0.0.1 is in use", hint="choose another with --secure-port")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


class Up:
    """One run of `lab up` over a lab's state. `listener` holds the API server's port on loopback, in a new lab."""

    def __init__(self, state: State, layout: Layout, say: Say, listener: socket.socket | None = None):
        self.state, self.layout, self.say = state, layout, say
        self.listener = listener
        self.config = state.config
        self.fleet = Fleet(state, layout)
        self.processes = Processes(state, layout, self.fleet)
        self.addons = Addons(self.config, layout, self.fleet, self.processes)

    def machines_and_processes(self) -> None:
        """All but what runs in pods. Guests boot while the control plane starts."""
        self.layout.logs.mkdir(parents=True, exist_ok=True)
        self.processes.clear_dead()
        identities.create(self.config, self.layout, self.state.host_port)
        self.fleet.create()
        self.control_plane()
        if self.config.nodes:
            self.addons.install()
            self.fleet.wait_for_guests()
            self.nodes()

    def apply(self, manifests: Sequence[str]) -> None:
        """Applies files as a user would, while cluster DNS still starts. Raises LabError."""
        if manifests:
            words = [word for file in manifests for word in ("-f", file)]
            command = [sys.executable, "-m", "kubectl_lite", "apply", *words]
            env = environment(KUBECONFIG=str(self.layout.admin_kubeconfig))
            if subprocess.run(command, env=env, check=False).returncode:
                raise LabError(f"cannot apply {', '.join(manifests)}", hint="the lab is up; mend the file and apply it")

    def wait_for_dns(self) -> None:
        if self.config.nodes:
            self.addons.wait()

    def control_plane(self) -> None:
        config, state = self.config, self.state
        members = components.etcd_members(config, self.layout, state.etcd_ports)
        started = [self.ensure(member) for member in members]
        if config.etcd_servers and config.nodes:
            self._forward_etcd()
        for member, port in zip(members, state.etcd_ports[::2], strict=False):
            self._wait(member.name, lambda port=port: self._etcd_serves(port), 30)
        if any(started):
            self.say(f"etcd serves ({', '.join(member.name for member in members)})")
        server = components.api_server(config, self.layout, state.etcd_ports, state.host_port)
        if self.listener and not config.nodes:  # a server that is alone opens the port itself
            self.listener.close()
        new = self.ensure(server)
        # The controllers load while the API server does; they wait for it by themselves.
        self.ensure(components.controllers(config, self.layout))
        self._wait("apiserver", self._api_server_serves, 30)
        if new:
            self.say(f"the API server serves on https://127.0.0.1:{state.host_port}")

    def nodes(self) -> None:
        new = [name for name in self.config.node_names if self._start_node(name)]
        nodes = ready.wait_for_nodes(
            self.layout.admin_kubeconfig, self.config.node_names, self.processes.check_alive, NODE_TIMEOUT
        )
        cidrs = {name: nodes[name].spec.podCIDRs or [nodes[name].spec.podCIDR] for name in self.config.node_names}
        addresses = {name: self.config.addresses(name) for name in self.config.node_names}
        self.fleet.control.network_batch(network.pod_routes(cidrs, addresses))
        for name in self.config.node_names:
            address = addresses[name][0]
            self._wait(f"proxy-{name}", lambda address=address: self._proxy_serves(address), 30)
        if new:
            self.say("nodes are ready: " + ", ".join(f"{n} {addresses[n][0]} (pods {cidrs[n][0]})" for n in cidrs))

    def _start_node(self, name: str) -> bool:
        guest = self.config.driver == "uml"
        root = "/var/lib/kubelet" if guest else str(self.layout.machine(name) / "kubelet")
        kubelet = self.ensure(components.kubelet(self.config, self.layout, name, root))
        proxy = self.ensure(components.proxy(self.config, self.layout, name))
        return kubelet or proxy

    # ---- processes ----

    def ensure(self, component: Component) -> bool:
        """Starts it unless it runs; returns whether it was started now. Raises LabError."""
        if self.processes.is_alive(component.name):
            return False
        if LISTEN_FD not in " ".join(component.argv):
            self.processes.start(component)
            return True
        with self.listener or self._host_listener() as listener:
            self.listener, fd = None, listener.fileno()
            argv = tuple(word.replace(LISTEN_FD, str(fd)) for word in component.argv)
            self.processes.start(dataclasses.replace(component, argv=argv), [fd])
        return True

    def _host_listener(self) -> socket.socket:
        try:
            return socket.create_server(("127.0.0.1", self.state.host_port), backlog=1024)
        except OSError as error:
            raise LabError(
                f"port {self.state.host_port} on 127.0.0.1 is in use", hint="`lab down`, then another --secure-port"
            ) from error

    def _forward_etcd(self) -> None:
        """The given etcd is on this machine's network, our API server on the lab's: one forwarder for each endpoint."""
        for index, url in enumerate(self.config.etcd_servers.split(",")):
            name = f"etcd-forward-{index}" if index else "etcd-forward"
            if self.processes.is_alive(name):
                continue
            with self.fleet.control.listen(("127.0.0.1", self.state.etcd_ports[2 * index])) as listener:
                fd, target = listener.fileno(), url.rpartition("//")[2]
                argv = components.python("lab.forward", listen_fd=fd, to=target)
                self.processes.start(Component(name, "", argv), [fd])

    # ---- waiting ----

    def _wait(self, component: str, serves: Callable[[], bool], seconds: float) -> None:
        try:
            ready.wait_until(serves, lambda: self.processes.is_alive(component), component, seconds)
        except LabError as error:
            raise LabError(str(error), hint=self.processes.last_words(component)) from error

    def _connect(self, address: str, port: int) -> socket.socket:
        if self.config.nodes:
            return self.fleet.control.connect((address, port), 5)
        return socket.create_connection((address, port), 5)

    def _etcd_serves(self, port: int) -> bool:
        return ready.http_ok(lambda: self._connect("127.0.0.1", port), "/health")

    def _proxy_serves(self, address: str) -> bool:
        return ready.http_ok(lambda: self._connect(address, 10256), "/healthz")

    def _api_server_serves(self) -> bool:
        def connect() -> socket.socket:
            return socket.create_connection(("127.0.0.1", self.state.host_port), 5)

        return ready.http_ok(connect, "/readyz", self.layout.pki / "ca.crt")
