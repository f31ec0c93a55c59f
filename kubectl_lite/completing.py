"""What may stand at the end of a command line: sub-commands, flags, types, names of objects.

Called by `kubectl_lite.__main__` for `__complete`, which the scripts of `completion` run at each press of the key.
Whatever goes wrong there is no suggestion, never an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import click

from kubectl_lite.cli import flags_of, long_name
from kubectl_lite.finding import Found, find
from kubectl_lite.global_flags import NAMES, GlobalFlags
from kubectl_lite.pflag import FlagError
from kubectl_lite.session import Session

PATIENCE = 10
"""Seconds that a server may take to answer."""
PODS = {"logs", "exec", "attach", "port-forward"}
NODES = {"cordon", "uncordon", "drain"}
TYPES = {"get", "describe", "delete", "edit", "label", "annotate", "patch", "scale", "expose", "wait", "explain",
         "taint", "events"}  # fmt: skip
OF_WORKLOADS = {"rollout", "set"}

PATIENCE = 10
"""Seconds that a shell may have to wait for a cluster's names."""


def complete(words: Sequence[str]) -> list[str]:
    """Suggestions for the last word, each with a description behind a tab where there is one."""
    *before, last = words or ("",)
    found = find(before)
    command = found.command
    if before and before[-1] in VALUES:
        with suppress(BaseException):
            return [word for word in VALUES[before[-1]](_flags(found)) if word.startswith(last)]
        return []
    if last.startswith("-"):
        known = [(o, p.help or "") for p in command.params if isinstance(p, click.Option) and not p.hidden
                 for o in p.opts if o.startswith("--")]  # fmt: skip
    elif isinstance(command, click.Group):
        known = [(n, c.help or "" if (c := command.get_command(None, n)) else "") for n in
                 command.list_commands(None)]  # fmt: skip
    else:
        with suppress(BaseException):
            return [word for word in _from_server(found, last) if word.startswith(last)]
        return []
    return [f"{word}\t{help_}" if help_ else word for word, help_ in known if word.startswith(last)]


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

    return asyncio.run(asyncio.wait_for(ask(), PATIENCE))


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


def _flags(found: Found) -> GlobalFlags:
    """The global flags among the words."""
    options = {long_name(p): p.name for p in found.command.params if isinstance(p, click.Option) and p.name in NAMES}
    with suppress(FlagError):
        given = flags_of(found.command).parse(found.words).values
        return GlobalFlags(**{options[name]: value for name, value in given if name in options})
    return GlobalFlags()


def _from_server(found: Found, last: str) -> list[str]:
    import asyncio

    path, rest, flags = found.path.split()[1:], flags_of(found.command).names(found.words), _flags(found)
    if path[:1] == ["config"]:
        section = OF_CONFIG.get(path[-1])
        return _of_kubeconfig(section)(flags) if section and not rest else []

    return asyncio.run(asyncio.wait_for(_ask(path, rest, last, flags), PATIENCE))


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
