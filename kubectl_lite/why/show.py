"""The findings, for people: short lines, coloured on a terminal; and for machines, as JSON.

Called by `kubectl_lite.commands.why`. It calls `kubectl_lite.colour`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

from kubectl_lite.colour import BOLD, GREEN, RED, YELLOW, paint
from kubectl_lite.why.finding import Finding, Verdict
from kubectl_lite.why.judge import first_broken
from kubectl_lite.why.steps.nodes import UNASKED

LONGEST = 180
COLOURS = {Verdict.OK: GREEN, Verdict.NOTE: YELLOW, Verdict.BROKEN: RED}


def lines(name: str, namespace: str, findings: Sequence[Finding], stream: TextIO) -> list[str]:
    """The walk, and at its end where it breaks."""
    width = max((len(f.step) for f in findings), default=0)
    shown = [paint(f"service/{name} in namespace {namespace}", BOLD, stream)]
    for finding in findings:
        shown.append(f"  {paint(f'{finding.verdict:<6}', COLOURS[finding.verdict], stream)}  {finding.step:<{width}}  "
                     f"{finding.what}")  # fmt: skip
        indent = " " * (width + 12)
        shown += [f"{indent}{clipped(finding.why)}"] if finding.why else []
        if finding.repair and finding.verdict is not Verdict.OK:
            word = "repair:" if finding.verdict is Verdict.BROKEN else "to change it:"
            shown.append(f"{indent}{paint(word, BOLD, stream)} {finding.repair}")
    end = first_broken(findings)
    if end is None:
        is_whole = not any(finding.step == UNASKED for finding in findings)
        said = "Nothing is broken." if is_whole else "Nothing is broken, as far as could be asked."
        return [*shown, paint(said, GREEN if is_whole else YELLOW, stream)]
    return [*shown, paint(f"It breaks at: {end.step}: {end.what}", RED, stream)]


def clipped(text: str) -> str:
    """A long story's beginning: all of it is in the JSON, and in what `describe` shows."""
    return text if len(text) <= LONGEST else text[: LONGEST - 2].rstrip() + " …"


def as_json(name: str, namespace: str, findings: Sequence[Finding]) -> dict[str, Any]:
    end = first_broken(findings)
    return {
        "service": name, "namespace": namespace, "broken": end is not None, "breaksAt": end.step if end else "",
        "findings": [{**f._asdict(), "verdict": str(f.verdict)} for f in findings],
    }  # fmt: skip
