"""Waiting with an end: a test that waits for ever says nothing; one that gives up says what it was waiting for.

Used by tests that wait for processes of their own, most of all where those are killed and hung on purpose. It calls
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


@contextlib.asynccontextmanager
async def within(seconds: float, what: str | Callable[[], str]) -> AsyncIterator[None]:
    """Raises AssertionError with these words when the block takes longer."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise AssertionError(f"not within {seconds:g} s: {what if isinstance(what, str) else what()}") from None


async def until(question: Callable[[], Awaitable[T]], seconds: float, what: str | Callable[[], str]) -> T:
    """Asks again and again; the first answer that is not nothing."""
    async with within(seconds, what):
        while True:
            if answer := await question():
                break
            await asyncio.sleep(0.1)
    return answer
