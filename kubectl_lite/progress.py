"""A single line that says what is being waited for, on a terminal and only there; it is gone when the waiting ends.

Used by the commands that are silent for long: `delete`, `wait`, `drain`, `rollout status`, `cp`. Calls
`kubectl_lite.colour` to know a terminal. It stays out of pipes, so that what scripts read is kubectl's, and appears
only after a moment, so that what ends at once flickers nowhere.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from kubectl_lite.colour import FAINT, paint

SECONDS_BEFORE = 0.5
SECONDS_BETWEEN = 0.2
_WIPE = "\r\x1b[2K"


class Progress:
    """`async with Progress(lambda: f"{len(pods)} pods left") as line:` shows the text and the seconds so far.

    What is printed meanwhile must go through `line.say`, or the two would share a line.
    """

    def __init__(self, text: Callable[[], str]):
        self._text, self._shown = text, False
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Progress:
        if sys.stdout.isatty() and sys.stderr.isatty():
            self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._wipe()

    def say(self, line: str, *, error: bool = False) -> None:
        """Prints a line of the command's own, on standard output or standard error."""
        self._wipe()
        print(line, file=sys.stderr if error else sys.stdout, flush=True)

    async def _run(self) -> None:
        began = monotonic()
        await asyncio.sleep(SECONDS_BEFORE)
        while True:
            self._show(f"{self._text()} ({monotonic() - began:.0f}s)")
            await asyncio.sleep(SECONDS_BETWEEN)

    def _show(self, text: str) -> None:
        import shutil

        room = shutil.get_terminal_size().columns - 1
        sys.stderr.write(_WIPE + paint(text[:room], FAINT, sys.stderr))
        sys.stderr.flush()
        self._shown = True

    def _wipe(self) -> None:
        if self._shown:
            sys.stderr.write(_WIPE)
            sys.stderr.flush()
            self._shown = False
