"""The checker finds what is wrong, and nothing in what is right: small histories, each with its sentence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.consistency.checker import Truth, check, stale, wrong_books
from tests.consistency.history import NEVER, Op, Seen, Segment, Version
from tests.consistency.schedule import MEMBERS, SERVERS, plan


def version(revision: int, tokens: str | None = "", key: str = "k", uid: str = "u", **more: object) -> Version:
    """`tokens`: letters, each a field's name and its token; None: the key is gone."""
    if tokens is None:
        return Version(key, revision)
    return Version(key, revision, uid, {letter.lower(): letter for letter in tokens}, **more)  # type: ignore[arg-type]


def write(verb: str, tokens: str, began: int, ended: float, found: Version | None = None, **more: object) -> Op:
    sent = {letter.lower(): letter for letter in tokens}
    return Op(verb, "k", began, ended, tokens=sent, found=found, **more)  # type: ignore[arg-type]


CREATED, PATCHED = version(10, "A"), version(12, "AB")
CREATE, PATCH = write("create", "A", 1, 2, CREATED), write("patch", "B", 3, 4, PATCHED)
GONE = version(14, None)
DELETE = Op("delete", "k", 5, 6, uid="u")
GOOD = Truth([CREATED, PATCHED, GONE])


def got(found: Version | None, began: int, ended: int) -> Op:
    return Op("get", "k", began, ended, found=found)


def listed(revision: int, *items: Version, began: int = 7) -> Op:
    return Op("list", "", began, began + 1, revision=revision, items=items)


RIGHT = {
    "each in its turn": [CREATE, PATCH, DELETE, got(None, 7, 8)],
    "a read during a write may see either": [CREATE, PATCH, DELETE, got(CREATED, 3, 4), got(PATCHED, 3, 4)],
    "what was not acknowledged may have happened": [
        CREATE, write("patch", "B", 3, NEVER, outcome="unknown"), Op("delete", "k", 5, NEVER, outcome="unknown"),
    ],
    "or not": [CREATE, PATCH, DELETE, write("create", "C", 7, NEVER, outcome="unknown")],
    "a list of its revision": [CREATE, PATCH, DELETE, listed(12, PATCHED, began=5), listed(14)],
    "refused": [CREATE, PATCH, DELETE, write("create", "D", 3, 4, outcome="refused", code=409)],
}  # fmt: skip

WRONG = {
    "lost: create": (Truth([]), [CREATE]),
    "lost: patch": (Truth([CREATED]), [CREATE, PATCH]),
    "lost: delete": (Truth([CREATED, PATCHED]), [CREATE, PATCH, DELETE]),
    "was deleted 2 times": (GOOD, [CREATE, PATCH, DELETE, Op("delete", "k", 5, 7, uid="u")]),
    "refused and done": (GOOD, [CREATE, write("patch", "B", 3, 4, outcome="refused", code=409), DELETE]),
    "nobody wrote": (GOOD, [CREATE, DELETE]),
    "nobody deleted": (GOOD, [CREATE, PATCH]),
    "done twice": (Truth([CREATED, version(11, None), version(12, "A", uid="v")]), [CREATE, DELETE]),
    "not created": (Truth([CREATED, version(12, "B")]), [CREATE, write("create", "B", 3, 4, version(12, "B"))]),
    "wrong content": (Truth([CREATED, version(12, "B")]), [CREATE, write("patch", "B", 3, 4, version(12, "B"))]),
    "a lost update": (
        Truth([CREATED, PATCHED, version(13, "C")]),
        [CREATE, PATCH, write("replace", "C", 5, 6, version(13, "C"), based_on=10)],
    ),
    "another object": (
        Truth([CREATED, version(12, "AB", uid="v")]), [CREATE, write("patch", "B", 3, 4, version(12, "AB", uid="v"))],
    ),
    "a stale read": (GOOD, [CREATE, PATCH, DELETE, got(CREATED, 5, 6)]),
    "not found, though": (Truth([CREATED]), [CREATE, Op("get", "k", 3, 4, code=404)]),
    "already exists, though": (
        GOOD, [CREATE, PATCH, DELETE, write("create", "D", 7, 8, outcome="refused", code=409)],
    ),
    "read what never was": (GOOD, [CREATE, PATCH, DELETE, got(version(10, "X"), 2, 3)]),
    "read before it was written": (GOOD, [got(CREATED, 0, 0), CREATE, PATCH, DELETE]),
    "a write before what was told": (GOOD, [CREATE, PATCH, DELETE, listed(12, PATCHED, began=1), PATCH]),
    "a stale list": (GOOD, [CREATE, PATCH, DELETE, listed(12, PATCHED)]),
    "a list at 12 that differs by": (GOOD, [CREATE, PATCH, DELETE, listed(12, CREATED, began=5)]),
}  # fmt: skip


@pytest.mark.parametrize("ops", RIGHT.values(), ids=RIGHT)
def test_a_right_history(ops: Sequence[Op]) -> None:
    assert check(GOOD, ops, []) == []


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_history(sentence: str) -> None:
    truth, ops = WRONG[sentence]
    assert any(found.startswith(sentence) or sentence in found for found in check(truth, ops, []))


