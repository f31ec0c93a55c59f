"""The steps of `lab up` for what runs besides the control plane: cluster DNS, its upstreams, the cloud provider.

Called by `lab.up` twice: before the nodes are started, so that all of it starts with them, and after. It calls
`lab.addons` for the objects and `lab.components` for the command lines.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kube.apimachinery.errors import StatusError
from kube.client import Unreachable
from lab import addons, components
from lab.errors import LabError

if TYPE_CHECKING:
    from lab.up import Up

DNS_TIMEOUT = 90.0
FIRST_RELAY_PORT = 5300
"""On the gateway: where cluster DNS finds the first of the machine's name servers."""


class Addons:
    """One run over a lab's addons."""

    def __init__(self, up: Up):
        self.up, self.config, self.layout = up, up.config, up.layout

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
        addons.wait_for_dns(self.layout, self.up._check_alive, DNS_TIMEOUT)

    def _start_cloud_provider(self) -> None:
        network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            component = components.cloud_provider(self.config, self.layout, network)
            if not self.up.is_alive(component.name):
                self.up._start(component.name, component.machine, list(component.argv), [network])
        finally:
            os.close(network)

    def _relays(self) -> list[str]:
        """Name servers of the machine's own network are reached through a relay on the lab's gateway."""
        servers = [server for server in self.config.forward.split(",") if server]
        return [self._relay(number, server) for number, server in enumerate(servers)]

    def _relay(self, number: int, server: str) -> str:
        name, here = f"dns-relay-{number}", (self.config.gateway, FIRST_RELAY_PORT + number)
        if not self.up.is_alive(name):
            control = self.up.fleet.control
            with control.listen(here) as tcp, control.datagrams(here) as udp:
                fds = [tcp.fileno(), udp.fileno()]
                argv = components._python("lab.dns_relay", tcp_fd=fds[0], udp_fd=fds[1], to=server)
                self.up._start(name, "", list(argv), fds)
        return "{}:{}".format(*here)
