"""What may stand at the end of a command line: sub-commands, flags, types, names of objects.

Called by `kubectl_lite.__main__` for `__complete`, which the scripts of `completion` run at each press of the key.
Whatever goes wrong there is no suggestion, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import click

from kubectl_lite.cli import cli
from kubectl_lite.global_flags import NAMES, GlobalFlags
from kubectl_lite.session import Session

PODS = {"logs", "exec", "attach", "port-forward"}
NODES = {"cordon", "uncordon", "drain"}
TYPES = {"get", "describe", "delete", "edit", "label", "annotate", "patch", "scale", "expose", "wait", "explain",
         "taint", "events"}  # fmt: skip
OF_WORKLOADS = {"rollout", "set"}


def complete(words: Sequence[str]) -> list[str]:
    """Suggestions for the last word, each with a description behind a tab where there is one."""
    *before, last = words or ("",)
    ctx = click.Context(cli, info_name="kubectl_lite")
    command, path, rest = _walk(ctx, list(before))
    if before and before[-1] in VALUES:
        with suppress(BaseException):
            return [word for word in VALUES[before[-1]](_flags(before)) if word.startswith(last)]
        return []
    if last.startswith("-"):
        found = [(o, p.help or "") for p in command.params if isinstance(p, click.Option) and not p.hidden
                 for o in p.opts if o.startswith("--")]  # fmt: skip
    elif isinstance(command, click.Group):
        found = [(n, c.get_short_help_str() if (c := command.get_command(ctx, n)) else "") for n in
                 command.list_commands(ctx)]  # fmt: skip
    else:
        with suppress(BaseException):
            return [word for word in _from_server(path, rest, last, _flags(before)) if word.startswith(last)]
        return []
    return [f"{word}\t{help_}" if help_ else word for word, help_ in found if word.startswith(last)]


def _of_kubeconfig(section: str) -> Callable[[GlobalFlags], list[str]]:
    def names(flags: GlobalFlags) -> list[str]:
        from kubectl_lite.kubeconfig_files import KubeconfigFiles

        return KubeconfigFiles(flags.kubeconfig).names(section)

    return names


def _namespaces(flags: GlobalFlags) -> list[str]:
    import asyncio

    async def ask() -> list[str]:
        async with Session(flags) as session:
            return await _names(session, (await session.mapper()).by_name("namespaces"))

    return asyncio.run(asyncio.wait_for(ask(), 3))


def _formats(flags: GlobalFlags) -> list[str]:
    from kubectl_lite.printers.objects import FORMATS

    return [name + ("=" if "jsonpath" in name or "template" in name or "columns" in name else "") for name in FORMATS]


VALUES: dict[str, Callable[[GlobalFlags], list[str]]] = {
    "-n": _namespaces, "--namespace": _namespaces, "-o": _formats, "--output": _formats,
    "--context": _of_kubeconfig("contexts"), "--cluster": _of_kubeconfig("clusters"), "--user": _of_kubeconfig("users"),
}  # fmt: skip
"""What may stand after a flag."""
OF_CONFIG = {"use-context": "contexts", "delete-context": "contexts", "rename-context": "contexts",
             "set-context": "contexts", "get-contexts": "contexts", "delete-cluster": "clusters",
             "set-cluster": "clusters", "delete-user": "users", "set-credentials": "users"}  # fmt: skip


def _walk(ctx: click.Context, words: list[str]) -> tuple[click.Command, list[str], list[str]]:
    """The command that the words lead to, its path, and the arguments after it."""
    command: click.Command = cli
    path: list[str] = []
    rest = _without_flags(words)
    while rest and isinstance(command, click.Group) and (inner := command.get_command(ctx, rest[0])):
        command = inner
        path.append(rest.pop(0))
    return command, path, rest


_VALUED = {"-n": "namespace", "--namespace": "namespace", "--context": "context", "--kubeconfig": "kubeconfig",
           "-s": "server", "--server": "server", "--token": "token", "--cluster": "cluster", "--user": "user"}


def _without_flags(words: list[str]) -> list[str]:
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in _VALUED or word in ("-o", "-l", "-f", "-c", "--output", "--selector", "--container")
        else:
            kept.append(word)
    return kept


def _flags(words: Sequence[str]) -> GlobalFlags:
    given: dict[str, Any] = {}
    for i, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag in _VALUED and _VALUED[flag] in NAMES:
            given[_VALUED[flag]] = value if equals else (words[i + 1] if i + 1 < len(words) else "")
    return GlobalFlags(**given)


def _from_server(path: list[str], rest: list[str], last: str, flags: GlobalFlags) -> list[str]:
    import asyncio

    if path[:1] == ["config"]:
        section = OF_CONFIG.get(path[-1])
        return _of_kubeconfig(section)(flags) if section and not rest else []

    return asyncio.run(asyncio.wait_for(_ask(path, rest, last, flags), 3))


async def _ask(path: list[str], rest: list[str], last: str, flags: GlobalFlags) -> list[str]:
    name = path[0] if path else ""
    async with Session(flags) as session:
        mapper = await session.mapper()
        if "/" in last:
            kind = last.partition("/")[0]
            return [f"{kind}/{n}" for n in await _names(session, mapper.by_name(kind))]
        if name in PODS and not rest:
            return await _names(session, mapper.by_name("pods"))
        if name in NODES:
            return await _names(session, mapper.by_name("nodes"))
        if name in TYPES and not rest:
            return sorted({m.plural for m in mapper.mappings if "list" in m.verbs})
        if name in OF_WORKLOADS and not rest:
            return ["deployments", "daemonsets", "statefulsets"]
        if name in TYPES | OF_WORKLOADS:
            return await _names(session, mapper.by_name(rest[0]))
    return []


async def _names(session: Session, mapping: Any) -> list[str]:
    listed = await session.get(mapping.path(session.namespace), params={"limit": 500})
    return [item["metadata"]["name"] for item in listed.get("items") or ()]
