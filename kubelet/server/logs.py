"""Reads a container's log as `kubectl logs` asks for it: the last lines, since when, with times, and following.

Called by `kubelet.server.app`. It reads files in the CRI's log format (`TIME stdout|stderr F|P TEXT`). `Selection`
decides about lines and is pure; `follow` waits for more.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass

BLOCK = 65536
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class LogOptions:
    """PodLogOptions, decoded. `since`: RFC 3339 text that a line's time must not be before."""

    follow: bool = False
    timestamps: bool = False
    tail_lines: int | None = None
    limit_bytes: int | None = None
    since: str = ""
    stream: str = "All"


def render(line: bytes, options: LogOptions) -> bytes:
    """What a reader sees of one line of the file: nothing of an older one, of another stream, or of a broken one."""
    parts = line.split(b" ", 3)
    if len(parts) < 4:
        return b""
    stamp, stream, tag, text = parts
    if options.since and not _at_least(stamp.decode(), options.since):
        return b""
    if options.stream not in ("", "All") and stream.decode() != options.stream.lower():
        return b""
    end = b"\n" if tag == b"F" else b""
    return (stamp + b" " if options.timestamps else b"") + text.rstrip(b"\n") + end


def _at_least(stamp: str, since: str) -> bool:
    """RFC 3339 in UTC compares as text, once both have the same number of decimals."""

    def key(text: str) -> str:
        whole, _, fraction = text.rstrip("Z").partition(".")
        return f"{whole}.{fraction:0<9}"

    return key(stamp) >= key(since)


def select(lines: Iterable[bytes], options: LogOptions) -> Iterator[bytes]:
    """The lines that a reader sees, the last `tail_lines` of them."""
    shown = (text for line in lines if (text := render(line, options)))
    return iter(shown if options.tail_lines is None else deque(shown, maxlen=options.tail_lines))


async def read_log(path: str, options: LogOptions, ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    """The log, in pieces. With `follow` it goes on until `ended()` and everything has been read."""
    left = options.limit_bytes
    async for piece in _pieces(path, options, ended):
        if left is not None:
            piece, left = piece[:left], left - len(piece)
        if piece:
            yield piece
        if left is not None and left <= 0:
            return


async def _pieces(path: str, options: LogOptions, ended: Callable[[], bool]) -> AsyncIterator[bytes]:
    try:
        file = open(path, "rb")  # noqa: SIM115, ASYNC230, a local file
    except FileNotFoundError:
        return
    with file:
        lines = file.readlines()
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        yield b"".join(select(lines, options))
        while options.follow:
            finished = ended()
            data = rest + file.read(BLOCK)
            *complete, rest = data.split(b"\n")
            if complete:
                yield b"".join(render(line, options) for line in complete)
            elif _was_rotated(path, file.fileno()):
                file.close()
                file = open(path, "rb")  # noqa: SIM115, ASYNC230
            elif finished:
                return
            else:
                await asyncio.sleep(POLL_SECONDS)


def _was_rotated(path: str, fd: int) -> bool:
    try:
        return os.stat(path).st_ino != os.fstat(fd).st_ino
    except FileNotFoundError:
        return False
