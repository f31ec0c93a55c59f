"""The steps of `lab up` for what runs besides the control plane: cluster DNS, its upstreams, the cloud provider.

Called by `lab.up` twice: before the nodes are started, so that all of it starts with them, and after. It calls
`lab.addons` for the objects, `lab.components` for the command lines and `lab.processes` to start them.
"""

from __future__ import annotations

import os

from kube.apimachinery.errors import StatusError
from kube.client import Unreachable
from lab import addons, components
from lab.components import Component
from lab.config import LabConfig, Layout
from lab.errors import LabError
from lab.fleet import Fleet
from lab.processes import Processes

DNS_TIMEOUT = 90.0
FIRST_RELAY_PORT = 5300
"""On the gateway: where cluster DNS finds the first of the machine's name servers."""


class Addons:
    """One run over a lab's addons."""

    def __init__(self, config: LabConfig, layout: Layout, fleet: Fleet, processes: Processes):
        self.config, self.layout, self.fleet, self.processes = config, layout, fleet, processes

    def install(self) -> None:
        """Creates or mends all of it; waits for nothing. Raises LabError."""
        objects = addons.dns(self.config, self._relays())
        if self.config.cloud_provider == "lab":
            objects += addons.cloud_provider()
        try:
            addons.apply(self.layout, objects)
        except (StatusError, Unreachable) as error:
            raise LabError(f"cannot install the addons: {error}") from error
        if self.config.cloud_provider == "lab":
            self._start_cloud_provider()

    def wait(self) -> None:
        addons.wait_for_dns(self.layout, self.processes.check_alive, DNS_TIMEOUT)

    def _start_cloud_provider(self) -> None:
        network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            component = components.cloud_provider(self.config, self.layout, network)
            if not self.processes.is_alive(component.name):
                self.processes.start(component, [network])
        finally:
            os.close(network)

    def _relays(self) -> list[str]:
        """Name servers of the machine's own network are reached through a relay on the lab's gateway."""
        servers = [server for server in self.config.forward.split(",") if server]
        return [self._relay(number, server) for number, server in enumerate(servers)]

    def _relay(self, number: int, server: str) -> str:
        name, here = f"dns-relay-{number}", (self.config.gateway, FIRST_RELAY_PORT + number)
        if not self.processes.is_alive(name):
            control = self.fleet.control
            with control.listen(here) as tcp, control.datagrams(here) as udp:
                fds = [tcp.fileno(), udp.fileno()]
                argv = components.python("lab.dns_relay", tcp_fd=fds[0], udp_fd=fds[1], to=server)
                self.processes.start(Component(name, "", argv), fds)
        return "{}:{}".format(*here)