def test_one_address_twice() -> None:
    def service(revision: int, key: str, address: str, port: int) -> Version:
        return version(revision, "", key, key, addresses=(address,), ports=(port,))

    def judge(*versions: Version) -> list[str]:
        return [sentence for sentence in check(Truth(versions), [], []) if "belongs to" in sentence]

    first = service(2, "a", "10.0.0.1", 30000)
    assert judge(first, service(3, "b", "10.0.0.2", 30001), service(4, "a", "10.0.0.1", 30000)) == []
    assert judge(first, version(3, None, "a"), service(4, "b", "10.0.0.1", 30000)) == []
    assert judge(first, service(4, "b", "10.0.0.1", 30001)) == ["10.0.0.1 belongs to a and b at revision 4"]
    assert judge(first, service(4, "b", "10.0.0.2", 30000)) == ["30000 belongs to a and b at revision 4"]


def test_books_follow_what_is_used_at_every_revision() -> None:
    used = [version(2, "", "a", addresses=("10.0.0.1",)), version(5, None, "a")]
    booked = [version(2, "", "10.0.0.1"), version(5, None, "10.0.0.1")]
    assert list(wrong_books(Truth(used), Truth(booked))) == []
    assert list(wrong_books(Truth(used), Truth(booked[:1]))) != []
    assert list(wrong_books(Truth(used), Truth([version(3, "", "10.0.0.1"), booked[1]]))) != []


SEEN = [Seen("ADDED", CREATED), Seen("MODIFIED", PATCHED), Seen("DELETED", version(14, "AB"))]


@pytest.mark.parametrize(
    ("start", "reached", "seen", "right"),
    [
        (0, 14, SEEN, True),
        (10, 14, SEEN[1:], True),
        (0, 13, SEEN[:2], True),
        (0, 14, SEEN[:2], False),
        (0, 14, [SEEN[0], SEEN[0], *SEEN[1:]], False),
        (0, 14, [SEEN[1], SEEN[0], SEEN[2]], False),
        (0, 14, [Seen("MODIFIED", CREATED), *SEEN[1:]], False),
        (10, 14, SEEN, False),
        (0, 14, [*SEEN[:2], Seen("DELETED", version(14, "A"))], False),
    ],
    ids=["all", "from a revision", "up to a revision", "gap", "twice", "order", "type", "too much", "last state"],
)
def test_watchers(start: int, reached: int, seen: list[Seen], right: bool) -> None:
    segment = Segment("w", "", start, reached, seen)
    assert (check(GOOD, [CREATE, PATCH, DELETE], [segment]) == []) is right


def linearizable(reads: Sequence[tuple[int, int, int]], writes: Sequence[tuple[int, int]]) -> bool:
    """By trying every order: reads are (began, ended, number of the write seen, 0 none); writes (began, ended), of
    which etcd made version 1, 2, ... in turn."""
    ops = [(*interval, "write", n) for n, interval in enumerate(writes, 1)]
    ops += [(began, ended, "read", seen) for began, ended, seen in reads]

    def possible(order: Sequence[tuple[int, int, str, int]]) -> bool:
        value = 0
        for index, (_, ended, verb, number) in enumerate(order):
            if any(ended < later[0] for later in ops if later in order[:index]):
                return False
            if verb == "write":
                if number != value + 1:
                    return False
                value = number
            elif number != value:
                return False
        return True

    return any(possible(order) for order in itertools.permutations(ops))


def _intervals(shape: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """As a clock of ticks gives them: no two moments are the same."""
    moments = sorted({(start, n, 0) for n, (start, _) in enumerate(shape)}
                     | {(start + length, n, 1) for n, (start, length) in enumerate(shape)})  # fmt: skip
    at = {(n, end): tick for tick, (_, n, end) in enumerate(moments, 1)}
    return [(at[n, 0], at[n, 1]) for n in range(len(shape))]


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4)), min_size=2, max_size=5),
    st.integers(1, 3),
    st.lists(st.integers(0, 3), min_size=4, max_size=4),
)
def test_the_revisions_judge_as_a_search_would(
    shape: list[tuple[int, int]], write_count: int, choices: list[int]
) -> None:
    intervals = _intervals(shape)
    writes, rest = intervals[:write_count], intervals[write_count:]
    versions = [version(10 * n, chr(64 + n)) for n in range(1, len(writes) + 1)]
    reads = [(began, ended, choice % (len(writes) + 1)) for (began, ended), choice in zip(rest, choices, strict=False)]
    ops = [write("patch", chr(64 + n), *interval, versions[n - 1]) for n, interval in enumerate(writes, 1)]
    ops += [got(versions[seen - 1] if seen else None, began, ended) for began, ended, seen in reads]
    ops = [op if op.writes or op.found else Op("get", "k", op.began, op.ended, code=404) for op in ops]
    assert (not list(stale(Truth(versions), ops))) is linearizable(reads, writes)


@pytest.mark.parametrize(("lane", "kinds"), [("etcd", MEMBERS), ("apiserver", SERVERS)])
def test_a_plan_has_every_kind_of_fault_and_can_be_repeated(lane: str, kinds: tuple[str, ...]) -> None:
    faults = plan(3, lane, 2 * len(kinds))
    assert faults == plan(3, lane, 2 * len(kinds)) != plan(4, lane, 2 * len(kinds))
    assert {fault.what for fault in faults[: len(kinds)]} == {fault.what for fault in faults[len(kinds) :]} == {*kinds}
