"""When to try again what failed: soon at first, then ever more seldom.

Called by `proxy.runner` after each sync. It calls nothing; pure. It leaves out waiting.

| failed in a row | next try after | which is |
|---|---|---|
| once | 0.1 s | the same change |
| twice and more | 0.2 s, 0.4 s, ... 30 s | a comparison: the kernel may not be as we think |
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from proxy.model.objects import Key

FIRST_RETRY, LONGEST_RETRY = 0.1, 30.0


class Retry(NamedTuple):
    """`compare`: with a comparison of everything."""

    delay: float
    compare: bool


class Retries:
    """How often each Service failed in a row; None: all of them together."""

    def __init__(self) -> None:
        self._tries: dict[Key | None, int] = {}

    def succeeded(self, keys: Iterable[Key | None]) -> None:
        for key in keys:
            self._tries.pop(key, None)

    def failed(self, key: Key | None, was_changed: bool) -> Retry:
        """`was_changed`: it was a change of this Service that failed, not a comparison."""
        tries = self._tries[key] = self._tries.get(key, 0) + 1
        delay = min(FIRST_RETRY * 2.0 ** min(tries - 1, 20), LONGEST_RETRY)
        return Retry(delay, key is None or not was_changed or tries > 1)
