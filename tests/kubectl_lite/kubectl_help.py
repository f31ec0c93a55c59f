"""What the help of a kubectl says of each command: its usage lines, aliases and flags with shorthands and defaults.

`python -m tests.kubectl_lite.kubectl_help /path/to/kubectl` writes `kubectl_help.txt`, which `test_help` reads. Only
facts are kept, none of kubectl's prose.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

RECORDED = Path(__file__).with_suffix(".txt")
GLOBAL = "options"


@dataclass
class Help:
    """One command's facts."""

    usage: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    """From a flag's name to how it is shown: `-A, --all-namespaces=false`."""


def read(text: str) -> dict[str, Help]:
    """The recorded facts by command; the top level's name is empty, that of the global flags `options`."""
    found: dict[str, Help] = {}
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "$":
            facts = found.setdefault(rest, Help())
        elif word == "usage:":
            facts.usage.append(rest)
        elif word == "aliases:":
            facts.aliases = rest.split(", ")
        else:
            facts.flags[flag_name(line)] = line.strip()
    return found


def flag_name(shown: str) -> str:
    """`all-namespaces` of `-A, --all-namespaces=false`."""
    return shown.partition("--")[2].partition("=")[0]


def facts_of(page: str) -> Help:
    """What one page of help says."""
    found = Help(flags={flag_name(shown): shown for shown in re.findall(r"^    ((?:-\w, )?--\S+):$", page, re.M)})
    if usage := re.search(r"^Usage:\n((?:  .*\n)+)", page, re.M):
        found.usage = [line.strip() for line in usage[1].splitlines()]
    if aliases := re.search(r"^Aliases:\n(.*)\n", page, re.M):
        found.aliases = aliases[1].split(", ")
    return found


def subcommands(page: str) -> list[str]:
    """The commands that a page lists."""
    blocks = re.findall(r"^.*Commands.*:\n((?:  \S.*\n)+)", page, re.M)
    return [line.split()[0] for block in blocks for line in block.splitlines()]


def _walk(program: str, path: list[str]) -> Iterator[tuple[str, Help]]:
    page = _said(program, *path, "--help")
    yield " ".join(path), facts_of(page)
    for name in subcommands(page):
        yield from _walk(program, [*path, name])


def _said(program: str, *words: str) -> str:
    home = {"HOME": "/home/somebody"}
    return subprocess.run([program, *words], capture_output=True, text=True, check=True, env=home).stdout


def _written(program: str) -> Iterator[str]:
    for name, facts in [*_walk(program, []), (GLOBAL, facts_of(_said(program, "options")))]:
        yield f"$ {name}".rstrip()
        yield from (f"usage: {line}" for line in facts.usage)
        if facts.aliases:
            yield f"aliases: {', '.join(facts.aliases)}"
        yield from facts.flags.values()


if __name__ == "__main__":
    RECORDED.write_text("".join(f"{line}\n" for line in _written(sys.argv[1])))
