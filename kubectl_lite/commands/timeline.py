"""`kubectl_lite timeline svc/NAME`: how the last changes of a Service travelled to each node's kernel.

Called by the command line. It gathers and joins (`kubectl_lite.timeline`).
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from kubectl_lite.cli import command
from kubectl_lite.colour import BOLD, GREEN, paint
from kubectl_lite.debugging import service_named
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from kubectl_lite.timeline.join import Change


@command("timeline")
@click.argument("service", metavar="svc/NAME")
@click.option("--last", default=5, help="How many changes to show.", show_default=True)
@click.option("-o", "--output", type=click.Choice(["json"]), help="For machines.")
async def cli(session: Session, service: str, last: int, output: str | None) -> None:
    """Show when each part of the cluster noticed the last changes of a service."""
    from kubectl_lite.timeline.gather import gather
    from kubectl_lite.timeline.join import join

    asked = service_named(service)
    name, namespace = asked.name, asked.namespace or session.namespace
    memories, notes = await gather(session, namespace, name)
    changes = join(memories)[-last:] if last > 0 else []
    if output == "json":
        print(json.dumps({"changes": [_as_json(one) for one in changes], "notes": notes}, indent=2))
        return
    for change in changes:
        print("\n".join(_lines(change)))
    if not changes:
        print(f"Nobody remembers a change of service/{name}.")
    for text in notes:
        print(f"note: {text}")


def _lines(change: Change) -> list[str]:
    at = datetime.fromtimestamp(change.began).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
    causes = ", ".join(change.causes[:3]) + (f" and {len(change.causes) - 3} more" if len(change.causes) > 3 else "")
    shown = [paint(f"{at}  {causes}", BOLD, sys.stdout)]
    for stage in change.stages:
        line = f"  {(stage.at - change.began) * 1000:8.1f} ms  {stage.what}"
        shown.append(paint(line, GREEN, sys.stdout) if "in the kernel" in stage.what else line)
    return shown


def _as_json(change: Change) -> dict:
    stages = [{"ms": round((s.at - change.began) * 1000, 2), **s._asdict()} for s in change.stages]
    return {"at": change.began, "causes": change.causes, "stages": stages}
