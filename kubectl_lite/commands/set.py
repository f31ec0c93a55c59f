"""`kubectl_lite set`: changes one feature of objects: images, environment, resources, selector, account, subjects.

What changes is decided by `kubectl_lite.pod_specs`; this module reads the flags and sends the patches.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import click

from kubectl_lite import pod_specs
from kubectl_lite.cli import bool_option, command, group
from kubectl_lite.errors import CommandError
from kubectl_lite.key_values import parse
from kubectl_lite.patching import difference
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import NO_LOCAL_FILE, NOTHING_NAMED, for_each, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
Decide = Callable[[Json], Json]
"""From an object to the object that it shall be."""


async def _apply(
    session: Session, words: Sequence[str], flags: Json, what: str, decide: Decide, *, always: bool = False
) -> int:
    """Patches each object to what `decide` makes of it; says nothing of those that are so already, unless `always`."""
    writing = Writing.read(flags, "kubectl-set")
    local = flags.pop("local")
    if not words and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    if local and not flags["filename"]:
        raise CommandError(NO_LOCAL_FILE)

    async def act(target: Target) -> None:
        obj = target.object if local and target.object else await live(session, target)
        after = decide(obj)
        patch, patch_type = difference(target.mapping, obj, after)
        if not patch and not always:
            return
        if patch and writing.dry_run != "client" and not local:
            after = await session.patch(target.path, patch, patch_type, **writing.params)
        writing.say(target, what, after)

    return await for_each(await selected(session, words, flags, "set", whole=bool(flags.get("all_"))), act)


def _on_pods(change: Callable[[Json], Json]) -> Decide:
    """From a change of a pod spec to the object around it."""

    local = click.get_current_context().params.get("local")

    def decide(obj: Json) -> Json:
        try:
            return pod_specs.with_pod_spec(obj, change(pod_specs.pod_spec(obj)))
        except CommandError as why:
            if not pod_specs.path_to_pod_spec(obj["kind"]) or "already has" in str(why):
                plural = "" if local else "s"
                raise CommandError(f"{obj['kind'].lower()}{plural}/{obj['metadata']['name']} {why}") from why
            raise

    return decide


def _split(args: Sequence[str], is_change: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """The resources, then the changes."""
    at = next((i for i, word in enumerate(args) if is_change(word)), len(args))
    return list(args[:at]), list(args[at:])


_LOCAL = click.option("--local", is_flag=True, help="Do not ask the server; print what becomes of the files.")
Run = Callable[..., Awaitable[int]]


def _setter(name: str, help_: str, *options: Callable[..., Any]) -> Callable[[Run], click.Command]:
    def wrap(function: Run) -> click.Command:
        for option in (click.argument("args", nargs=-1), _LOCAL, *options, select_options, write_options):
            function = option(function)
        return command(name, help=help_)(function)

    return wrap


@_setter("image", "Update the image of a pod template.")
async def _image(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    resources, words = _split(args, lambda word: "=" in word)
    if not resources and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    wanted = pod_specs.images(words)
    return await _apply(session, resources, flags, "image updated",
                        _on_pods(lambda spec: pod_specs.with_images(spec, wanted)))  # fmt: skip


@_setter(
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
    return await _apply(session, args, flags, "resource requirements updated",
                        _on_pods(lambda spec: pod_specs.with_resources(spec, pattern, limits, requests)))  # fmt: skip


@_setter(
    "selector", "Set the selector on a resource.",
    click.option("--resource-version", default="", help="Precondition for the resource version."),
)  # fmt: skip
async def _selector(session: Session, args: tuple[str, ...], resource_version: str, **flags: Any) -> int:
    *resources, expression = args if len(args) > 1 else (*args, "")
    if not expression:
        raise CommandError("one selector is required" if not resources else "selector is required")
    labels = dict(word.partition("=")[::2] for word in expression.split(",") if word)

    def decide(obj: Json) -> Json:
        if obj["kind"] != "Service":
            raise CommandError("setting a selector is only supported for Services")
        metadata = obj["metadata"] | ({"resourceVersion": resource_version} if resource_version else {})
        return obj | {"metadata": metadata, "spec": obj["spec"] | {"selector": labels}}

    return await _apply(session, resources, flags, "selector updated", decide)


@_setter("serviceaccount", "Update the service account of a resource.")
async def _service_account(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    if not args:
        raise CommandError("serviceaccount is required")
    *resources, account = args
    fields = {"serviceAccountName": account, "serviceAccount": account}

    change = _on_pods(lambda spec: spec | fields)
    return await _apply(session, resources, flags, "serviceaccount updated", change, always=True)


@_setter(
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
        await selected(session, args, dict(flags), "set")  # what is not there is told first
        raise CommandError("you must specify at least one value of user, group or serviceaccount")
    wanted = binding("RoleBinding", "", ("", ""), *given)["subjects"]

    def decide(obj: Json) -> Json:
        if "roleRef" not in obj:
            raise CommandError("setting subjects is only supported for RoleBinding/ClusterRoleBinding")
        have = obj.get("subjects") or []
        new = [s for s in wanted if s not in have]
        return obj | {"subjects": have + new}

    return await _apply(session, args, flags, "subjects updated", decide)


# ---- env ----


@_setter(
    "env", "Update environment variables on a pod template.",
    click.option("-c", "--containers", default="*", help="The names of containers to change; wildcards are allowed."),
    click.option("-e", "--env", multiple=True, help="A variable to set: key=value."),
    click.option("--from", "source", default="", help="A resource whose keys to take: configmap/NAME or secret/NAME."),
    click.option("--keys", default="", help="With --from: only these keys."),
    click.option("--prefix", default="", help="With --from: what to put in front of the names."),
    click.option("--list", "list_", is_flag=True, help="Display the environment, and changes to it."),
    click.option("--resolve", is_flag=True, help="With --list: show the values of references."),
    bool_option("--overwrite", default=True, help="Replace what is set."),
)  # fmt: skip
async def _env(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    own = {k: flags.pop(k) for k in ("containers", "env", "source", "keys", "prefix", "list_", "resolve", "overwrite")}
    resources, words = _split(args, lambda word: "=" in word or (word.endswith("-") and len(word) > 1))
    if not resources and not flags["filename"]:
        raise CommandError(NOTHING_NAMED)
    sets, removed = parse([*words, *own["env"]], "environment variable")
    entries = [{"name": k, "value": v} for k, v in sets.items()]
    if own["source"]:
        entries += await _entries_from(session, own)
    if own["list_"] and not entries and not removed:
        return await _list_env(session, resources, flags, own)

    def change(spec: Json) -> Json:
        return pod_specs.with_env(spec, own["containers"], entries, removed, own["overwrite"])

    return await _apply(session, resources, flags, "env updated", _on_pods(change))


async def _entries_from(session: Session, own: Json) -> list[Json]:
    from kubectl_lite.resources import targets

    found = await targets(session, (own["source"],))
    obj = await session.get(found[0].path)
    if obj["kind"] not in ("ConfigMap", "Secret"):
        raise CommandError(f"unsupported resource specified in --from: {obj['kind']}")
    entries = []
    for key, entry in pod_specs.env_from(obj, own["prefix"], [k for k in own["keys"].split(",") if k]):
        name = entry["name"].removeprefix(own["prefix"])
        if name != key:
            print(f"Warning: key {key} transferred to {name}", file=sys.stderr)
        entries.append(entry)
    return entries


async def _list_env(session: Session, resources: list[str], flags: Json, own: Json) -> int:
    from fnmatch import fnmatchcase

    Writing.read(flags, "kubectl-set")
    flags.pop("local")

    async def act(target: Target) -> None:
        spec = pod_specs.pod_spec(await live(session, target))
        for _, container in pod_specs.containers(spec):
            if fnmatchcase(container["name"], own["containers"]):
                print(f"# {target.mapping.kind} {target.name}, container {container['name']}")
                for entry in container.get("env") or ():
                    print(await _resolved(session, target, entry) if own["resolve"] else pod_specs.shown_env(entry))
        sys.stdout.flush()

    return await for_each(await selected(session, resources, flags, "set"), act)


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


cli = group(
    "set",
    {
        "env": _env,
        "image": _image,
        "resources": _resources,
        "selector": _selector,
        "serviceaccount": _service_account,
        "subject": _subject,
    },
    {"sa": "serviceaccount"},
    help="Configure application resources: these commands change features of existing ones.",
)
