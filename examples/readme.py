"""READMEs as programs: the commands in their console blocks, and the output that each must have. Pure.

Called by `examples.runner`. A block is fenced by ```console and holds `$ command` (`> ` continues it), followed by
what it prints. Words after `console` narrow it:

    console               run once
    console eventually    run again until the output is right: it shows something that takes a moment
    console ipvs          only where the proxies are in that mode; the same with nftables

In expected output `...` stands for anything within a line, and alone on a line for any number of lines. How many
spaces are between words does not matter: columns are as wide as their contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MODES = ("ipvs", "nftables")
_ANYTHING = re.compile(r"\.{3}(?!\.)")
"""The last three of a run of dots: in `10.96....` the first one is the address's."""


@dataclass(frozen=True)
class Step:
    """One command and its output."""

    line: int
    command: str
    expected: str
    eventually: bool = False


def steps(text: str, mode: str) -> Iterator[Step]:
    """The steps of a README for one proxy mode, in order."""
    block: list[tuple[int, str]] | None = None
    words: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if block is None and line.startswith("```console"):
            block, words = [], line.removeprefix("```console").split()
        elif block is not None and line == "```":
            if not set(words) & set(MODES) or mode in words:
                yield from _block(block, "eventually" in words)
            block = None
        elif block is not None:
            block.append((number, line))


def _block(lines: list[tuple[int, str]], eventually: bool) -> Iterator[Step]:
    starts = [i for i, (_, line) in enumerate(lines) if line.startswith("$ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        number, first = lines[start]
        rest = [line for _, line in lines[start + 1 : end]]
        more = [line[2:] for line in rest if line.startswith("> ")]
        expected = [line for line in rest if not line.startswith("> ")]
        yield Step(number, "\n".join([first[2:], *more]), "\n".join(expected), eventually)


def matches(expected: str, output: str) -> bool:
    """Whether the output is what was expected."""
    return re.fullmatch(_pattern(expected), _squeezed(output)) is not None


def _pattern(expected: str) -> str:
    parts = []
    for line in _squeezed(expected).splitlines():
        words = (re.escape(part) for part in _ANYTHING.split(line))
        parts.append(r"(?:.*\n)*" if line == "..." else "[^\n]*".join(words) + r"\n")
    return "".join(parts)


def _squeezed(text: str) -> str:
    """One space between words, none at the ends of lines, no empty lines at the end."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "".join(f"{line}\n" for line in "\n".join(lines).strip("\n").split("\n")) if any(lines) else ""
