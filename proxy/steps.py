"""Work in small steps, so that something else can go in between: a generator that yields after each and returns its
result at the end.

Called by both dataplanes and by their kernel sides, whose reading and checking of a full table must hold up no change.
It calls nothing but the programs that it is told to run. It leaves out what goes in between: that is `proxy.runner`.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from proxy.dataplane import Outcome

T = TypeVar("T")
Steps = Generator[None, None, T]

LOOK_SECONDS = 0.01
"""How long a step waits for a program."""


class Ended(NamedTuple):
    """A program that has ended."""

    status: int
    stdout: str
    stderr: str


def at_once(work: Steps[T]) -> T:
    """All steps, one after the other."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def outcomes(work: Steps[T]) -> Generator[Outcome, None, T]:
    """The same steps as those of a comparison, in which nothing was done yet."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        yield Outcome()


def pages(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items, so many at a time."""
    page: list[T] = []
    for item in items:
        page.append(item)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def run(command: Sequence[str]) -> Steps[Ended]:
    """Runs a program; each step waits for it for a moment."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as error:
        with subprocess.Popen(command, stdout=out, stderr=error) as process:
            while True:
                try:
                    process.wait(LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    yield
        out.seek(0), error.seek(0)
        return Ended(process.returncode, out.read(), error.read())
