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
        deadline = time.monotonic() + seconds
        while (at := self.text.find(text, self._seen)) < 0:
            assert self._read(deadline), f"no {text!r} in {self.text!r}"
        before, self._seen = self._seen, at + len(text)
        return self.text[before : self._seen]

    def repeats(self, line: str, text: str, seconds: float = SECONDS) -> None:
        """Types a line again and again until the text appears: what is asked for may come on another way than input."""
        deadline = time.monotonic() + seconds
        while text not in self.text[self._seen :]:
            assert time.monotonic() < deadline, f"no {text!r} in {self.text!r}"
            self.types(line)
            self._read(min(deadline, time.monotonic() + 1))
        self.says(text)

    def ends(self, seconds: float = SECONDS) -> int:
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        return self._process.wait(max(0.1, deadline - time.monotonic()))

    def kill(self) -> None:
        """The program goes away without a word."""
        self._process.send_signal(signal.SIGKILL)

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
