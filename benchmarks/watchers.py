"""Many clients that watch, as one process: `python -m benchmarks.watchers URL TOKEN COUNT`.

Started by the benchmarks of watches. It opens COUNT watches, each on a connection of its own, says `ready` when every
one of them has been answered, and then answers each line of its input with the number of events seen until now.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvloop

from benchmarks.servers import Target, trusting

_EVENT = b'{"type":"'


class Watcher(asyncio.Protocol):
    """One client. It reads and counts; parsing is what real clients do on other machines."""

    total = 0

    def __init__(self, request: bytes):
        self._request = request
        self.answered = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.answered.set()
        Watcher.total += data.count(_EVENT)


async def serve(url: str, token: str, count: int) -> None:
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    head = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    context, watchers = trusting(), []
    for _ in range(count):
        _, watcher = await loop.create_connection(
            lambda: Watcher(head.encode()), parts.hostname, parts.port, ssl=context
        )
        watchers.append(watcher)
    await asyncio.gather(*(watcher.answered.wait() for watcher in watchers))
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(Watcher.total, flush=True)


class Watchers:
    """The process, seen from the benchmark."""

    def __init__(self, process: subprocess.Popen[str]):
        self._process = process

    def seen(self) -> int:
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@contextmanager
def watching(target: Target, path: str, count: int) -> Iterator[Watchers]:
    """That many watches of a path, which go on while the context is open."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.watchers", f"{target.url}{path}?watch=true", target.token, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == "ready\n", "the watches were not answered"
        yield Watchers(process)
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
