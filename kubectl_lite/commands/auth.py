"""`kubectl_lite auth`: may I, who am I, and roles made to hold what a manifest says.

Source: k8s.io/kubectl/pkg/cmd/auth. The reconciling rules are `kubectl_lite.rbac_reconcile`.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite.cli import command, group
from kubectl_lite.errors import CommandError, report
from kubectl_lite.session import Session
from kubectl_lite.writing import DRY_RUN, print_options, printer_of

Json = dict[str, Any]
API = "/apis/authorization.k8s.io/v1"
VERBS = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind", "*",
         "impersonate", "approve", "sign", "escalate", "attest"}  # fmt: skip
NOT_SERVED = ("users", "groups")
"""What may be impersonated, and is no resource."""
URL_VERBS = {"get", "put", "post", "head", "options", "delete", "patch", "*"}


@command("can-i")
@click.argument("args", nargs=-1)
@click.option("--list", "list_", is_flag=True, help="Print all allowed actions.")
@click.option("-q", "--quiet", is_flag=True, help="Only the exit code answers.")
@click.option("--subresource", default="", help="A subresource, such as pods/log.")
@click.option("-A", "--all-namespaces", is_flag=True, help="In all namespaces.")
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
async def _can_i(session: Session, args: tuple[str, ...], list_: bool, quiet: bool, **flags: Any) -> int:
    """Check whether an action is allowed."""
    if list_:
        if args:
            raise CommandError("list option must be specified with no arguments")
        if quiet or flags["all_namespaces"] or flags["subresource"]:
            raise CommandError("list option can't be specified with neither quiet, all-namespaces nor subresource "
                               "options")  # fmt: skip
        return await _list(session, flags)
    if flags["no_headers"]:
        raise CommandError("--no-headers cannot be set without --list specified")
    if len(args) != 2:
        raise CommandError(
            "you must specify two arguments: verb resource or verb resource/resourceName.\n"
            "See 'kubectl_lite auth can-i -h' for help and examples."
        )
    _ = session.config  # what is wrong with our own identity is told before any guess
    spec = await _asked(session, args, flags)
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    status = (await session.post(f"{API}/selfsubjectaccessreviews", body))["status"]
    allowed = bool(status.get("allowed"))
    if not quiet:
        reason, problem = status.get("reason", ""), status.get("evaluationError", "")
        text = f"{' - ' + reason if reason else ''}{' - ' + problem if problem else ''}"
        print("yes" if allowed else f"no{text}")
    return 0 if allowed else 1


async def _asked(session: Session, args: tuple[str, ...], flags: Json) -> Json:
    """The attributes of the access; warns of what is probably a slip."""
    verb, what = args[0], args[1]
    if what.startswith("/"):
        if flags["subresource"]:
            raise CommandError("--subresource can not be used with NonResourceURL")
        _warn(verb not in URL_VERBS, f"verb '{verb}' is not a known verb")
        return {"nonResourceAttributes": {"path": what, "verb": verb}}
    word, _, name = what.partition("/")
    group_, version, plural = await _resource(session, word, flags)
    _warn(verb not in VERBS, f"verb '{verb}' is not a known verb")
    attributes = {"verb": verb, "group": group_, "version": version, "resource": plural, "name": name,
                  "subresource": flags["subresource"],
                  "namespace": "" if flags["all_namespaces"] else session.namespace}  # fmt: skip
    return {"resourceAttributes": {k: v for k, v in attributes.items() if v}}


def _warn(condition: bool, text: str) -> None:
    if condition:
        print(f"Warning: {text}\n", file=sys.stderr)


async def _resource(session: Session, word: str, flags: Json) -> tuple[str, str, str]:
    if word == "*":
        return "*", "*", "*"
    if word in NOT_SERVED:
        return "", "", word
    try:
        mapping = (await session.mapper()).by_name(word)
    except CommandError:
        plural, _, group_ = word.partition(".")
        in_group = f" in group '{group_}'" if group_ else ""
        _warn(True, f"the server doesn't have a resource type '{plural}'{in_group}")
        return group_, "", plural
    where = f" in group '{mapping.group}'" if mapping.group else ""
    outside = not mapping.namespaced and not flags["all_namespaces"]
    _warn(outside, f"resource '{mapping.plural}' is not namespace scoped{where}")
    return mapping.group, "", mapping.plural


async def _list(session: Session, flags: Json) -> int:
    from kubectl_lite.describers.policy_rules import rows
    from kubectl_lite.printers.table import table

    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": session.namespace}}  # fmt: skip
    status = (await session.post(f"{API}/selfsubjectrulesreviews", body))["status"]
    found = rows([*(status.get("resourceRules") or ()), *(status.get("nonResourceRules") or ())])
    head = [] if flags["no_headers"] else [["Resources", "Non-Resource URLs", "Resource Names", "Verbs"]]
    sys.stdout.write(table([*head, *found]))
    if status.get("incomplete"):
        reason = status.get("evaluationError", "")
        print(f"warning: the list may be incomplete{': ' + reason if reason else ''}", file=sys.stderr)
    return 0


@command("whoami")
@click.argument("ignored", nargs=-1, expose_value=False)
@print_options
async def _whoami(session: Session, **flags: Any) -> None:
    """Experimental: Check self subject attributes."""
    from kubectl_lite.describers.policy_rules import brackets
    from kubectl_lite.printers.go_order import in_go_order
    from kubectl_lite.printers.table import table

    printer = printer_of(flags, sort_keys=False) if flags["output"] else None
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    answer = await session.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", body)
    if printer:
        sys.stdout.write(printer(in_go_order(answer)))
        return
    user = (answer.get("status") or {}).get("userInfo") or {}
    rows = [["ATTRIBUTE", "VALUE"], ["Username", user.get("username", "")]]
    rows += [["UID", user["uid"]]] if user.get("uid") else []
    rows += [["Groups", brackets(user["groups"])]] if user.get("groups") else []
    rows += [[f"Extra: {k}", brackets(v)] for k, v in sorted((user.get("extra") or {}).items())]
    sys.stdout.write(table(rows))


@command("reconcile")
@click.option("-f", "--filename", multiple=True, help="Files with roles and bindings.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("--remove-extra-permissions", is_flag=True, help="Take away what the manifest does not say.")
@click.option("--remove-extra-subjects", is_flag=True, help="Take away subjects that the manifest does not name.")
@DRY_RUN
@print_options
async def _reconcile(session: Session, filename: tuple[str, ...], recursive: bool, **flags: Any) -> int:
    """Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.rbac_reconcile import reconcile
    from kubectl_lite.resources import targets

    if not filename:
        raise CommandError("must specify one of -f and -k")
    if flags["dry_run"] == "server":
        raise CommandError("--dry-run=server for command reconcile is not supported yet")
    code = 0
    for target in await targets(session, (), files=filename, recursive=recursive, command="auth"):
        if target.mapping.group != "rbac.authorization.k8s.io":
            continue  # a manifest may hold other things, too
        try:
            await reconcile(session, target, flags)
        except (StatusError, CommandError) as why:
            report(why)
            code = 1
    return code


cli = group("auth", {"can-i": _can_i, "reconcile": _reconcile, "whoami": _whoami}, help="Inspect authorization.")
