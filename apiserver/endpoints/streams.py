"""The long responses under way (watches, logs, exec): so that they can all be ended when the server stops.

Made by the app; handlers enter and leave. It calls nothing. A stream that begins while the server stops is ended at
once: clients come back on the same connection faster than it can be closed.
"""

from __future__ import annotations

from typing import Protocol


class Stream(Protocol):
    def close(self) -> None:
        """Ends it soon. Must not wait."""


class Streams:
    def __init__(self) -> None:
        self._open: set[Stream] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._open)

    @property
    def closing(self) -> bool:
        """Whether the server stops."""
        return self._closing

    def enter(self, stream: Stream) -> None:
        self._open.add(stream)
        if self._closing:
            stream.close()

    def leave(self, stream: Stream) -> None:
        self._open.discard(stream)

    def close_all(self) -> None:
        """Ends every stream, and from now on every new one."""
        self._closing = True
        for stream in list(self._open):
            stream.close()
