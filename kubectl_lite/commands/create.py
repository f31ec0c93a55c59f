"""`kubectl_lite create`: creates what a manifest (`-f`) or the flags of a generator describe; refuses what exists.

The generators (`create deployment`, `create service clusterip`, …) are in `kubectl_lite.generators`; this module reads
their flags and sends what they make.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from kubectl_lite.cli import after_dashes, command, group
from kubectl_lite.commands.create_data import config_map_command, secret_command
from kubectl_lite.creating import create, generator, one_name, send
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError, add_source, report, usage
from kubectl_lite.last_applied import with_last_applied
from kubectl_lite.raw import send_raw
from kubectl_lite.resources import targets
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]


# ---- from manifests ----


@command("create")
@click.argument("words", nargs=-1)
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help="Only objects with these labels.")
@click.option("--save-config", is_flag=True, help="Keep the manifest in an annotation, so that apply can follow.")
@click.option("--raw", default="", help="Send the file in a POST to this path.")
@write_options
async def from_files(
    session: Session, words: tuple[str, ...], filename: tuple[str, ...], recursive: bool, selector: str,
    save_config: bool, raw: str, **flags: Any,
) -> int:  # fmt: skip
    """Create a resource from a file or from stdin."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.commands.apply import is_selected

    if words:
        raise usage("create", f"Unexpected args: [{' '.join(words)}]")
    if raw:
        return await send_raw(session, "POST", raw, filename)
    writing, code, shown = Writing.read(flags, "kubectl-create"), 0, False
    for target in await targets(session, (), files=filename or ("",), recursive=recursive, command="create"):
        assert target.object is not None
        if selector and not is_selected(target, selector):
            continue
        body = with_last_applied(target.object) if save_config else target.object
        try:
            answer = await create(session, target, body, writing)
            print("---\n" if shown and writing.output == "yaml" else "", end="")
            writing.say(target, "created", answer)
            shown = True
        except StatusError as error:
            report(add_source(error, "creating", target.source))
            code = 1
    return code


# ---- from flags ----


@generator("namespace", "Create a namespace with the specified name.")
async def _namespace(session: Session, name: str, **flags: Any) -> int:
    return await send(session, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, flags)


@generator("serviceaccount", "Create a service account with the specified name.")
async def _service_account(session: Session, name: str, **flags: Any) -> int:
    return await send(session, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}, flags)


@generator(
    "poddisruptionbudget", "Create a pod disruption budget with the specified name.",
    click.option("--selector", default="", help="Which pods it guards."),
    click.option("--min-available", default="", help="How many must stay, as a number or a percentage."),
    click.option("--max-unavailable", default="", help="How many may be missing, as a number or a percentage."),
)  # fmt: skip
async def _budget(
    session: Session, name: str, selector: str, min_available: str, max_unavailable: str, **flags: Any
) -> int:
    from kubectl_lite.generators.workloads import disruption_budget

    return await send(session, disruption_budget(name, selector, min_available, max_unavailable), flags)


@generator(
    "deployment", "Create a deployment with the specified name.",
    click.option("--image", multiple=True, required=True, help="Image names to run."),
    click.option("-r", "--replicas", default=1, help="Number of replicas to create."),
    click.option("--port", type=int, default=None, help="The containerPort that this deployment exposes."),
    takes_command=True,
)  # fmt: skip
async def _deployment(
    session: Session, name: str, image: tuple[str, ...], replicas: int, port: int | None, **flags: Any
) -> int:
    from kubectl_lite.generators.workloads import deployment

    return await send(session, deployment(name, image, replicas, port, after_dashes()), flags)


# ---- services ----


def _service(kind: str, type_: str, help_: str, *options: Callable[..., Any]) -> click.Command:
    tcp = click.option("--tcp", multiple=True, help="Port pairs: port:targetPort.")

    @generator(kind, help_, tcp, *options)
    async def run(session: Session, name: str, tcp: tuple[str, ...], **flags: Any) -> int:
        from kubectl_lite.generators.services import service

        own = {k: flags.pop(k) for k in ("node_port", "external_name") if k in flags}
        if "clusterip" in flags:
            own["cluster_ip"] = flags.pop("clusterip")
        return await send(session, service(name, type_, tcp, **own), flags)

    return run


_SERVICES = {
    "clusterip": _service(
        "clusterip", "ClusterIP", "Create a ClusterIP service with the specified name.",
        click.option("--clusterip", default="", help="The address, or None for a headless service."),
    ),
    "nodeport": _service(
        "nodeport", "NodePort", "Create a NodePort service with the specified name.",
        click.option("--node-port", default=0, help="Port used to expose the service on each node."),
    ),
    "loadbalancer": _service("loadbalancer", "LoadBalancer", "Create a LoadBalancer service with the specified name."),
    "externalname": _service(
        "externalname", "ExternalName", "Create an ExternalName service with the specified name.",
        click.option("--external-name", required=True, help="External name of the service."),
    ),
}  # fmt: skip


# ---- access ----


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
async def _token(
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
_SUBCOMMANDS: dict[str, click.Command] = {
    "clusterrole": _role("ClusterRole", _URL, _AGGREGATION),
    "clusterrolebinding": _binding("ClusterRoleBinding"),
    "configmap": config_map_command,
    "deployment": _deployment,
    "namespace": _namespace,
    "poddisruptionbudget": _budget,
    "role": _role("Role"),
    "rolebinding": _binding("RoleBinding", _ROLE),
    "secret": secret_command,
    "service": group("service", _SERVICES, help="Create a service using a specified subcommand."),
    "serviceaccount": _service_account,
    "token": _token,
}
_SHORT = {
    "cm": "configmap", "deploy": "deployment", "ns": "namespace", "pdb": "poddisruptionbudget", "sa": "serviceaccount",
    "svc": "service",
}  # fmt: skip


cli = group("create", _SUBCOMMANDS, _SHORT, help="Create a resource from a file, from stdin, or from flags.",
            default=from_files)  # fmt: skip
