"""`kubectl_lite autoscale`: lets a cluster choose the number of pods between two bounds.

kube-lite's own API server does not serve HorizontalPodAutoscalers and says so; others do. Source:
k8s.io/kubectl/pkg/cmd/autoscale.
"""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.creating import say, sent
from kubectl_lite.errors import CommandError
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import file_options, for_each, live, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options


@command("autoscale")
@click.argument("args", nargs=-1)
@click.option("--min", "low", default=-1,
              help="The lower limit for the number of pods that can be set by the autoscaler. If it's not specified or "
                   "negative, the server will apply a default value.")  # fmt: skip
@click.option("--max", "high", default=-1, required=True,
              help="The upper limit for the number of pods that can be set by the autoscaler. Required.")  # fmt: skip
@click.option("--cpu-percent", default=-1,
              help="The target average CPU utilization (represented as a percent of requested CPU) over all the pods. "
                   "If it's not specified or negative, a default autoscaling policy will be used.")  # fmt: skip
@click.option("--name", default="",
              help="The name for the newly created object. If not specified, the name of the input resource will be "
                   "used.")  # fmt: skip
@click.option("--save-config", is_flag=True, help="Keep it in an annotation.")
@file_options
@write_options("kubectl-autoscale")
async def cli(session: Session, args: tuple[str, ...], low: int, high: int, **flags: Any) -> int:
    """Auto-scale a deployment, replica set, stateful set, or replication controller."""
    from kubectl_lite.generators.elsewhere import autoscaler

    if high < 1:
        raise CommandError(f"--max=MAXPODS is required and must be at least 1, max: {high}")
    if high < low:
        raise CommandError(f"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {high}, min: {low}")
    cpu, name, save_config = flags.pop("cpu_percent"), flags.pop("name"), flags.pop("save_config")
    found = await selected(session, args, flags, "autoscale", nothing=NOTHING_GIVEN)
    writing = Writing.read(flags, "kubectl-autoscale")

    async def act(target: Target) -> None:
        obj, mapping = await live(session, target), target.mapping
        if "scale" not in mapping.subresources:
            group_version = f"{mapping.group}/{mapping.version}, Resource={mapping.plural}"
            raise CommandError(f"cannot autoscale a {mapping.kind}: could not find scale subresource for "
                               f"{group_version} in discovery information")  # fmt: skip
        kind = {"apiVersion": mapping.api_version, "kind": mapping.kind}
        made = autoscaler(name or target.name, obj | kind, low, high, cpu)
        say(await sent(session, made, writing, save_config and writing.dry_run != "client"), "autoscaled", writing)

    return await for_each(found, act)
