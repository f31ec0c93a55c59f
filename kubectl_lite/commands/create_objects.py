"""`create deployment`, `namespace` and other small objects: their flags; `kubectl_lite.generators` makes them.

Read by `kubectl_lite.commands.create`.
"""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import after_dashes
from kubectl_lite.creating import generator, send
from kubectl_lite.session import Session


@generator("namespace", "Create a namespace with the specified name.")
async def _namespace(session: Session, name: str, **flags: Any) -> int:
    return await send(session, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, flags)


@generator("serviceaccount", "Create a service account with the specified name.")
async def _service_account(session: Session, name: str, **flags: Any) -> int:
    return await send(session, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}, flags)


@generator(
    "poddisruptionbudget", "Create a pod disruption budget with the specified name.",
    click.option("--selector", default="", help="Which pods it guards."),
    click.option("--min-available", default="", help="How many must stay, as a number or a percentage."),
    click.option("--max-unavailable", default="", help="How many may be missing, as a number or a percentage."),
)  # fmt: skip
async def _budget(
    session: Session, name: str, selector: str, min_available: str, max_unavailable: str, **flags: Any
) -> int:
    from kubectl_lite.generators.workloads import disruption_budget

    return await send(session, disruption_budget(name, selector, min_available, max_unavailable), flags)


@generator(
    "deployment", "Create a deployment with the specified name.",
    click.option("--image", multiple=True, required=True, help="Image names to run."),
    click.option("-r", "--replicas", default=1, help="Number of replicas to create."),
    click.option("--port", type=int, default=None, show_default="-1", help="The port that its containers expose."),
    takes_command=True,
)  # fmt: skip
async def _deployment(
    session: Session, name: str, image: tuple[str, ...], replicas: int, port: int | None, **flags: Any
) -> int:
    from kubectl_lite.generators.workloads import deployment

    return await send(session, deployment(name, image, replicas, port, after_dashes()), flags)


OBJECTS: dict[str, click.Command] = {
    "deployment": _deployment,
    "namespace": _namespace,
    "poddisruptionbudget": _budget,
    "serviceaccount": _service_account,
}
