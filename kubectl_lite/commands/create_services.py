"""`create service TYPE`: its flags; the objects are made in `generators.services`.

Read by `kubectl_lite.commands.create`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kubectl_lite.cli import group
from kubectl_lite.creating import generator, send
from kubectl_lite.session import Session


def _service(kind: str, type_: str, help_: str, *options: Callable[..., Any]) -> click.Command:
    tcp = click.option("--tcp", multiple=True, help="Port pairs: port:targetPort.")

    @generator(kind, help_, tcp, *options)
    async def run(session: Session, name: str, tcp: tuple[str, ...], **flags: Any) -> int:
        from kubectl_lite.generators.services import service

        own = {k: flags.pop(k) for k in ("node_port", "external_name") if k in flags}
        if "clusterip" in flags:
            own["cluster_ip"] = flags.pop("clusterip")
        return await send(session, service(name, type_, tcp, **own), flags)

    return run


_SERVICES = {
    "clusterip": _service(
        "clusterip", "ClusterIP", "Create a ClusterIP service with the specified name.",
        click.option("--clusterip", default="", help="The address, or None for a headless service."),
    ),
    "nodeport": _service(
        "nodeport", "NodePort", "Create a NodePort service with the specified name.",
        click.option("--node-port", default=0, help="Port used to expose the service on each node."),
    ),
    "loadbalancer": _service("loadbalancer", "LoadBalancer", "Create a LoadBalancer service with the specified name."),
    "externalname": _service(
        "externalname", "ExternalName", "Create an ExternalName service with the specified name.",
        click.option("--external-name", required=True, help="External name of the service."),
    ),
}  # fmt: skip

service_command = group("service", _SERVICES, help="Create a service using a specified subcommand.")
