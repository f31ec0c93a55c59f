"""What keeps the authorizers' tables up to date goes on whatever happens: rights that were taken away must not stay."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import pytest

from apiserver.authz import informer
from apiserver.storage.interface import Event, FutureRevision, Items, Page, Stored, Watch
from kube.api import scheme
from kube.apimachinery.scheme import Resource

ROLES = "/registry/roles/"


class Store:
    """Answers a list with what it is given, one after the other; its watches fail at once."""

    def __init__(self, *answers: Page | Exception):
        self._answers = list(answers)

    async def list(self, prefix: str) -> Page:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def watch(self, prefix: str, *, revision: int) -> Watch:
        return Ending(revision)


class Ending(Watch):
    async def batch(self) -> Sequence[Event]:
        raise FutureRevision(self.revision, 0)

    async def aclose(self) -> None:
        pass


def page(revision: int, *names: str) -> Page:
    found = [
        Stored(f"{ROLES}default/{name}", b'{"metadata":{"name":"%s"}}' % name.encode(), revision) for name in names
    ]
    return Page(Items(found), revision)


def roles() -> Resource:
    return next(resource for resource in scheme if resource.plural == "roles")


async def test_nothing_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(informer, "_PAUSE", 0.0)
    told: list[tuple[str, str | None]] = []
    done = asyncio.Event()

    def apply(namespace: str, name: str, wire: bytes | None) -> None:
        if name == "bad" and ("bad", "refused") not in told:
            told.append(("bad", "refused"))
            raise ValueError(name)
        told.append((name, wire and json.loads(wire)["metadata"]["name"]))
        if wire is None:
            done.set()

    store = Store(FutureRevision(9, 3), page(4, "a", "bad"), page(5, "a", "bad"), page(6, "bad"))
    running = asyncio.create_task(informer.Informer(roles(), store, apply).run())  # type: ignore[arg-type]
    await asyncio.wait_for(done.wait(), 10)
    assert told[:5] == [("a", "a"), ("bad", "refused"), ("a", "a"), ("bad", "bad"), ("a", None)]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
