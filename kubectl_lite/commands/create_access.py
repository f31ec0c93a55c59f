"""`create role`, `clusterrole`, their bindings and `token`: their flags; the objects are made in `generators.rbac`.

Read by `kubectl_lite.commands.create`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.creating import generator, one_name, send
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

Json = dict[str, Any]


def _role(kind: str, *options: Callable[..., Any]) -> click.Command:
    @generator(
        kind.lower(), f"Create a {kind.lower()} with rules.", *options,
        click.option("--verb", multiple=True, help="Verbs that apply to the resources."),
        click.option("--resource", multiple=True, help="Resources that the rule applies to."),
        click.option("--resource-name", multiple=True, help="Names that the rule applies to."),
    )  # fmt: skip
    async def run(session: Session, name: str, **flags: Any) -> int:
        from kubectl_lite.generators.rbac import aggregated_role, role, rules

        mapper = await session.mapper()

        def find(word: str) -> tuple[str, str]:
            try:
                mapping = mapper.by_name(word)
            except CommandError as why:
                raise CommandError(str(why), prefix=False) from why
            return mapping.group, mapping.plural

        aggregated = flags.pop("aggregation_rule", "")
        if aggregated:
            for name_ in ("verb", "resource", "resource_name", "non_resource_url"):
                flags.pop(name_, None)
            return await send(session, aggregated_role(name, aggregated), flags)
        given = [flags.pop(k, ()) for k in ("verb", "resource", "resource_name", "non_resource_url")]
        return await send(session, role(kind, name, rules(*given, find)), flags)

    return run


def _binding(kind: str, *options: Callable[..., Any]) -> click.Command:
    @generator(
        kind.lower(), f"Create a {kind.lower()} for a role.", *options,
        click.option("--clusterrole", default="", help="The ClusterRole to refer to."),
        click.option("--user", "users", multiple=True, help="Usernames to bind to the role."),
        click.option("--group", multiple=True, help="Groups to bind to the role."),
        click.option("--serviceaccount", multiple=True, help="Service accounts: namespace:name."),
    )  # fmt: skip
    async def run(session: Session, name: str, **flags: Any) -> int:
        from kubectl_lite.generators.rbac import binding

        cluster_role, local = flags.pop("clusterrole"), flags.pop("role", "")
        if bool(cluster_role) == bool(local):
            raise CommandError("exactly one of clusterrole or role must be specified")
        ref = ("ClusterRole", cluster_role) if cluster_role else ("Role", local)
        subjects = flags.pop("users"), flags.pop("group"), flags.pop("serviceaccount")
        return await send(session, binding(kind, name, ref, *subjects), flags)

    return run


@command("token")
@click.argument("names", nargs=-1, metavar="NAME")
@click.option("--audience", multiple=True, help="Audience of the requested token.")
@click.option("--duration", type=DURATION, default="", help="Requested lifetime of the token.")
@click.option("-o", "--output", default="", help="Output format: yaml or json.")
async def token_command(
    session: Session, names: tuple[str, ...], audience: tuple[str, ...], duration: str, output: str
) -> None:
    """Request a service account token."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.durations import seconds
    from kubectl_lite.printers.objects import printer_for

    spec: Json = {"audiences": list(audience)} if audience else {}
    if duration:
        spec["expirationSeconds"] = int(seconds(duration))
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"/api/v1/namespaces/{session.namespace}/serviceaccounts/{one_name(names)}/token"
    try:
        answer = await session.post(path, request)
    except StatusError as error:
        raise CommandError(f"failed to create token: {error.message}") from error
    printer = printer_for(output)
    sys.stdout.write(printer(answer) if printer else answer["status"]["token"])


_ROLE = click.option("--role", default="", help="The Role to refer to.")
_URL = click.option("--non-resource-url", multiple=True, help="Paths that the rule applies to.")
_AGGREGATION = click.option("--aggregation-rule", default="", help="Take the rules of roles with these labels.")
ACCESS: dict[str, click.Command] = {
    "clusterrole": _role("ClusterRole", _URL, _AGGREGATION),
    "clusterrolebinding": _binding("ClusterRoleBinding"),
    "role": _role("Role"),
    "rolebinding": _binding("RoleBinding", _ROLE),
    "token": token_command,
}
