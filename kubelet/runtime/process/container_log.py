"""A container's log: what it writes, line by line, in the CRI's format `TIME stdout|stderr F|P TEXT`.

Called by `kubelet.runtime.process.streams`, in the shim. It writes the file `log` in the working directory; logs are
read by `kubelet.server.logs`. It imports as little as it can, as all that is part of the shim.
"""

import os
import time

MAX_LINE = 16384
"""Longer lines are cut into parts, marked P but for the last, as containerd does."""
LOG_LIMIT = 10 * 1024 * 1024
"""A log that grows past this is moved aside once, as kubelet's containerLogMaxSize does."""


class ContainerLog:
    """Takes the output as it comes, and keeps the beginning of a line until the rest is there."""

    def __init__(self) -> None:
        self._rest: dict = {}
        self._file = open("log", "ab", buffering=0)  # noqa: SIM115, for the life of the process

    def write(self, stream: bytes, data: bytes) -> None:
        """`stream` is `stdout` or `stderr`."""
        *lines, rest = (self._rest.get(stream, b"") + data).split(b"\n")
        entries = [part for line in lines for part in _parts(line)]
        if len(rest) >= MAX_LINE:
            entries.append((b"P", rest[:MAX_LINE]))
            rest = rest[MAX_LINE:]
        self._rest[stream] = rest
        self._append(stream, entries)

    def unfinished(self, stream: bytes) -> bytes:
        """The beginning of a line whose end has not come."""
        return self._rest.get(stream, b"")

    def end(self, stream: bytes) -> None:
        """Nothing more will come on that stream."""
        if rest := self._rest.pop(stream, b""):
            self._append(stream, [(b"P", rest)])

    def _append(self, stream: bytes, entries: list) -> None:
        if not entries:
            return
        stamp = _timestamp(time.time_ns())
        self._file.write(b"".join(b"%s %s %s %s\n" % (stamp, stream, tag, text) for tag, text in entries))
        if self._file.tell() > LOG_LIMIT:
            os.replace("log", "log.1")
            self._file.close()
            self._file = open("log", "ab", buffering=0)  # noqa: SIM115


def _parts(line: bytes) -> list:
    cut = [line[i : i + MAX_LINE] for i in range(0, len(line), MAX_LINE)] or [b""]
    return [*((b"P", part) for part in cut[:-1]), (b"F", cut[-1])]


def _timestamp(nanoseconds: int) -> bytes:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z").encode()
