"""`kubectl_lite taint`: marks nodes, so that only pods that tolerate the mark may come or stay."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import click

from kube.apimachinery.validation.names import is_qualified_name, is_valid_label_value
from kubectl_lite.cli import bool_option, command
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.resources import Target
from kubectl_lite.selecting import LABELS, for_each, live, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


@command("taint")
@click.argument("args", nargs=-1)
@click.option("--all", "all_", is_flag=True, help="Select all nodes.")
@click.option("-l", "--selector", default="", help=LABELS)
@bool_option("--overwrite", default=False, help="Allow taints to be overwritten.")
@write_options("kubectl-taint", validate=True)
async def cli(session: Session, args: tuple[str, ...], all_: bool, selector: str, overwrite: bool, **flags: Any) -> int:
    """Update the taints on one or more nodes."""
    writing = Writing.read(flags, "kubectl-taint")
    at = next((i for i, word in enumerate(args) if is_taint(word)), len(args))
    if not args:
        raise CommandError("one or more resources must be specified as <resource> <name>")
    sets, removed = parse(args[at:])
    if not args[at:]:
        raise CommandError("at least one taint update is required")
    if combined := next((word for word in args[:at] if "/" in word), ""):
        raise CommandError(f'the server doesn\'t have a resource type "{combined}"', prefix=False)
    if at == 1 and not all_ and not selector:
        raise CommandError("at least one resource name must be specified since 'all' parameter is not set")
    found = await selected(session, args[:at], {"all_": all_, "selector": selector}, "taint")

    async def act(target: Target) -> None:
        if target.mapping.qualified != "nodes":
            raise CommandError(f"invalid resource type {args[0]}, only node types are supported")
        node = await live(session, target)
        before = node["spec"].get("taints") or []
        after, what = changed(before, sets, removed, overwrite, target.name)
        if writing.dry_run != "client":
            # Taints are merged by key alone, but one key may stand with several effects: the list is sent as a whole.
            patch = {"spec": {"taints": after or None}}
            node = await session.patch(target.path, patch, "merge", **writing.params)
        replace(writing, dry_run="none").say(target, what, node | {"spec": node["spec"] | {"taints": after}})

    return await for_each(found, act)


def is_taint(word: str) -> bool:
    """`key=value:Effect`, `key:Effect`, `key-`, `key:Effect-`."""
    return "=" in word or word.endswith("-") or bool(re.search(r":[A-Za-z]", word))


def parse(words: tuple[str, ...]) -> tuple[list[Json], list[Json]]:
    """What to set, and what to remove. Raises CommandError."""
    sets: list[Json] = []
    removed: list[Json] = []
    for word in words:
        taint = _taint(word.removesuffix("-"))
        if word.endswith("-"):
            removed.append({name: text for name, text in taint.items() if name != "value"})
        elif "effect" not in taint:
            raise usage("taint", f"invalid taint spec: {word}")
        elif any(t["key"] == taint["key"] and t["effect"] == taint["effect"] for t in sets):
            shown = f"{{{taint['key']} {taint.get('value', '')} {taint['effect']} <nil>}}"
            raise usage("taint", f"duplicated taints with the same key and effect: {shown}")
        else:
            sets.append(taint)
    both = [f"{r['key']}={r.get('effect', '')}" for t in sets for r in removed
            if r["key"] == t["key"] and r.get("effect", t["effect"]) == t["effect"]]  # fmt: skip
    if both:
        text = "can not both modify and remove the following taint(s) in the same command"
        raise CommandError(f"{text}: {', '.join(both)}")
    return sets, removed


def _taint(word: str) -> Json:
    """`key`, `key:Effect` or `key=value:Effect`; an absent part is left out. Raises CommandError."""
    rest, colon, effect = word.partition(":")
    key, _, value = rest.partition("=") if colon else (rest, "", "")
    if ":" in effect or "=" in value:
        raise usage("taint", f"invalid taint spec: {word}")
    if colon and effect not in EFFECTS:
        raise usage("taint", f"invalid taint effect: {effect}, unsupported taint effect")
    if errors := is_valid_label_value(value) or is_qualified_name(key):
        raise usage("taint", f"invalid taint spec: {word}, {'; '.join(errors)}")
    return ({"effect": effect} if effect else {}) | {"key": key} | ({"value": value} if value else {})


def changed(
    before: list[Json], sets: list[Json], removed: list[Json], overwrite: bool, node: str
) -> tuple[list[Json], str]:
    """The taints afterwards, and what happened. Raises CommandError for a taint that is there, or is not."""

    def same(a: Json, b: Json) -> bool:
        return a["key"] == b["key"] and a["effect"] == b["effect"]

    clashes = [t for t in sets if any(same(t, b) for b in before)]
    if clashes and not overwrite:
        listed = ",".join(t["key"] for t in clashes)
        raise CommandError(f"node {node} already has {listed} taint(s) with same effect(s) and --overwrite is false")
    for r in removed:
        if not any(b["key"] == r["key"] and r.get("effect", b["effect"]) == b["effect"] for b in before):
            text = r["key"] + (f":{r['effect']}" if "effect" in r else "")
            raise CommandError(f'taint "{text}" not found')
    kept = [b for b in before if not any(same(b, t) for t in sets)]
    kept = [b for b in kept if not any(b["key"] == r["key"] and r.get("effect", b["effect"]) == b["effect"]
                                       for r in removed)]  # fmt: skip
    what = "tainted" if sets and not removed else "untainted" if removed and not sets else "modified"
    return [*sets, *kept], what if not (clashes and not removed) else "modified"
