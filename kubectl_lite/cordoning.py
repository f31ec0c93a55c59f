"""Whether new pods may come to a node: shared by `cordon`, `uncordon` and `drain`."""

from __future__ import annotations

from dataclasses import replace

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.resources import Target
from kubectl_lite.selecting import LABELS, for_each, live, selected
from kubectl_lite.session import Session


def cordoning(name: str, unschedulable: bool, help_: str) -> click.Command:
    """The command that sets `spec.unschedulable` of nodes, and says `cordoned` or `uncordoned`."""

    @command(name, help=help_)
    @click.argument("nodes", nargs=-1)
    @click.option("-l", "--selector", default="", help=LABELS)
    @click.option("--dry-run", default="none", is_flag=False, flag_value="client", help="none, client or server.")
    async def run(session: Session, nodes: tuple[str, ...], selector: str, dry_run: str) -> int:
        async def act(target: Target) -> None:
            await set_unschedulable(session, target, unschedulable, name, dry_run)

        return await for_each(await nodes_of(session, nodes, selector, name), act)

    return run


async def nodes_of(session: Session, words: tuple[str, ...], selector: str, command: str) -> list[Target]:
    """The nodes that are named or picked, all of them there. Raises CommandError, or the server's StatusError."""
    if not words and not selector:
        raise usage(command, f"USAGE: {command} NODE [flags]")
    if words and selector:
        raise usage(command, "cannot specify both a node name and a --selector option")
    named = [word if "/" in word else f"node/{word}" for word in words]
    found = await selected(session, named or ("nodes",), {"selector": selector}, command)
    found = [replace(target, object=await live(session, target)) for target in found]
    for target in found:
        if target.mapping.qualified != "nodes":
            what = f"{target.mapping.api_version if target.mapping.group else '/' + target.mapping.version}"
            raise CommandError(f'expected resource of type node, got "{what}, Resource={target.mapping.plural}"')
    return found


async def set_unschedulable(session: Session, target: Target, unschedulable: bool, name: str, dry_run: str) -> None:
    suffix = {"client": " (dry run)", "server": " (server dry run)"}.get(dry_run, "")
    node = await live(session, target)
    if bool(node["spec"].get("unschedulable")) == unschedulable:
        print(f"{target.printed} already {name}ed{suffix}")
        return
    if dry_run != "client":
        params = {"dryRun": "All" if dry_run == "server" else ""}
        await session.patch(target.path, {"spec": {"unschedulable": unschedulable or None}}, "strategic", **params)
    print(f"{target.printed} {name}ed{suffix}")
