"""`kubectl_lite set`: changes one feature of objects: images, environment, resources, selector, account, subjects.

What changes is decided by `kubectl_lite.pod_specs`; `kubectl_lite.setting` sends the patches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from kubectl_lite import pod_specs
from kubectl_lite.cli import group
from kubectl_lite.commands.set_env import env_command
from kubectl_lite.errors import CommandError
from kubectl_lite.key_values import split
from kubectl_lite.resources import NOTHING_GIVEN
from kubectl_lite.selecting import live, selected
from kubectl_lite.session import Session
from kubectl_lite.setting import Json, apply, on_pods, setter


async def _ensure_there(session: Session, args: Sequence[str], flags: Json) -> None:
    """What is not there is told before what is wrong with the change. Raises StatusError, CommandError."""
    for target in await selected(session, args, dict(flags), "set", whole=True):
        await live(session, target)


@setter("image", "Update the image of a pod template.")
async def _image(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    resources, words = split(args, "image")
    if not resources and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    if not words:
        await _ensure_there(session, resources, flags)
    wanted, problems = pod_specs.images(words), list[Exception]()

    def change(spec: Json) -> Json:
        for name in pod_specs.missing_containers(spec, wanted):
            problems.append(CommandError(f'error: unable to find container named "{name}"', prefix=False))
        return pod_specs.with_images(spec, wanted)

    return await apply(session, resources, flags, "image updated", on_pods(change), problems=problems,
                       failing="failed to patch image update to pod template:")  # fmt: skip


@setter(
    "resources", "Update resource requests/limits on objects with pod templates.",
    click.option("-c", "--containers", default="*", help="The names of containers to change; wildcards are allowed."),
    click.option("--limits", default="", help="Limits: cpu=100m,memory=256Mi."),
    click.option("--requests", default="", help="Requests: cpu=100m,memory=256Mi."),
)  # fmt: skip
async def _resources(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    pattern, limits = flags.pop("containers"), pod_specs.quantities(flags.pop("limits"))
    requests = pod_specs.quantities(flags.pop("requests"))
    if not args and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    if not limits and not requests:
        raise CommandError("you must specify an update to requests or limits (in the form of --requests/--limits)")
    problems: list[Exception] = []

    def change(spec: Json) -> Json:
        if not pod_specs.matching(spec, pattern):
            problems.append(CommandError(f"error: unable to find container named {pattern}", prefix=False))
        return pod_specs.with_resources(spec, pattern, limits, requests)

    return await apply(session, args, flags, "resource requirements updated", on_pods(change), problems=problems,
                       failing="failed to patch resources update to pod template")  # fmt: skip


@setter(
    "selector", "Set the selector on a resource.",
    click.option("--resource-version", default="", help="Precondition for the resource version."),
    by=["--all"], recursive=True,
)  # fmt: skip
async def _selector(session: Session, args: tuple[str, ...], resource_version: str, **flags: Any) -> int:
    *resources, expression = args if len(args) > 1 or flags["filename"] else (*args, "")
    if not expression:
        raise CommandError("one selector is required" if not resources else "selector is required")

    def decide(obj: Json) -> Json:
        if obj["kind"] != "Service":
            raise CommandError("setting a selector is only supported for Services")
        labels = pod_specs.selector_map(expression)
        metadata = obj["metadata"] | ({"resourceVersion": resource_version} if resource_version else {})
        return obj | {"metadata": metadata, "spec": obj["spec"] | {"selector": labels}}

    return await apply(session, resources, flags, "selector updated", decide, always=True)


@setter("serviceaccount", "Update the service account of a resource.", by=["--all"])
async def _service_account(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    if not args:
        raise CommandError("serviceaccount is required")
    *resources, account = args
    change = on_pods(lambda spec: spec | {"serviceAccountName": account})
    return await apply(session, resources, flags, "serviceaccount updated", change, always=True,
                       failing="failed to patch ServiceAccountName")  # fmt: skip


@setter(
    "subject", "Update the user, group, or service account in a role binding or cluster role binding.",
    click.option("--user", "users", multiple=True, help="Usernames to bind to the role."),
    click.option("--group", "groups", multiple=True, help="Groups to bind to the role."),
    click.option("--serviceaccount", "accounts", multiple=True, help="Service accounts: namespace:name."),
)  # fmt: skip
async def _subject(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    from kubectl_lite.generators.rbac import binding

    given = [flags.pop(name) for name in ("users", "groups", "accounts")]
    if not args and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    if not any(given):
        await _ensure_there(session, args, flags)
        raise CommandError("you must specify at least one value of user, group or serviceaccount")
    wanted = binding("RoleBinding", "", ("", ""), *given)["subjects"]

    def decide(obj: Json) -> Json:
        if "roleRef" not in obj:
            raise CommandError("setting subjects is only supported for RoleBinding/ClusterRoleBinding")
        have = obj.get("subjects") or []
        new = [s for s in wanted if s not in have]
        return obj | {"subjects": have + new}

    return await apply(session, args, flags, "subjects updated", decide,
                       failing="failed to patch subjects to rolebinding:")  # fmt: skip


cli = group(
    "set",
    {
        "env": env_command,
        "image": _image,
        "resources": _resources,
        "selector": _selector,
        "serviceaccount": _service_account,
        "subject": _subject,
    },
    {"sa": "serviceaccount"},
    help="Configure application resources: these commands change features of existing ones.",
)
