"""The ring: positions, what is dropped, and how that is found out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apiserver.storage.cacher import history
from apiserver.storage.cacher.history import History
from apiserver.storage.interface import Event, Stored


def event(revision: int, size: int = 2) -> Event:
    return Event("PUT", revision, Stored("/registry/pods/a", b"x" * size, revision))


def test_a_watch_starts_after_its_revision() -> None:
    ring = History(floor=10)
    for revision in (11, 12, 12, 15):
        ring.append(event(revision))
    positions = {revision: ring.position_after(revision) for revision in (9, 10, 11, 12, 13, 15, 99)}
    assert positions == {9: None, 10: 0, 11: 1, 12: 3, 13: 3, 15: 4, 99: 4}
    assert [one.revision for one in ring.since(1)] == [12, 12, 15]
    assert ring.since(4) == []


def test_the_oldest_go_when_there_are_too_many() -> None:
    ring = History(floor=0, max_events=8)
    for revision in range(1, 10):
        ring.append(event(revision))
    assert ring.floor == 2 and ring.end == 9
    assert ring.since(0) is None and ring.since(1) is None
    assert ring.position_after(1) is None and ring.position_after(2) == 2


def test_the_oldest_go_when_they_are_too_large() -> None:
    ring = History(floor=0, max_bytes=1000)
    for revision in range(1, 100):
        ring.append(event(revision, 100))
    assert len(ring.since(ring.position_after(ring.floor))) <= 10


def test_encoded_lines_of_old_events_are_let_go() -> None:
    ring = History(floor=0)
    events = [event(revision) for revision in range(1, history.KEPT_LINES + 3)]
    for one in events:
        one.line = b"encoded"
        ring.append(one)
    assert [one.line for one in events[:3]] == [None, None, b"encoded"]


@given(st.lists(st.integers(0, 2), min_size=1, max_size=60), st.integers(1, 20), st.integers(0, 80))
def test_nothing_is_lost_unseen(steps: list[int], kept: int, asked: int) -> None:
    ring, revision, everything = History(floor=1, max_events=kept), 1, []
    for step in steps:
        revision += step or 1
        ring.append(event(revision))
        everything.append(revision)
    position = ring.position_after(asked)
    if position is None:
        assert asked < ring.floor
    else:
        assert [one.revision for one in ring.since(position)] == [one for one in everything if one > asked]
