"""`kubectl_lite delete`: deletes objects and waits until they are gone."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.deleting import POLICIES, policy_of, wait_until_gone
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError, add_source, report
from kubectl_lite.raw import send_raw
from kubectl_lite.resources import NOTHING_GIVEN, Target, list_of, targets
from kubectl_lite.selecting import FIELDS, LABELS
from kubectl_lite.session import Session
from kubectl_lite.writing import dry_run


@command("delete")
@click.argument("args", nargs=-1)
@click.option("-f", "--filename", multiple=True, help="Files that name the resources to delete.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help=LABELS)
@click.option("--field-selector", default="", help=FIELDS)
@click.option("--all", "all_", is_flag=True, help="Delete all objects of the type in the namespace.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Delete across all namespaces.")
@click.option(
    "--cascade", default="background", is_flag=False, flag_value="background", help="background, foreground or orphan."
)
@click.option("--grace-period", default=-1, help="Seconds for a graceful end; 1 is at once, -1 the object's own.")
@click.option("--now", is_flag=True, help="The same as --grace-period=1.")
@click.option("--force", is_flag=True, help="With --grace-period=0: do not wait for the node to confirm.")
@bool_option("--wait", default=True, help="Wait until the objects are gone.")
@click.option("--timeout", type=DURATION, default="0", help="How long to wait; 0 is without end.")
@click.option("--ignore-not-found", is_flag=True, help="What is not there counts as deleted.")
@click.option("--dry-run", default="none", is_flag=False, flag_value="client", callback=dry_run,
              help='"client": only print what would be deleted. "server": ask the server, without effect.')  # fmt: skip
@click.option("-o", "--output", default="", help='"name" prints names only.')
@click.option("-i", "--interactive", is_flag=True, help="Ask before deleting anything.")
@click.option("--raw", default="", help="Send a DELETE to this path.")
async def cli(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    """Delete resources by file names, stdin, resources and names, or by resources and label selector."""
    _check(args, flags)
    if flags["raw"]:
        return await send_raw(session, "DELETE", flags["raw"], flags["filename"])
    found = await _found(session, args, flags)
    if found and flags["interactive"] and not _confirmed(found):
        return 0
    if not found:
        print("No resources found")
        return 0
    if session.flags.namespace and any(not target.mapping.namespaced for target in found):
        print("Warning: deleting cluster-scoped resources, not scoped to the provided namespace", file=sys.stderr)
    options = _options(flags)
    # What was picked by a list may be gone by now: kubectl's default too.
    ignore_not_found = flags["ignore_not_found"] or flags["all_"] or flags["selector"] or flags["field_selector"]
    code, gone = 0, []
    for target in found:
        try:
            answer = None if flags["dry_run"] == "client" else await session.delete(target.path, options)
        except Exception as error:
            code = _failed(error, target, ignore_not_found) or code
            continue
        _say(target, flags)
        if answer and answer.get("kind") != "Status":
            gone.append((target, answer["metadata"]["uid"]))
    if flags["wait"] and flags["dry_run"] == "none":
        await _wait(session, gone, flags["timeout"])
    return code


def _check(args: tuple[str, ...], flags: dict[str, Any]) -> None:
    """Raises CommandError for flags that contradict one another, in kubectl's words."""
    if flags["output"] not in ("", "name"):
        raise CommandError(f"unexpected -o output mode: {flags['output']}. We only support '-o name'")
    if flags["raw"]:
        if flags["interactive"]:
            raise CommandError("--interactive can not be used with --raw")
        return
    if not args and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    if flags["all_"] and (flags["selector"] or flags["field_selector"]):
        raise CommandError("setting 'all' parameter but found a non empty selector. ")
    if flags["force"] and flags["grace_period"] > 0:
        raise CommandError("--force and --grace-period greater than 0 cannot be specified together")
    if flags["cascade"] in ("true", "false"):
        print(
            f"warning: --cascade={flags['cascade']} is deprecated (boolean value) and can be replaced with "
            f"--cascade={POLICIES[flags['cascade']].lower()}.",
            file=sys.stderr,
        )
    if flags["now"] and flags["grace_period"] >= 0:
        raise CommandError("--now and --grace-period cannot be specified together")


