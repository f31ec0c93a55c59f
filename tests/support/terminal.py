"""A program on a terminal of its own, and a dialogue with it.

Used by tests of what only a terminal shows: prompts, raw input, window sizes. It leaves out what the terminal would
draw: the text is as the program wrote it.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from typing import Any

SECONDS = 30.0


class Terminal:
    """`says` waits for text; `types` answers; `ends` returns the exit code. `text` is all that appeared."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (30, 100)):
        self._ours, theirs = os.openpty()
        self.resize(*size)
        self._process = subprocess.Popen(
            argv, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(environment), start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(theirs)
        self.text, self._seen = "", 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(SECONDS)
        os.close(self._ours)

    def resize(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def types(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def says(self, text: str, seconds: float = SECONDS) -> str:
        """Waits until the text has appeared after what was waited for before; returns what came up to its end."""
        assert self._shows(text, seconds), f"no {text!r} in {self.text!r}"
        before, self._seen = self._seen, self.text.index(text, self._seen) + len(text)
        return self.text[before : self._seen]

    def repeats(self, line: str, text: str, seconds: float = SECONDS) -> None:
        """Types a line each second until the text appears: what is asked for may come on another way than input."""
        deadline = time.monotonic() + seconds
        self.types(line)
        while not self._shows(text, 1) and time.monotonic() < deadline:
            self.types(line)
        self.says(text, 0)

    def ends(self, seconds: float = SECONDS) -> int:
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        return self._process.wait(max(0.1, deadline - time.monotonic()))

    def kill(self) -> None:
        """The program goes away without a word."""
        self._process.send_signal(signal.SIGKILL)

    def _shows(self, text: str, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.text.find(text, self._seen) < 0:
            if not self._read(deadline):
                return False
        return True

    def _read(self, deadline: float) -> bool:
        """Whether there was more, in time."""
        if not select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # so a terminal tells that nobody has its other end any more
            return False
        self.text += data.decode(errors="replace")
        return bool(data)
