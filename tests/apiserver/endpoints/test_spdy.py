"""SPDY/3.1 frames and sessions."""

from __future__ import annotations

import asyncio
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiserver.endpoints.streaming import spdy
from apiserver.endpoints.streaming.spdy_session import SpdySession


def test_the_dictionary_is_the_drafts() -> None:
    assert (len(spdy.DICTIONARY), zlib.adler32(spdy.DICTIONARY)) == (1423, 0xE3C6A7C2)


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 40))
def test_frames_survive_any_cut(payloads: list[bytes], size: int) -> None:
    encoder = spdy.Encoder()
    sent = encoder.open(1, {"streamtype": "stdin"}) + b"".join(spdy.data(1, p) for p in payloads)
    sent += spdy.data(1, b"", end=True) + spdy.ping(b"\0\0\0\1")
    decoder, found = spdy.Decoder(), []
    for at in range(0, len(sent), size):
        found += decoder.feed(sent[at : at + size])
    assert found[0].type == spdy.SYN_STREAM and found[0].headers == {"streamtype": "stdin"}
    assert [f.payload for f in found[1:-2]] == payloads
    assert found[-2].ends and found[-1].type == spdy.PING


def test_what_is_no_spdy_is_refused() -> None:
    with pytest.raises(spdy.ProtocolError):
        list(spdy.Decoder().feed(b"\x80\x02\x00\x01\x00\x00\x00\x00"))


class Pipe:
    """A client on the other side of a session."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.decoder, self.encoder = spdy.Decoder(), spdy.Encoder()
        self.frames: list[spdy.Frame] = []
        self.closed = False

    async def read(self) -> bytes:
        return await self.incoming.get()

    async def write(self, data: bytes) -> None:
        self.frames += self.decoder.feed(data)

    async def close(self) -> None:
        self.closed = True


async def test_guarantee_1_streams_are_accepted_in_order() -> None:
    pipe = Pipe()
    session = SpdySession(pipe)
    running = asyncio.create_task(session.run())
    for number, kind in ((1, "error"), (3, "data")):
        pipe.incoming.put_nowait(pipe.encoder.open(number, {"streamType": kind}))
    streams = [await session.accept(), await session.accept()]
    assert [s.headers["streamtype"] for s in streams if s] == ["error", "data"]
    assert [(f.type, f.stream) for f in pipe.frames] == [(spdy.SYN_REPLY, 1), (spdy.SYN_REPLY, 3)]
    pipe.incoming.put_nowait(b"")
    await running
    assert await session.accept() is None


async def test_guarantee_2_reading_ends_with_fin_reset_or_departure() -> None:
    pipe = Pipe()
    session = SpdySession(pipe)
    running = asyncio.create_task(session.run())
    for number in (1, 3, 5):
        pipe.incoming.put_nowait(pipe.encoder.open(number, {}))
    streams = [await session.accept() for _ in range(3)]
    pipe.incoming.put_nowait(spdy.data(1, b"bytes", end=True) + spdy.reset(3))
    pipe.incoming.put_nowait(b"")
    await running
    first, second, third = (s for s in streams if s)
    assert await first.read() == b"bytes"
    assert [await stream.read() for stream in (first, second, third)] == [b"", b"", b""]


async def test_guarantee_3_what_was_written_comes_before_the_end() -> None:
    pipe = Pipe()
    session = SpdySession(pipe)
    running = asyncio.create_task(session.run())
    pipe.incoming.put_nowait(pipe.encoder.open(1, {}))
    stream = await session.accept()
    assert stream is not None
    await stream.write(b"x" * 70_000)
    await stream.close()
    await session.close()
    sent = pipe.frames[1:]
    assert b"".join(f.payload for f in sent if f.type == 0) == b"x" * 70_000
    assert [f.ends for f in sent if f.type == 0][-1] and sent[-1].type == spdy.GOAWAY and pipe.closed
    pipe.incoming.put_nowait(b"")
    await running
