"""Sending objects to be created, and the commands that make them from flags.

Called by `create`, `apply`, `run` and `expose`. `generator` makes a sub-command of `create`; what it creates is made
in `kubectl_lite.generators`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError, report, usage
from kubectl_lite.last_applied import ANNOTATION
from kubectl_lite.mapper import Mapping
from kubectl_lite.resources import Target
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

if TYPE_CHECKING:
    from kube.apimachinery.errors import StatusError

Json = dict[str, Any]


async def create(session: Session, target: Target, body: Json, writing: Writing) -> Json:
    """Sends one object; a client-side dry run sends nothing and returns what would have been sent."""
    if writing.dry_run == "client":
        return body
    return await session.post(target.mapping.path(target.namespace), body, **writing.params)


async def send(session: Session, obj: Json, flags: Json, manager: str = "kubectl-create", what: str = "created") -> int:
    """Creates a generated object in the session's namespace and says so. Errors name what could not be created."""
    from kube.apimachinery.errors import StatusError

    writing, save_config = Writing.read(flags, manager), flags.pop("save_config", False)
    try:
        made = await sent(session, obj, writing, save_config)
    except StatusError as error:
        report(_failure(error, obj))
        return 1
    say(made, what, writing)
    return 0


async def sent(session: Session, obj: Json, writing: Writing, save_config: bool = False) -> tuple[Target, Json]:
    """Creates a generated object in the session's namespace; what there is now. Raises StatusError, CommandError."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.generators.go_empties import with_go_empties
    from kubectl_lite.printers.go_order import in_go_order

    mapping = await _mapping(session, obj)
    namespace = session.namespace if mapping.namespaced else ""
    placed = writing.dry_run != "client" or bool(session.flags.namespace)
    if namespace and placed and mapping.kind != "HorizontalPodAutoscaler":  # whose namespace is the request's alone
        obj = obj | {"metadata": obj["metadata"] | {"namespace": namespace}}
    if save_config:
        kept = json.dumps(in_go_order(with_go_empties(obj)), separators=(",", ":"), ensure_ascii=False) + "\n"
        obj = obj | {"metadata": obj["metadata"] | {"annotations": {ANNOTATION: kept}}}
    target = Target(mapping, obj["metadata"]["name"], namespace)
    try:
        return target, await create(session, target, obj, writing)
    except StatusError as error:
        if not any(mapping.group == known.group for known in (await session.mapper()).mappings):
            error.message += f" (post {mapping.qualified})"  # as client-go says of answers that are no Status
        raise


def say(made: tuple[Target, Json], what: str, writing: Writing) -> None:
    """Prints what `sent` has made; what no server has seen with the fields that Go leaves empty."""
    from kubectl_lite.generators.go_empties import with_go_empties
    from kubectl_lite.printers.go_order import in_go_order

    target, obj = made
    shown = with_go_empties(obj) if writing.dry_run == "client" else obj
    writing.say(target, what, in_go_order(shown), sort_keys=False)


async def _mapping(session: Session, obj: Json) -> Mapping:
    """Where objects of this kind live, also when the server does not serve them. Raises CommandError."""
    from kubectl_lite.generators.elsewhere import MAPPINGS

    mapping = (await session.mapper()).by_kind(obj["apiVersion"], obj["kind"]) or MAPPINGS.get(obj["kind"])
    if mapping is None:
        raise CommandError(f'no matches for kind "{obj["kind"]}" in version "{obj["apiVersion"]}"')
    return mapping


def _failure(error: StatusError, obj: Json) -> Exception:
    """kubectl wraps the server's words for some of the generated kinds, so that they begin as its own errors do."""
    kind = obj["kind"]
    if kind in ("Namespace", "Role", "ClusterRole", "Pod"):
        return error
    if kind == "PodDisruptionBudget":
        return CommandError(f"failed to create poddisruptionbudgets: {error.message}")
    if kind == "ResourceQuota":
        return CommandError(f"failed to create quota: {error.message}")
    what = f"{obj['spec']['type']} service:" if kind == "Service" else kind.lower() + (":" if kind != "Secret" else "")
    return CommandError(f"failed to create {what} {error.message}")


def generator(name: str, help_: str, *options: Callable[..., Any], **settings: Any) -> Callable[[Any], click.Command]:
    """A sub-command of `create` that takes a name, its own options and those of every write."""

    def wrap(function: Any) -> click.Command:
        async def one(session: Session, names: tuple[str, ...], **flags: Any) -> int:
            return await function(session, one_name(names), **flags)

        one.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        one = write_options("kubectl-create", validate=True)(one)
        for option in (click.option("--save-config", is_flag=True, help="Keep it in an annotation."), *options):
            one = option(one)
        return command(name, help=help_, **settings)(click.argument("names", metavar="NAME", nargs=-1)(one))

    return wrap


def one_name(names: tuple[str, ...]) -> str:
    """The name of what to create. Raises CommandError when none or several were given."""
    if len(names) != 1:
        words = click.get_current_context().command_path.split()
        raise usage(" ".join(words[1:]), f"exactly one NAME is required, got {len(names)}")
    return names[0]
