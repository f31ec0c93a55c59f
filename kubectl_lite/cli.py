"""The command line: global flags, sub-commands found by name and imported only when they run.

Called by `kubectl_lite.__main__`; calls click, the one door to it. A command is a module of
`kubectl_lite.commands` with `@command(...)` on an asynchronous function that takes the Session and its own flags.
Wording of usage errors is kubectl's.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import click

from kubectl_lite.errors import CommandError
from kubectl_lite.session import GlobalFlags, Session

# name -> one line of help. A command `api-resources` lives in kubectl_lite/commands/api_resources.py.
COMMANDS = {
    "apply": "Apply a configuration to a resource by file name or stdin",
    "create": "Create a resource from a file or from stdin",
    "delete": "Delete resources by file names, stdin, resources and names, or by resources and label selector",
    "describe": "Show details of a specific resource or group of resources",
    "exec": "Execute a command in a container",
    "get": "Display one or many resources",
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


def command(name: str, **settings: Any) -> Callable[[Callable[..., Awaitable[int | None]]], click.Command]:
    """Makes an asynchronous function `run(session, **flags) -> exit code or None` a command."""

    def wrap(function: Callable[..., Awaitable[int | None]]) -> click.Command:
        def run(**flags: Any) -> None:
            ctx = click.get_current_context()
            session = Session(_merge_flags(ctx, flags))
            code = asyncio.run(_inside(session, function, {k: v for k, v in flags.items() if k not in _NAMES}))
            if code:
                ctx.exit(code)

        run.__doc__ = function.__doc__
        run.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
        return click.command(name, **settings)(global_options(run))

    return wrap


def _merge_flags(ctx: click.Context, flags: dict[str, Any]) -> GlobalFlags:
    """A flag after the command's name wins over one before it."""
    before = ctx.find_root().obj or {}
    return GlobalFlags(**{name: flags.get(name) or before.get(name) or flags.get(name) for name in _NAMES})


async def _inside(session: Session, function: Callable[..., Awaitable[int | None]], flags: dict[str, Any]) -> Any:
    async with session:
        return await function(session, **flags)
