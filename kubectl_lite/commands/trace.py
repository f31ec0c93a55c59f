"""`kubectl_lite trace FROM TO`: one real request, and every hop that it took.

Called by the command line. It sends and shows (`kubectl_lite.trace`). Exit code 1 when there was no answer.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from kubectl_lite.cli import command
from kubectl_lite.colour import BOLD, GREEN, RED, paint
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from kubectl_lite.trace.hops import Hop


@command("trace")
@click.argument("origin", metavar="FROM")
@click.argument("goal", metavar="TO")
@click.option("--path", default="/", help="The path that is asked for, of a port that speaks HTTP.")
@click.option("--family", type=click.Choice(["4", "6"]), help="Ask for an address of this IP family.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="For machines.")
async def cli(session: Session, origin: str, goal: str, path: str, family: str | None, output: str | None) -> int:
    """Send one real request to a service and show every hop it took.

    FROM is pod/NAME, node/NAME or client (this machine); TO is svc/NAME[.NAMESPACE][:PORT], pod/NAME:PORT,
    node/NAME:PORT or HOST:PORT, with /udp, /tcp or /sctp behind it where both are served.
    """
    from kubectl_lite.trace.hops import hops, succeeded
    from kubectl_lite.trace.places import parse_goal, parse_origin
    from kubectl_lite.trace.send import send

    trace = await send(session, parse_origin(origin), parse_goal(goal), path, family or "")
    found = hops(trace)
    if output == "json":
        body = {"from": str(trace.origin), "to": str(trace.goal), "hops": [h._asdict() for h in found],
                "flow": trace.flow, "flows": [{"node": node, **flow} for node, flow in trace.legs],
                "request": trace.sent, "notes": trace.notes}  # fmt: skip
        print(json.dumps(body, indent=2))
    else:
        print(paint(f"one request from {trace.origin} to {trace.goal}", BOLD, sys.stdout))
        print("\n".join(_lines(found)))
        for text in trace.notes:
            print(f"note: {text}")
    return 0 if succeeded(trace) else 1


def _lines(found: list[Hop]) -> list[str]:
    shown = []
    for number, hop in enumerate(found, 1):
        colour = RED if hop.failed else GREEN if hop.name == "answer" else ""
        first = paint(hop.lines[0], colour, sys.stdout) if colour else hop.lines[0]
        shown.append(f"  {number}  {hop.name:<11}  {first}")
        shown += [f"{' ' * 18}{line}" for line in hop.lines[1:]]
    return shown
