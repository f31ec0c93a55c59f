"""`kubectl_lite set env`: sets, removes and lists environment variables of pods and of what makes pods.

Read by `kubectl_lite.commands.set`; what changes is decided by `kubectl_lite.pod_specs`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from kubectl_lite import pod_specs
from kubectl_lite.cli import bool_option
from kubectl_lite.env_names import check_env_name
from kubectl_lite.errors import CommandError
from kubectl_lite.key_values import split
from kubectl_lite.resources import Target
from kubectl_lite.selecting import NOTHING_NAMED, for_each, live, selected
from kubectl_lite.session import Session
from kubectl_lite.setting import Json, apply, on_pods, setter
from kubectl_lite.writing import Writing


@setter(
    "env", "Update environment variables on a pod template.",
    click.option("-c", "--containers", default="*", help="The names of containers to change; wildcards are allowed."),
    click.option("-e", "--env", multiple=True, help="A variable to set: key=value."),
    click.option("--from", "source", default="", help="A resource whose keys to take: configmap/NAME or secret/NAME."),
    click.option("--keys", multiple=True, help="With --from: only these keys, separated by commas."),
    click.option("--prefix", default="", help="With --from: what to put in front of the names."),
    click.option("--list", "list_", is_flag=True, help="Display the environment, and changes to it."),
    click.option("--resolve", is_flag=True, help="With --list: show the values of references."),
    bool_option("--overwrite", default=True, help="Replace what is set."),
)  # fmt: skip
async def env_command(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    own = {k: flags.pop(k) for k in ("containers", "env", "source", "keys", "prefix", "list_", "resolve", "overwrite")}
    resources, words = split(args, "environment", lambda word: "=" in word[1:] or word.endswith("-"), tells_all=True)
    if not resources and not flags["filename"]:
        raise CommandError(NOTHING_NAMED)
    if own["keys"] and not own["source"]:
        raise CommandError("when specifying --keys, a configmap or secret must be provided with --from")
    sets, removed = _parsed([*words, *own["env"]])
    entries = [{"name": k, "value": v} for k, v in sets.items()]
    if own["source"]:
        entries += await _entries_from(session, own)

    def change(spec: Json) -> Json:
        return pod_specs.with_env(spec, own["containers"], entries, removed, own["overwrite"])

    if own["list_"]:
        return await _list_env(session, resources, flags, own, change)

    def decide(obj: Json) -> Json:
        after = on_pods(change)(obj)
        if not pod_specs.matching(pod_specs.pod_spec(obj), own["containers"]):
            name = f"{obj['kind']}/{obj['metadata']['name']}"
            text = f'Warning: {name} does not have any containers matching "{own["containers"]}"'
            print(text, file=sys.stderr)
        return after

    return await apply(session, resources, flags, "env updated", decide,
                       failing="failed to patch env update to pod template:")  # fmt: skip


def _parsed(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """What to set, and what to remove; `-` stands for the lines of standard input. Raises CommandError."""
    if "-" in words:
        lines = [line.strip() for line in sys.stdin.read().splitlines()]
        words = [word for word in words if word != "-"] + [line for line in lines if line and not line.startswith("#")]
    sets: dict[str, str] = {}
    removed: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            check_env_name(name)
            sets[name] = value
        elif word.endswith("-"):
            removed.append(word[:-1])
        else:
            raise CommandError(f"unknown environment variable: {word}")
    if any(name in sets for name in removed):
        raise CommandError("can not both modify and remove the same environment variable in the same command")
    return sets, removed


async def _entries_from(session: Session, own: Json) -> list[Json]:
    from kubectl_lite.resources import targets

    target = (await targets(session, (own["source"],)))[0]
    if not target.name:
        raise CommandError("resource(s) were provided, but no name was specified")
    obj = await session.get(target.path)
    if obj["kind"] not in ("ConfigMap", "Secret"):
        raise CommandError("unsupported resource specified in --from")
    entries = []
    keys = [key for given in own["keys"] for key in given.split(",") if key]
    for key, entry in pod_specs.env_from(obj, own["prefix"], keys):
        name = entry["name"].removeprefix(own["prefix"])
        if name != key:
            print(f"Warning: key {key} transferred to {name}", file=sys.stderr)
        entries.append(entry)
    return entries


async def _list_env(
    session: Session, resources: list[str], flags: Json, own: Json, change: Callable[[Json], Json]
) -> int:
    """Shows each variable as it would be after the change; objects without pods have none."""
    Writing.read(flags, "kubectl-set")
    local = flags.pop("local")

    async def act(target: Target) -> None:
        obj = target.object if local and target.object else await live(session, target)
        if not pod_specs.path_to_pod_spec(obj["kind"]):
            return
        for container in pod_specs.matching(change(pod_specs.pod_spec(obj)), own["containers"]):
            print(f"# {target.mapping.kind} {target.name}, container {container['name']}")
            for entry in container.get("env") or ():
                print(await _resolved(session, target, entry) if own["resolve"] else pod_specs.shown_env(entry))
        sys.stdout.flush()

    return await for_each(await selected(session, resources, flags, "set", local=local), act)


async def _resolved(session: Session, target: Target, entry: Json) -> str:
    """The variable with the value that its ConfigMap or Secret holds."""
    import base64

    source = entry.get("valueFrom") or {}
    for field, plural in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
        if ref := source.get(field):
            obj = await session.get(f"/api/v1/namespaces/{target.namespace}/{plural}/{ref['name']}")
            value = (obj.get("data") or {}).get(ref["key"], "")
            value = base64.b64decode(value).decode(errors="replace") if plural == "secrets" else value
            return f"{entry['name']}={value}"
    return pod_specs.shown_env(entry)
