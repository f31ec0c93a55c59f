"""Colour for people: on a terminal only, never in a pipe, nor where NO_COLOR (no-color.org) is set.

Called wherever a word on the screen shall be found quickly: errors, warnings, the state of a pod.
"""

from __future__ import annotations

import os
from typing import TextIO

RED, GREEN, YELLOW, BLUE, BOLD, FAINT = "31", "32", "33", "34", "1", "2"

_GOOD = {"Running", "Ready", "Active", "Bound", "True", "Available", "Normal"}
_WAITING = {"Pending", "ContainerCreating", "PodInitializing", "Terminating", "Unknown", "Warning",
            "SchedulingDisabled", "NotReady", "Init", "<pending>"}  # fmt: skip
_BAD = ("Error", "BackOff", "Failed", "Evicted", "OOMKilled", "ErrImage", "Invalid", "CannotRun")


def enabled(stream: TextIO) -> bool:
    """Whether to colour what goes to this stream."""
    return "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb" and stream.isatty()


def paint(text: str, colour: str, stream: TextIO) -> str:
    """The text in a colour, if the stream shows colours."""
    return always(text, colour) if enabled(stream) else text


def always(text: str, colour: str) -> str:
    """The text in a colour; as it is where one of them is empty."""
    return f"\x1b[{colour}m{text}\x1b[0m" if text and colour else text


def of_state(word: str) -> str:
    """The colour of a state such as `Running` or `CrashLoopBackOff`; empty for what is no state."""
    first = word.partition(",")[0].partition(":")[0]
    if any(bad in word for bad in _BAD):
        return RED
    return YELLOW if word in _WAITING or first in _WAITING or "SchedulingDisabled" in word else (
        GREEN if first in _GOOD else "")  # fmt: skip
