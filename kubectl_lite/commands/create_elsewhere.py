"""`create job`, `cronjob`, `ingress`, `quota` and `priorityclass`: kinds that kube-lite itself does not serve.

Their objects can be shown (`--dry-run=client -o yaml`) and sent to clusters that serve them; the API server of
kube-lite answers that it does not know them. Read by `kubectl_lite.commands.create`.
"""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import after_dashes
from kubectl_lite.creating import generator, send
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session


@generator(
    "job", "Create a job with the specified name.",
    click.option("--image", default="", help="Image name to run."),
    click.option("--from", "source", default="",
                 help="The name of the resource to create a Job from (only cronjob is supported)."),
    takes_command=True,
)  # fmt: skip
async def _job(session: Session, name: str, image: str, source: str, **flags: Any) -> int:
    from kubectl_lite.generators.elsewhere import job, job_of
    from kubectl_lite.resources import targets

    if bool(image) == bool(source):
        raise CommandError("either --image or --from must be specified")
    if image:
        return await send(session, job(name, image, after_dashes()), flags)
    if after_dashes():
        raise CommandError("cannot specify --from and command")
    target = (await targets(session, (source,)))[0]
    if target.mapping.qualified != "cronjobs.batch":
        raise CommandError(f"from must be an existing cronjob, got {target.mapping.kind}")
    return await send(session, job_of(name, await session.get(target.path)), flags)


@generator(
    "cronjob", "Create a cron job with the specified name.",
    click.option("--image", required=True, help="Image name to run."),
    click.option("--schedule", required=True, help="A schedule in the Cron format the job should be run with."),
    click.option("--restart", default="", help="job's restart policy. supported values: OnFailure, Never"),
    takes_command=True,
)  # fmt: skip
async def _cron_job(session: Session, name: str, image: str, schedule: str, restart: str, **flags: Any) -> int:
    from kubectl_lite.generators.elsewhere import cron_job

    return await send(session, cron_job(name, image, schedule, restart, after_dashes()), flags)


@generator(
    "ingress", "Create an ingress with the specified name.",
    click.option("--class", "class_", default="", help="Ingress Class to be used"),
    click.option("--rule", multiple=True,
                 help="Rule in format host/path=service:port[,tls=secretname]. Paths containing the leading character "
                      "'*' are considered pathType=Prefix. tls argument is optional."),
    click.option("--default-backend", default="", help="Default service for backend, in format of svcname:port"),
    click.option("--annotation", multiple=True,
                 help="Annotation to insert in the ingress object, in the format annotation=value"),
)  # fmt: skip
async def _ingress(
    session: Session, name: str, class_: str, rule: tuple[str, ...], default_backend: str, annotation: tuple[str, ...],
    **flags: Any,
) -> int:  # fmt: skip
    from kubectl_lite.generators.ingress import ingress

    return await send(session, ingress(name, rule, class_, default_backend, annotation), flags)


@generator(
    "quota", "Create a quota with the specified name.",
    click.option("--hard", default="",
                 help="A comma-delimited set of resource=quantity pairs that define a hard limit."),
    click.option("--scopes", default="", help="A comma-delimited set of quota scopes that must all match each object "
                                              "tracked by the quota."),
)  # fmt: skip
async def _quota(session: Session, name: str, hard: str, scopes: str, **flags: Any) -> int:
    from kubectl_lite.generators.elsewhere import quota

    return await send(session, quota(name, hard, scopes), flags)


@generator(
    "priorityclass", "Create a priority class with the specified name.",
    click.option("--value", default=0, help="the value of this priority class."),
    click.option("--global-default", is_flag=True,
                 help="global-default specifies whether this PriorityClass should be considered as the default "
                      "priority."),
    click.option("--description", default="",
                 help="description is an arbitrary string that usually provides guidelines on when this priority class "
                      "should be used."),
    click.option("--preemption-policy", default="PreemptLowerPriority",
                 help="preemption-policy is the policy for preempting pods with lower priority."),
)  # fmt: skip
async def _priority_class(
    session: Session, name: str, value: int, global_default: bool, description: str, preemption_policy: str,
    **flags: Any,
) -> int:  # fmt: skip
    from kubectl_lite.generators.elsewhere import priority_class

    return await send(session, priority_class(name, value, global_default, description, preemption_policy), flags)


ELSEWHERE: dict[str, click.Command] = {
    "cronjob": _cron_job, "ingress": _ingress, "job": _job, "priorityclass": _priority_class, "quota": _quota,
}  # fmt: skip