def _confirmed(found: list[Target]) -> bool:
    """Asks; anything but y is a no."""
    print(f"You are about to delete the following {len(found)} resource(s):")
    print(*(target.printed for target in found), sep="\n")
    print("Do you want to continue? (y/n): ", end="", flush=True)
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    print("deletion is cancelled")
    return False


async def _wait(session: Session, gone: list[tuple[Target, str]], timeout: str) -> None:
    from kubectl_lite.durations import seconds
    from kubectl_lite.progress import Progress

    left = [target.printed for target, _ in gone]

    async def one(target: Target, uid: str) -> None:
        await wait_until_gone(session, target, uid, seconds(timeout) or None)
        left.remove(target.printed)

    def text() -> str:
        more = f", and {len(left) - 1} more" if left[1:] else ""
        return f"waiting for {left[0]} to be gone{more}" if left else ""

    async with Progress(text):
        await asyncio.gather(*(one(target, uid) for target, uid in gone))


async def _found(session: Session, args: tuple[str, ...], flags: dict[str, Any]) -> list[Target]:
    """The objects to delete, each with its name: collections are listed first, as kubectl does."""
    given = await targets(
        session, args, files=flags["filename"], recursive=flags["recursive"], all_namespaces=flags["all_namespaces"],
        command="delete",
    )
    selectors = {"labelSelector": flags["selector"], "fieldSelector": flags["field_selector"]}
    named: list[Target] = []
    for target in given:
        if target.name and (flags["all_"] or any(selectors.values())) and not flags["filename"]:
            raise CommandError("name cannot be provided when a selector is specified")
        if target.source and not target.name:
            raise CommandError(f'error when deleting "{target.source}": resource name may not be empty')
        if target.name:
            named.append(target)
        elif not (flags["all_"] or any(selectors.values())):
            raise CommandError("resource(s) were provided, but no name was specified")
        else:
            listed = await list_of(session, target, selectors)
            named += [
                Target(target.mapping, i["metadata"]["name"], i["metadata"].get("namespace", ""))
                for i in listed.get("items") or ()
            ]
    return named


def _options(flags: dict[str, Any]) -> dict[str, Any]:
    grace = 1 if flags["now"] else flags["grace_period"]
    if flags["force"] and grace < 0:
        grace = 0
    if grace == 0 and not flags["force"]:
        grace = 1  # as kubectl: 0 means «do not wait for the node», which must be asked for with --force
    if grace == 0:
        print(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. "
            "The resource may continue to run on the cluster indefinitely.",
            file=sys.stderr,
        )
    options: dict[str, Any] = {"propagationPolicy": policy_of(flags["cascade"])}
    if grace >= 0:
        options["gracePeriodSeconds"] = grace
    if flags["dry_run"] == "server":
        options["dryRun"] = ["All"]
    return options


def _say(target: Target, flags: dict[str, Any]) -> None:
    if flags["output"] == "name":
        print(target.printed)
        return
    suffix = {"none": "", "client": " (dry run)", "server": " (server dry run)"}[flags["dry_run"]]
    how = "force deleted" if flags["force"] else "deleted"
    print(f'{target.mapping.printed} "{target.name}" {how}{suffix}', flush=True)


def _failed(error: Exception, target: Target, ignore_not_found: bool) -> int:
    from kube.apimachinery.errors import NotFound, StatusError

    if not isinstance(error, StatusError):
        raise error
    if isinstance(error, NotFound) and ignore_not_found:
        return 0
    report(add_source(error, "deleting", target.source) if target.source else error)
    return 1
