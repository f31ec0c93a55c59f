"""The command line: global flags, sub-commands found by name and imported only when they run.

Called by `kubectl_lite.__main__`; calls click, the one door to it. A command is a module of
`kubectl_lite.commands` with `@command(...)` on a function that takes the Session and its own flags; an asynchronous one
when it asks the server, for asyncio itself takes longer to import than `version --client` to run.
Wording of usage errors is kubectl's.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import fields
from typing import Any

import click

from kubectl_lite.errors import CommandError
from kubectl_lite.session import GlobalFlags, Session

# name -> one line of help. A command `api-resources` lives in kubectl_lite/commands/api_resources.py.
COMMANDS = {
    "annotate": "Update the annotations on a resource",
    "api-resources": "Print the supported API resources on the server",
    "api-versions": "Print the supported API versions on the server, in the form of group/version",
    "apply": "Apply a configuration to a resource by file name or stdin",
    "cordon": "Mark node as unschedulable",
    "create": "Create a resource from a file or from stdin",
    "delete": "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    "describe": "Show details of a specific resource or group of resources",
    "exec": "Execute a command in a container",
    "get": "Display one or many resources",
    "expose": "Take a resource and expose it as a new Kubernetes service",
    "label": "Update the labels on a resource",
    "patch": "Update fields of a resource",
    "rollout": "Manage the rollout of a resource",
    "run": "Run a particular image on the cluster",
    "scale": "Set a new size for a deployment, replica set, or replication controller",
    "uncordon": "Mark node as schedulable",
    "version": "Print the client and server version information",
}

_GLOBAL = (
    click.option("--kubeconfig", default="", help="Path to the kubeconfig file to use for CLI requests."),
    click.option("--context", default="", help="The name of the kubeconfig context to use."),
    click.option("--cluster", default="", help="The name of the kubeconfig cluster to use."),
    click.option("--user", default="", help="The name of the kubeconfig user to use."),
    click.option("-n", "--namespace", default="", help="The namespace scope for this CLI request."),
    click.option("-s", "--server", default="", help="The address and port of the Kubernetes API server."),
    click.option("--token", default="", help="Bearer token for authentication to the API server."),
    click.option("--certificate-authority", default="", help="Path to a cert file for the certificate authority."),
    click.option("--insecure-skip-tls-verify", is_flag=True, help="Do not check the server's certificate."),
    click.option("--as", "as_user", default="", help="Username to impersonate for the operation."),
    click.option("--as-group", multiple=True, help="Group to impersonate, can be repeated."),
    click.option("--request-timeout", default="0", help="How long to wait before giving up on a single request."),
)
_NAMES = {f.name for f in fields(GlobalFlags)}


class _Commands(click.Group):
    """Finds a command by name, importing its module only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module("kubectl_lite.commands." + name.replace("-", "_"))
        return module.cli

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:
            raise CommandError(f'unknown command "{args[0]}" for "kubectl_lite"')
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in self.list_commands(ctx)])


def global_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the flags that every command takes, before or after the command's name."""
    for option in reversed(_GLOBAL):
        function = option(function)
    return function


@click.group(cls=_Commands, name="kubectl_lite", context_settings={"help_option_names": ["-h", "--help"]})
@global_options
@click.pass_context
def cli(ctx: click.Context, **flags: Any) -> None:
    """kubectl_lite controls a kube-lite (or any Kubernetes) cluster."""
    ctx.obj = flags


Run = Callable[..., "Awaitable[int | None] | int | None"]


def command(name: str, **settings: Any) -> Callable[[Run], click.Command]:
    """Makes a function `run(session, **flags) -> exit code or None`, asynchronous or not, a command."""

    def wrap(function: Run) -> click.Command:
        def run(**flags: Any) -> None:
            ctx = click.get_current_context()
            session = Session(_merge_flags(ctx, flags))
            answer = function(session, **{k: v for k, v in flags.items() if k not in _NAMES})
            code = answer if answer is None or isinstance(answer, int) else _in_loop(session, answer)
            if code:
                ctx.exit(code)

        run.__doc__ = function.__doc__
        run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        return click.command(name, **settings)(global_options(run))

    return wrap


class Subcommands(click.Group):
    """`rollout status`, `create configmap`: the second word of a command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            raise CommandError(f'unknown command "{args[0]}" for "{ctx.command_path}"')
        return super().resolve_command(ctx, args)


def group(name: str, subcommands: Mapping[str, click.Command], **settings: Any) -> click.Group:
    """A command of several, by their second word. Global flags may stand between the words."""

    @global_options
    @click.pass_context
    def between(ctx: click.Context, **flags: Any) -> None:
        ctx.find_root().obj.update({k: v for k, v in flags.items() if v and k in _NAMES and v != "0"})

    settings = {"cls": Subcommands, "commands": dict(subcommands)} | settings
    return click.group(name, **settings)(between)


def _merge_flags(ctx: click.Context, flags: dict[str, Any]) -> GlobalFlags:
    """A flag after the command's name wins over one before it."""
    before = ctx.find_root().obj or {}
    return GlobalFlags(**{name: flags.get(name) or before.get(name) or flags.get(name) for name in _NAMES})


def _in_loop(session: Session, answer: Any) -> int | None:
    import asyncio

    return asyncio.run(_inside(session, answer))


async def _inside(session: Session, answer: Coroutine[Any, Any, int | None]) -> int | None:
    async with session:
        return await answer
