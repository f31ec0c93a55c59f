"""One HTTP/2 connection (RFC 9113), as a gRPC client needs it.

Made by `Channel`. It calls `hpack`, and tells each `Call` what comes for it. Frames of one turn of the event loop go
out in one write. We let the server send as much as it likes (we read at once), and keep to the windows that it grants.
"""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from typing import Protocol

from apiserver.storage.etcd.transport import hpack

DATA, HEADERS, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITY = 1, 1, 4, 8, 0x20
_HEADER_TABLE_SIZE, _ENABLE_PUSH, _INITIAL_WINDOW_SIZE, _MAX_FRAME_SIZE = 1, 2, 4, 5
CANCEL, REFUSED_STREAM = 8, 7

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_FRAME = struct.Struct(">BHBBI")  # length (3 bytes), type, flags, stream
_SETTING = struct.Struct(">HI")
_NUMBER = struct.Struct(">I")
_DEFAULT_WINDOW = 65535
_LARGEST_WINDOW = 2**31 - 1
_REPLENISH = 2**30
_LAST_STREAM = 2**31 - 3
KEEPALIVE_SECONDS = 5.0
"""Silence after which we ask whether the server is alive (etcd forbids asking more often); after as long again it is
given up."""


class Call(Protocol):
    """Who waits for an answer. One of `end` and `lost` comes last, once."""

    received: int
    """Bytes since the stream's window was last replenished."""

    def data(self, payload: bytes) -> None:
        """A piece of the body."""

    def end(self, headers: dict[str, str]) -> None:
        """The answer is complete; the trailers."""

    def lost(self, why: str, *, never_sent: bool) -> None:
        """There will be no answer; with `never_sent` the server has certainly not acted on the request."""


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    size = len(payload)
    return _FRAME.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


class Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._calls: dict[int, Call] = {}
        self._next = 1
        self._input = b""
        self._output: list[bytes] = []
        self._window = self._stream_window = _DEFAULT_WINDOW
        self._max_frame = 16384
        self._windows: dict[int, int] = {}  # of streams that have used a part of theirs and are still open
        self._blocked: deque[tuple[int, bytes, int]] = deque()
        self._received = 0
        self._block = b""
        self._trailers: dict[bytes, dict[str, str]] = {}
        self._heard = True
        self._asked = False
        self._timer: asyncio.TimerHandle | None = None
        self.usable = False
        """Whether new calls may be begun."""

    # ---- what the channel calls ----

    def begin(self, call: Call, block: bytes, body: bytes, *, last: bool) -> int:
        """Opens a stream with a header block and a first piece of body; returns its number."""
        stream = self._next
        self._next += 2
        self.usable = self.usable and self._next < _LAST_STREAM
        self._calls[stream] = call
        self._write(frame(HEADERS, END_HEADERS, stream, block))
        self.send(stream, body, last=last)
        return stream

    def send(self, stream: int, body: bytes, *, last: bool) -> None:
        """A piece of body, as soon as the windows allow."""
        flags, size = (END_STREAM if last else 0), len(body)
        if self._blocked or size > min(self._window, self._max_frame, self._windows.get(stream, self._stream_window)):
            self._blocked.append((stream, body, flags))
            self._unblock()
        else:
            self._send(stream, body, flags)

    def reset(self, stream: int) -> None:
        """The caller no longer wants the answer."""
        if self._calls.pop(stream, None) is not None:
            self._windows.pop(stream, None)
            self._write(frame(RST_STREAM, 0, stream, _NUMBER.pack(CANCEL)))
            self._close_when_spent()

    def close(self) -> None:
        """Ends the connection and all calls."""
        self.usable = False
        if self._transport is not None:
            self._flush()
            self._transport.abort()

    # ---- sending ----

    def _send(self, stream: int, body: bytes, flags: int) -> None:
        size = len(body)
        self._window -= size
        if flags & END_STREAM:
            self._windows.pop(stream, None)
        else:
            self._windows[stream] = self._windows.get(stream, self._stream_window) - size
        self._write(frame(DATA, flags, stream, body))

    def _unblock(self) -> None:
        """Sends what had to wait, in pieces as large as the windows allow."""
        waiting, self._blocked = self._blocked, deque()
        for stream, body, flags in waiting:
            while stream in self._calls:
                room = min(self._window, self._max_frame, self._windows.get(stream, self._stream_window))
                if room <= 0:
                    self._blocked.append((stream, body, flags))
                    break
                if len(body) <= room:
                    self._send(stream, body, flags)
                    break
                self._send(stream, body[:room], 0)
                body = body[room:]

    def _write(self, data: bytes) -> None:
        if not self._output:
            self._loop.call_soon(self._flush)
        self._output.append(data)

    def _flush(self) -> None:
        if self._output and self._transport is not None:
            self._transport.write(b"".join(self._output))
        self._output.clear()

    # ---- receiving ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        settings = (_HEADER_TABLE_SIZE, 0), (_ENABLE_PUSH, 0), (_INITIAL_WINDOW_SIZE, _LARGEST_WINDOW)
        self._write(_PREFACE + frame(SETTINGS, 0, 0, b"".join(_SETTING.pack(*setting) for setting in settings)))
        self._write(frame(WINDOW_UPDATE, 0, 0, _NUMBER.pack(_LARGEST_WINDOW - _DEFAULT_WINDOW)))
        self._timer = self._loop.call_later(KEEPALIVE_SECONDS, self._check_alive)
        self.usable = True

    def data_received(self, data: bytes) -> None:
        self._heard = True
        if self._input:
            data = self._input + data
        at, size = 0, len(data)
        try:
            while size - at >= 9:
                high, low, kind, flags, stream = _FRAME.unpack_from(data, at)
                end = at + 9 + (high << 16 | low)
                if end > size:
                    break
                self._take(kind, flags, stream & _LARGEST_WINDOW, data[at + 9 : end])
                at = end
        except (hpack.HeaderError, struct.error, IndexError) as error:
            self._fail_all(f"etcd's answer makes no sense: {error}")
            self.close()
            return
        self._input = data[at:]

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == DATA:
            self._take_data(flags, stream, payload)
        elif kind in (HEADERS, CONTINUATION):
            self._take_headers(kind, flags, stream, payload)
        elif kind == WINDOW_UPDATE:
            self._widen(stream, _NUMBER.unpack(payload)[0])
        elif kind == SETTINGS:
            self._take_settings(flags, payload)
        elif kind == PING and not flags & ACK:
            self._write(frame(PING, ACK, 0, payload))
        elif kind == RST_STREAM:
            self._take_reset(stream, _NUMBER.unpack(payload)[0])
        elif kind == GOAWAY:
            self._take_goaway(_NUMBER.unpack_from(payload)[0] & _LARGEST_WINDOW, payload[8:])
        elif kind == PUSH_PROMISE:
            raise hpack.HeaderError("it pushes, although we forbade it")

    def _take_data(self, flags: int, stream: int, payload: bytes) -> None:
        self._received += len(payload)
        if self._received > _REPLENISH:
            self._write(frame(WINDOW_UPDATE, 0, 0, _NUMBER.pack(self._received)))
            self._received = 0
        call = self._calls.get(stream)
        if call is None:
            return  # given up meanwhile
        call.received += len(payload)
        if call.received > _REPLENISH:
            self._write(frame(WINDOW_UPDATE, 0, stream, _NUMBER.pack(call.received)))
            call.received = 0
        call.data(_unpadded(payload) if flags & PADDED else payload)
        if flags & END_STREAM:
            self._finish(stream, {})

    def _take_headers(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == HEADERS:
            self._block, self._block_flags = b"", flags
            payload = _unpadded(payload) if flags & PADDED else payload
            payload = payload[5:] if flags & PRIORITY else payload
        self._block += payload
        if flags & END_HEADERS and self._block_flags & END_STREAM:
            self._finish(stream, self._decode(self._block))

    def _decode(self, block: bytes) -> dict[str, str]:
        """The usual trailers come again and again."""
        headers = self._trailers.get(block)
        if headers is None:
            if len(self._trailers) > 100:
                self._trailers.clear()
            headers = self._trailers[block] = hpack.decode(block)
        return headers

    def _finish(self, stream: int, trailers: dict[str, str]) -> None:
        self._windows.pop(stream, None)
        call = self._calls.pop(stream, None)
        if call is not None:
            call.end(trailers)
            self._close_when_spent()

    def _widen(self, stream: int, more: int) -> None:
        if not stream:
            self._window += more
        elif stream in self._calls:
            self._windows[stream] = self._windows.get(stream, self._stream_window) + more
        if self._blocked:
            self._unblock()

    def _take_settings(self, flags: int, payload: bytes) -> None:
        if flags & ACK:
            return
        for name, value in _SETTING.iter_unpack(payload):
            if name == _INITIAL_WINDOW_SIZE:
                for stream in self._windows:
                    self._windows[stream] += value - self._stream_window
                self._stream_window = value
            elif name == _MAX_FRAME_SIZE:
                self._max_frame = value
        self._write(frame(SETTINGS, ACK, 0))
        self._unblock()

    def _take_reset(self, stream: int, code: int) -> None:
        call = self._calls.pop(stream, None)
        if call is not None:
            self._windows.pop(stream, None)
            call.lost(f"etcd reset the stream (code {code})", never_sent=code == REFUSED_STREAM)

    def _take_goaway(self, last: int, debug: bytes) -> None:
        """No new calls here; those that the server has not seen may be sent again elsewhere."""
        self.usable = False
        for stream in [stream for stream in self._calls if stream > last]:
            self._calls.pop(stream).lost("etcd closes the connection", never_sent=True)
        self._close_when_spent()

    def _close_when_spent(self) -> None:
        """A connection that takes no new calls goes with its last one."""
        if not self.usable and not self._calls:
            self.close()

    # ---- the end ----

    def connection_lost(self, error: Exception | None) -> None:
        self.usable = False
        if self._timer is not None:
            self._timer.cancel()
        self._fail_all(f"the connection was lost: {error}" if error else "etcd closed the connection")

    def _fail_all(self, why: str) -> None:
        calls, self._calls = self._calls, {}
        for call in calls.values():
            call.lost(why, never_sent=False)

    def _check_alive(self) -> None:
        """While anybody waits for an answer, silence makes us ask; silence after that is the end."""
        if self._heard or not self._calls:
            self._asked = False
        elif self._asked:
            self._fail_all("etcd does not answer")
            self.close()
            return
        else:
            self._asked = True
            self._write(frame(PING, 0, 0, b"are you?"))
        self._heard = False
        self._timer = self._loop.call_later(KEEPALIVE_SECONDS, self._check_alive)


def _unpadded(payload: bytes) -> bytes:
    return payload[1 : len(payload) - payload[0]]
