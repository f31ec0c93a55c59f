"""`kubectl_lite top`: what nodes and pods use, from metrics.k8s.io, where the server has it.

Source: k8s.io/kubectl/pkg/cmd/top. kube-lite itself serves no Metrics API, which is then said, as kubectl says it.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite.cli import command, group
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.selecting import FIELDS, LABELS
from kubectl_lite.session import Session

Json = dict[str, Any]
API = "/apis/metrics.k8s.io/v1beta1"


async def _metrics(session: Session, path: str, selector: str) -> list[Json]:
    """Raises CommandError when the server has no Metrics API."""
    groups = await session.get("/apis")
    if not any(g["name"] == "metrics.k8s.io" for g in groups.get("groups") or ()):
        raise CommandError("Metrics API not available")
    answer = await session.get(f"{API}/{path}", params={"labelSelector": selector})
    return answer.get("items", [answer])


def _amount(usage: Json) -> tuple[int, int]:
    """Millicores, and mebibytes."""
    from kube.apimachinery.quantity import parse

    return parse(usage.get("cpu", "0")).milli_value, parse(usage.get("memory", "0")).value // 2**20


def _column(_ctx: click.Context, _param: click.Parameter, name: str) -> str:
    if name not in ("", "cpu", "memory"):
        raise CommandError("--sort-by accepts only cpu or memory")
    return name


_OPTIONS = (
    click.option("-l", "--selector", default="", help=LABELS),
    click.option("--no-headers", is_flag=True, help="Do not print headers."),
    click.option("--sort-by", default="", callback=_column, help="cpu or memory."),
    click.option("--use-protocol-buffers", is_flag=True, default=True, help="Taken: metrics are read as JSON."),
)


def _options(function: Any) -> Any:
    for option in _OPTIONS:
        function = option(function)
    return function


@command("node")
@click.argument("names", nargs=-1)
@click.option("--show-capacity", is_flag=True, help="Per cent of what nodes have, not of what pods may use of it.")
@_options
async def _node(
    session: Session, names: tuple[str, ...], show_capacity: bool, selector: str, no_headers: bool, sort_by: str,
    **_: Any,
) -> None:
    """Display resource (CPU/memory) usage of nodes."""
    name = _one("node", names, selector)
    found = {m["metadata"]["name"]: _amount(m["usage"]) for m in
             await _metrics(session, f"nodes/{name}" if name else "nodes", selector)}  # fmt: skip
    nodes = (await session.get("/api/v1/nodes", params={"labelSelector": selector})).get("items") or []
    have = {n["metadata"]["name"]: _amount(n["status"]["capacity" if show_capacity else "allocatable"]) for n in nodes}
    rows = [
        [n, f"{cpu}m", f"{cpu * 100 // max(1, have[n][0])}%", f"{mem}Mi", f"{mem * 100 // max(1, have[n][1])}%"]
        for n, (cpu, mem) in _ordered(found, sort_by) if n in have
    ]  # fmt: skip
    _print([["NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)"]], rows, no_headers)


@command("pod")
@click.argument("names", nargs=-1)
@click.option("-A", "--all-namespaces", is_flag=True, help="Across all namespaces.")
@click.option("--containers", is_flag=True, help="A line for each container.")
@click.option("--sum", "total", is_flag=True, help="A last line with the sum.")
@click.option("--field-selector", default="", help=FIELDS)
@_options
async def _pod(
    session: Session, names: tuple[str, ...], all_namespaces: bool, containers: bool, total: bool, selector: str,
    no_headers: bool, sort_by: str, **_: Any,
) -> None:  # fmt: skip
    """Display resource (CPU/memory) usage of pods."""
    name = _one("pod", names, selector)
    path = "pods" if all_namespaces else f"namespaces/{session.namespace}/pods"
    found: dict[tuple[str, ...], tuple[int, int]] = {}
    for m in await _metrics(session, f"{path}/{name}" if name else path, selector):
        key: tuple[str, ...] = (m["metadata"]["namespace"],) * all_namespaces + (m["metadata"]["name"],)
        amounts = {c["name"]: _amount(c["usage"]) for c in m["containers"]}
        if containers:
            found |= {(*key, c): amount for c, amount in amounts.items()}
        else:
            found[key] = (sum(c for c, _ in amounts.values()), sum(b for _, b in amounts.values()))
    head = ["NAMESPACE"] * all_namespaces + (["POD", "NAME"] if containers else ["NAME"])
    rows = [[*key, f"{cpu}m", f"{memory}Mi"] for key, (cpu, memory) in _ordered(found, sort_by)]
    if total:
        blank = [""] * (len(head) - 1)
        rows.append([*blank, "", "________", "________"])
        rows.append([*blank, "", f"{sum(c for c, _ in found.values())}m", f"{sum(b for _, b in found.values())}Mi"])
    _print([[*head, "CPU(cores)", "MEMORY(bytes)"]], rows, no_headers)


def _one(kind: str, names: tuple[str, ...], selector: str) -> str:
    """The only name, or nothing."""
    if len(names) > 1:
        raise usage(f"top {kind}", f"{kind} [NAME | -l label]")
    if names and selector:
        raise CommandError("only one of NAME or --selector can be provided")
    return "".join(names)


def _ordered(found: Any, sort_by: str) -> list[Any]:
    at = {"cpu": 0, "memory": 1}.get(sort_by)
    return sorted(found.items(), key=lambda item: (-item[1][at], item[0]) if at is not None else (0, item[0]))


def _print(head: list[list[str]], rows: list[list[str]], no_headers: bool) -> None:
    from kubectl_lite.printers.table import table

    if not rows:
        print("No resources found", file=sys.stderr)
    sys.stdout.write(table(rows if no_headers else [*head, *rows]))


_SHORT = {"nodes": "node", "no": "node", "pods": "pod", "po": "pod"}
cli = group("top", {"node": _node, "pod": _pod}, _SHORT, help="Display resource (CPU/memory) usage.")
