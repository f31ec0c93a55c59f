"""`create role`, `clusterrole`, their bindings and `token`: their flags; the objects are made in `generators.rbac`.

Read by `kubectl_lite.commands.create`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.creating import generator, one_name, send
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError
from kubectl_lite.mapper import Mapper
from kubectl_lite.session import Session
from kubectl_lite.writing import print_options, printer_of

Json = dict[str, Any]
BOUND_KINDS = {"Node": "nodes", "Pod": "pods", "Secret": "secrets"}
"""What a token may be bound to, so that it ends with it."""


class Pairs(click.ParamType):
    """A flag whose value is pairs: `a=b,c=d`."""

    name = "pairs"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        parts = [word.partition("=") for word in value.split(",")] if value else []
        if not all(equals for _, equals, _ in parts):
            self.fail(f"'{value}' malformed pair, expect string=string", param, ctx)
        return {key: text for key, _, text in parts}


def _role(kind: str, *options: Callable[..., Any]) -> click.Command:
    @generator(
        kind.lower(), f"Create a {'cluster role' if kind == 'ClusterRole' else 'role'}.", *options,
        click.option("--verb", multiple=True, help="Verbs that apply to the resources."),
        click.option("--resource", multiple=True, help="Resources that the rule applies to."),
        click.option("--resource-name", multiple=True, help="Names that the rule applies to."),
    )  # fmt: skip
    async def run(session: Session, name: str, **flags: Any) -> int:
        from kubectl_lite.generators.rbac import aggregated_role, role, rules

        aggregated = flags.pop("aggregation_rule", None)
        given = [flags.pop(k, ()) for k in ("verb", "resource", "resource_name", "non_resource_url")]
        if aggregated:
            if any(given):
                raise CommandError(
                    "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames"
                )
            return await send(session, aggregated_role(name, aggregated), flags)
        find = partial(_find, await session.mapper())
        return await send(session, role(kind, name, rules(*given, find, cluster=kind == "ClusterRole")), flags)

    return run


def _find(mapper: Mapper, word: str) -> tuple[str, str]:
    """Group and plural of `deployments.apps`. Raises CommandError; a version between the two is none that is known."""
    resource, _, group = word.partition(".")
    with suppress(CommandError):
        mapping = mapper.by_name(word)
        if mapping.group.startswith(group):
            return mapping.group, mapping.plural
    where = f' in group "{group}"' if group else ""
    raise CommandError(f'the server doesn\'t have a resource type "{resource}"{where}', prefix=False)


def _binding(kind: str, *options: Callable[..., Any]) -> click.Command:
    @generator(
        kind.lower(), f"Create a {'cluster role' if kind == 'ClusterRoleBinding' else 'role'} binding.", *options,
        click.option("--user", "users", multiple=True, help="Usernames to bind to the role."),
        click.option("--group", multiple=True, help="Groups to bind to the role."),
        click.option("--serviceaccount", multiple=True, help="Service accounts: namespace:name."),
    )  # fmt: skip
    async def run(session: Session, name: str, **flags: Any) -> int:
        from kubectl_lite.generators.rbac import binding, words

        cluster_role, local = flags.pop("clusterrole"), flags.pop("role", "")
        if bool(cluster_role) == bool(local):
            raise CommandError("exactly one of clusterrole or role must be specified")
        ref = ("ClusterRole", cluster_role) if cluster_role else ("Role", local)
        subjects = [words(flags.pop(name)) for name in ("users", "group", "serviceaccount")]
        return await send(session, binding(kind, name, ref, *subjects), flags)

    return run


@command("token")
@click.argument("names", nargs=-1, metavar="NAME")
@click.option("--audience", multiple=True, help="Audience of the requested token.")
@click.option("--duration", type=DURATION, default="", help="Requested lifetime of the token.")
@click.option("--bound-object-kind", default="", help="Kind of an object to bind the token to: Node, Pod or Secret.")
@click.option("--bound-object-name", default="", help="Name of an object to bind the token to.")
@click.option("--bound-object-uid", default="", help="UID of an object to bind the token to.")
@print_options
async def token_command(session: Session, names: tuple[str, ...], **flags: Any) -> None:
    """Request a service account token."""
    from kube.apimachinery.errors import StatusError

    name, printer = one_name(names), printer_of(flags) if flags["output"] else None
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": _token_spec(flags)}
    path = f"/api/v1/namespaces/{session.namespace}/serviceaccounts/{name}/token"
    try:
        answer = await session.post(path, request)
    except StatusError as error:
        raise CommandError(f"failed to create token: {error.message}") from error
    sys.stdout.write(printer(answer) if printer else answer["status"]["token"])


def _token_spec(flags: Json) -> Json:
    """Raises CommandError for flags that contradict one another."""
    from kubectl_lite.durations import seconds

    length = seconds(flags["duration"] or "0")
    kind, name, uid = (flags[f"bound_object_{part}"] for part in ("kind", "name", "uid"))
    if length < 0:
        raise CommandError("--duration must be greater than or equal to 0")
    if length % 1:
        raise CommandError("--duration cannot be expressed in units less than seconds")
    if kind and kind not in BOUND_KINDS:
        raise CommandError(f"supported --bound-object-kind values are {', '.join(BOUND_KINDS)}")
    if kind and not name:
        raise CommandError("--bound-object-name is required if --bound-object-kind is provided")
    for part in ("name", "uid"):
        if flags[f"bound_object_{part}"] and not kind:
            raise CommandError(f"--bound-object-{part} can only be set if --bound-object-kind is provided")
    spec: Json = {"audiences": list(flags["audience"])} if flags["audience"] else {}
    spec |= {"expirationSeconds": int(length)} if length else {}
    bound = {"kind": kind, "apiVersion": "v1", "name": name} | ({"uid": uid} if uid else {})
    return spec | ({"boundObjectRef": bound} if kind else {})


_ROLE_OF_NAMESPACE = (
    click.option("--clusterrole", default="", help="The ClusterRole to refer to."),
    click.option("--role", default="", help="The Role to refer to."),
)
_CLUSTER_ROLE = click.option("--clusterrole", required=True, help="The ClusterRole to refer to.")
_URL = click.option("--non-resource-url", multiple=True, help="Paths that the rule applies to.")
_AGGREGATION = click.option(
    "--aggregation-rule", type=Pairs(), default="", show_default="", help="Take the rules of roles with these labels."
)
ACCESS: dict[str, click.Command] = {
    "clusterrole": _role("ClusterRole", _URL, _AGGREGATION),
    "clusterrolebinding": _binding("ClusterRoleBinding", _CLUSTER_ROLE),
    "role": _role("Role"),
    "rolebinding": _binding("RoleBinding", *_ROLE_OF_NAMESPACE),
    "token": token_command,
}
