"""`kubectl_lite timeline svc/NAME`: how the last changes of a Service travelled to each node's kernel.

Called by the command line. It gathers and joins (`kubectl_lite.timeline`).
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kubectl_lite.cli import command
from kubectl_lite.colour import BOLD, GREEN, paint
from kubectl_lite.debugging import service_named
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from kubectl_lite.timeline.join import Change

WATCH_SECONDS = 1.0
"""How often `--watch` asks anew; a change is shown once it has been the same for so long."""
NOTHING = """Nobody remembers a change of service/{name}.
Every component remembers what it did since it was started: change something, as with
kubectl_lite scale deployment NAME --replicas=N, and ask again."""


@command("timeline")
@click.argument("service", metavar="svc/NAME")
@click.option("--last", default=5, help="How many changes to show.", show_default=True)
@click.option("-w", "--watch", is_flag=True, help="After these, show each change as it comes.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="For machines.")
async def cli(session: Session, service: str, last: int, watch: bool, output: str | None) -> None:
    """Show when each part of the cluster noticed the last changes of a service."""
    asked = service_named(service)
    name, namespace = asked.name, asked.namespace or session.namespace
    known, notes = await _changes(session, namespace, name)
    changes = known[-last:] if last > 0 else []
    if output == "json" and not watch:
        print(json.dumps({"changes": [_as_json(one) for one in changes], "notes": notes}, indent=2))
        return
    _show(changes, output)
    if not known and not watch:
        print(f"No change of service/{name} is known." if notes else NOTHING.format(name=name))
    for text in notes:
        print(f"note: {text}", file=sys.stderr if watch else sys.stdout)
    if watch:
        await _watch(session, namespace, name, known, output)


async def _changes(session: Session, namespace: str, name: str) -> tuple[list[Change], list[str]]:
    from kubectl_lite.timeline.gather import gather
    from kubectl_lite.timeline.join import clock_shifts, join

    memories, notes = await gather(session, namespace, name)
    notes += [f"the clock of {node} is {shift * 1000:.0f} ms behind the API server's, or more: its times are moved"
              for node, shift in clock_shifts(memories).items()]  # fmt: skip
    return join(memories), notes


async def _watch(session: Session, namespace: str, name: str, known: Sequence[Change], output: str | None) -> None:
    """Shows each new change when it has come to rest, until somebody presses Ctrl-C."""
    shown = {_identity(change) for change in known}
    stages: dict[tuple[str, ...], int] = {}
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        changes, _ = await _changes(session, namespace, name)
        new = [change for change in changes if _identity(change) not in shown]
        rested = [change for change in new if stages.get(_identity(change)) == len(change.stages)]
        stages = {_identity(change): len(change.stages) for change in new}
        shown |= {_identity(change) for change in rested}
        _show(rested, output)


def _identity(change: Change) -> tuple[str, ...]:
    return tuple(change.causes)


def _show(changes: Sequence[Change], output: str | None) -> None:
    for change in changes:
        print(json.dumps(_as_json(change)) if output == "json" else "\n".join(_lines(change)), flush=True)


def _lines(change: Change) -> list[str]:
    from kubectl_lite.timeline.show import IN_KERNEL, lines, title

    at = datetime.fromtimestamp(change.began).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    shown = [paint(f"{at}  {title(change)}", BOLD, sys.stdout)]
    for line in lines(change):
        text = f"  {line.ms:8.1f} ms  {line.text}"
        shown.append(paint(text, GREEN, sys.stdout) if line.what.startswith(IN_KERNEL) else text)
    return shown


def _as_json(change: Change) -> dict:
    stages = [{"ms": round((s.at - change.began) * 1000, 2), **s._asdict()} for s in change.stages]
    return {"at": change.began, "causes": change.causes, "stages": stages}
