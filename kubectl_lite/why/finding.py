"""What one step of the walk found. Made by `kubectl_lite.why.steps`, printed by `show`. It calls nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    OK, NOTE, BROKEN = "ok", "note", "broken"


class Finding(NamedTuple):
    """`what` is one line; `why` says how that comes; `repair` is a command line, or what a person has to do."""

    verdict: Verdict
    step: str
    what: str
    why: str = ""
    repair: str = ""


def ok(step: str, what: str) -> Finding:
    return Finding(Verdict.OK, step, what)


def note(step: str, what: str, why: str = "", repair: str = "") -> Finding:
    return Finding(Verdict.NOTE, step, what, why, repair)


def broken(step: str, what: str, why: str = "", repair: str = "") -> Finding:
    return Finding(Verdict.BROKEN, step, what, why, repair)
