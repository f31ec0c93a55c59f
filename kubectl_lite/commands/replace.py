"""`kubectl_lite replace`: puts manifests in the place of what is there; `--force` deletes and creates anew."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.deleting import policy_of, wait_until_gone
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError, add_source, report_all
from kubectl_lite.last_applied import with_last_applied
from kubectl_lite.raw import send_raw
from kubectl_lite.resources import Target, targets
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
OWN = ("grace_period", "cascade", "timeout", "save_config", "subresource", "wait")


@command("replace")
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("--force", is_flag=True, help="Delete the objects and create them again.")
@click.option("--grace-period", default=-1, help="With --force: seconds for a graceful end.")
@click.option("--cascade", default="background", is_flag=False, flag_value="background", help="As delete's.")
@click.option("--timeout", type=DURATION, default="0", help="With --force: how long to wait for the deletion.")
@bool_option("--wait", default=False, help="Taken; --force always waits.")
@click.option("--save-config", is_flag=True, help="Keep the manifest in an annotation.")
@click.option("--raw", default="", help="Send the file in a PUT to this path.")
@click.option("--subresource", default="", help="Replace this subresource: status or scale.")
@write_options("kubectl-replace", validate=True)
async def cli(session: Session, filename: tuple[str, ...], recursive: bool, force: bool, **flags: Any) -> int:
    """Replace a resource by file name or stdin."""
    from kube.apimachinery.errors import StatusError

    own = {name: flags.pop(name) for name in OWN}
    if raw := flags.pop("raw"):
        return await send_raw(session, "PUT", raw, filename)
    if not filename:
        raise CommandError("must specify one of -f and -k")
    if own["grace_period"] >= 0 and not force:
        raise CommandError("--grace-period must have --force specified")
    if seconds(own["timeout"]) and not force:
        raise CommandError("--timeout must have --force specified")
    if force and flags["dry_run"] != "none":
        raise CommandError("--dry-run can not be used when --force is set")
    policy_of(own["cascade"])
    writing, errors = Writing.read(flags, "kubectl-replace"), list[Exception]()
    found = await targets(session, (), files=filename, recursive=recursive, command="replace", errors=errors)
    if not found and not errors:
        raise CommandError("no objects passed to replace")
    if force:
        await _delete(session, found, own)
    for target in found:
        try:
            if not target.name and not force:
                raise CommandError(f'error when replacing "{target.source}": resource name may not be empty')
            answer = await (_create if force else _put)(session, target, own, writing)
            writing.say(target, "replaced", answer)
        except StatusError as error:
            errors.append(error if force else add_source(error, "replacing", target.source))
        except CommandError as error:
            errors.append(error)
    report_all(errors)
    return 1 if errors else 0


def _body(target: Target, own: Json) -> Json:
    assert target.object is not None
    return with_last_applied(target.object) if own["save_config"] else target.object


async def _put(session: Session, target: Target, own: Json, writing: Writing) -> Json:
    """The object itself; unless the manifest names a version, whatever version there is is replaced."""
    from kube.apimachinery.errors import NotFound

    body = _body(target, own)
    if writing.dry_run == "client":
        return body
    if not body["metadata"].get("resourceVersion"):
        with suppress(NotFound):  # some kinds are created by a PUT; for others the server says that there is none
            version = (await session.get(target.path))["metadata"]["resourceVersion"]
            body = body | {"metadata": body["metadata"] | {"resourceVersion": version}}
    path = target.mapping.path(target.namespace, target.name, own["subresource"])
    return await session.put(path, body, **writing.params)


async def _create(session: Session, target: Target, own: Json, writing: Writing) -> Json:
    body = _body(target, own)
    bare = {k: v for k, v in body["metadata"].items() if k not in ("resourceVersion", "uid")}
    return await session.post(target.mapping.path(target.namespace), body | {"metadata": bare}, **writing.params)


async def _delete(session: Session, found: list[Target], own: Json) -> None:
    from kube.apimachinery.errors import NotFound

    grace = {"gracePeriodSeconds": own["grace_period"]} if own["grace_period"] >= 0 else {}
    options = {"propagationPolicy": policy_of(own["cascade"])} | grace
    gone = []
    for target in found:
        try:
            answer = await session.delete(target.path, options)
        except NotFound:
            continue
        print(f'{target.mapping.printed} "{target.name}" deleted', flush=True)
        if answer.get("kind") != "Status":
            gone.append((target, answer["metadata"]["uid"]))
    for target, uid in gone:
        await wait_until_gone(session, target, uid, seconds(own["timeout"]) or 300.0)
