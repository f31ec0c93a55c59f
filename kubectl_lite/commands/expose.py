"""`kubectl_lite expose`: makes a Service for a Deployment, ReplicaSet, pod or another Service."""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.creating import say, sent
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import file_options, for_each, live, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options


@command("expose")
@click.argument("args", nargs=-1)
@click.option("--name", default="", help="The name of the new Service; that of the resource if empty.")
@click.option("--port", default="", help="The ports of the Service: 80 or 80,443. The resource's own if empty.")
@click.option("--target-port", default="", help="Name or number of the port on the container.")
@click.option("--protocol", default="", help="TCP, UDP or SCTP.")
@click.option("--type", "type_", default="", help="ClusterIP, NodePort, LoadBalancer or ExternalName.")
@click.option("--cluster-ip", default="", help="The address, or None for a headless Service.")
@click.option("--external-ip", default="", help="An address from outside that leads to it, too.")
@click.option("--load-balancer-ip", default="", help="The address that a LoadBalancer shall have.")
@click.option("--session-affinity", default="", help="None or ClientIP.")
@click.option("-l", "--labels", default="", help="Labels of the Service: a=b,c=d.")
@click.option("--save-config", is_flag=True, help="Keep it in an annotation.")
@click.option("--selector", default="", help="A label selector for the Service, instead of the resource's own.")
@click.option("--overrides", default="", help="JSON that is merged into the Service.")
@click.option("--override-type", default="merge", help="How to merge it: json, merge or strategic.")
@file_options
@write_options("kubectl-expose")
async def cli(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    """Expose a resource as a new Kubernetes service."""
    from kubectl_lite.generators.exposing import service
    from kubectl_lite.generators.overrides import overridden

    names = ("name", "port", "target_port", "protocol", "type_", "cluster_ip", "external_ip", "load_balancer_ip",
             "session_affinity", "labels", "selector")  # fmt: skip
    own = {name: flags.pop(name) for name in names}
    overrides, how = flags.pop("overrides"), flags.pop("override_type")
    found = await selected(session, args, flags, "expose", nothing=NOTHING_GIVEN)
    writing = Writing.read(flags, "kubectl-expose")

    async def act(target: Target) -> None:
        obj = overridden(service(await live(session, target), target.mapping, own), overrides, how)
        say(await sent(session, obj, writing, flags["save_config"] and writing.dry_run != "client"), "exposed", writing)

    return await for_each(found, act)
