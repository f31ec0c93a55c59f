"""Judges a history: pure functions, each of which returns the sentences that say what went wrong. None is good.

Called by test_consistency with what `history` describes; test_checker shows each function a wrong history.

Why no search (Wing and Gong) is needed for linearizability: etcd's revisions already are the order. A write's point is
the revision it made; a read that began when F was the highest revision anyone had been told of may be given the point
max(its version's revision, F), which is one of the revisions at which the key held what the read found, if and only if
that version was not yet superseded at F. So the history is linearizable, and strictly so (across keys), exactly when
1. no read's version is superseded at a revision <= F, and no write's revision is <= F (F: of those ended before);
2. nothing was told to anyone before the write that made it began;
3. each version is the step that its write makes of the version before (`wrong_steps`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise

from tests.consistency.history import Op, Segment, Version


class Truth:
    """etcd's own history: every version of every object, in order of revision."""

    def __init__(self, versions: Iterable[Version]):
        self.versions = sorted(versions, key=lambda version: version.revision)
        self.by_key: dict[str, list[Version]] = defaultdict(list)
        for version in self.versions:
            self.by_key[version.key].append(version)

    @property
    def last(self) -> int:
        return self.versions[-1].revision if self.versions else 0

    def at(self, key: str, revision: int) -> Version | None:
        """What the key held at a revision; None when nothing."""
        versions = self.by_key.get(key, [])
        index = bisect_right(versions, revision, key=lambda version: version.revision)
        return versions[index - 1] if index and versions[index - 1].alive else None

    def before(self, version: Version) -> Version | None:
        return self.at(version.key, version.revision - 1)

    def superseded(self, version: Version) -> float:
        """The revision at which the key held something else again."""
        later = (v.revision for v in self.by_key[version.key] if v.revision > version.revision)
        return next(later, float("inf"))

    def below(self, prefix: str, revision: int) -> list[Version]:
        found = (self.at(key, revision) for key in sorted(self.by_key) if key.startswith(prefix))
        return [version for version in found if version is not None]

    def deletion_of(self, key: str, uid: str) -> Version | None:
        versions = self.by_key.get(key, [])
        return next((after for before, after in pairwise(versions) if before.uid == uid and not after.alive), None)


def check(truth: Truth, ops: Sequence[Op], segments: Sequence[Segment]) -> list[str]:
    """Everything that is wrong with a history."""
    return [
        *lost_writes(truth, ops), *not_to_be_done(truth, ops), *wrong_steps(truth, ops), *double_use(truth),
        *stale(truth, ops), *wrong_lists(truth, ops), *watch_faults(truth, segments),
    ]  # fmt: skip


# ---- writes ----


def lost_writes(truth: Truth, ops: Iterable[Op]) -> Iterator[str]:
    """What was acknowledged is in etcd's history, as the answer said."""
    deleted = Counter[tuple[str, str]]()
    for op in ops:
        if not op.writes or op.outcome != "ok":
            continue
        if op.verb == "delete":
            deleted[op.key, op.uid] += 1
            if truth.deletion_of(op.key, op.uid) is None:
                yield f"lost: {op}"
        elif op.found is None or truth.at(op.key, op.found.revision) != op.found:
            yield f"lost: {op}: {op.found}"
    yield from (f"{key} {uid} was deleted {n} times" for (key, uid), n in deleted.items() if n > 1)


def not_to_be_done(truth: Truth, ops: Iterable[Op]) -> Iterator[str]:
    """What was refused has not happened."""
    refused = {(op.key, token) for op in ops if op.outcome == "refused" for token in op.tokens.values()}
    for version in truth.versions:
        for token in _new_tokens(truth, version).values():
            if (version.key, token) in refused:
                yield f"refused and done all the same: {version}"


def wrong_steps(truth: Truth, ops: Sequence[Op]) -> Iterator[str]:
    """Each version is what one write makes of the version before it, and no write took effect twice."""
    writers = {(op.key, token): op for op in ops if op.writes for token in op.tokens.values()}
    deletable, touched = {op.key for op in ops if op.verb == "delete"}, {op.key for op in ops}
    done = Counter[int]()
    for version in truth.versions:
        if version.key not in touched:
            continue  # the server's own, such as the Service `kubernetes`
        if not version.alive:
            if version.key not in deletable or truth.before(version) is None:
                yield f"nobody deleted {version}"
            continue
        new = _new_tokens(truth, version)
        op = next((writers[version.key, token] for token in new.values() if (version.key, token) in writers), None)
        if op is None:
            yield f"nobody wrote {version}"
            continue
        done[op.began] += 1
        if done[op.began] > 1:
            yield f"done twice: {op}"
        if problem := _wrong_step(op, truth.before(version), version):
            yield f"{problem}: {op} made {version} of {truth.before(version)}"


def _new_tokens(truth: Truth, version: Version) -> Mapping[str, str]:
    before = truth.before(version)
    old = before.tokens if before is not None and before.tokens else {}
    return {key: token for key, token in (version.tokens or {}).items() if old.get(key) != token}


def _wrong_step(op: Op, before: Version | None, after: Version) -> str:
    if op.verb == "create" or (op.verb == "replace" and before is None and op.code != 200):  # a PUT may create Services
        return "" if before is None and after.tokens == op.tokens else "not created"
    if before is None:
        return "a change of nothing"
    if op.verb == "replace":
        if before.revision != op.based_on:
            return f"a lost update (based on {op.based_on})"
        wanted = dict(op.tokens)
    else:
        wanted = {**(before.tokens or {}), **op.tokens}
    if (after.uid, after.addresses) != (before.uid, before.addresses):
        return "another object"
    return "" if after.tokens == wanted else "wrong content"


def double_use(truth: Truth) -> Iterator[str]:
    """No address and no node port belongs to two objects at any revision."""
    owners: dict[str | int, str] = {}
    for revision, group in groupby(truth.versions, key=lambda version: version.revision):
        changed = list(group)
        for version in changed:
            before = truth.before(version)
            for thing in (*before.addresses, *before.ports) if before else ():
                if owners.get(thing) == version.key:
                    del owners[thing]
        for version in changed:
            for thing in (*version.addresses, *version.ports):
                owner = owners.setdefault(thing, version.key)
                if owner != version.key:
                    yield f"{thing} belongs to {owner} and {version.key} at revision {revision}"


def wrong_books(truth: Truth, allocated: Truth) -> Iterator[str]:
    """At every revision the allocations on record are those that the objects use. `allocated`: a key for each."""
    used, booked = Counter[str](), set[str]()
    changes = sorted([*truth.versions, *allocated.versions], key=lambda version: version.revision)
    for revision, group in groupby(changes, key=lambda version: version.revision):
        for version in group:
            if version.key in allocated.by_key:
                (booked.add if version.alive else booked.discard)(version.key)
                continue
            used.subtract(_things(truth.before(version)))
            used.update(_things(version))
        if booked != set(+used):
            yield f"at revision {revision} there are used and booked {sorted(booked ^ set(+used))}"
            return


def _things(version: Version | None) -> list[str]:
    return [*version.addresses, *map(str, version.ports)] if version is not None else []


# ---- reads ----


def stale(truth: Truth, ops: Sequence[Op]) -> Iterator[str]:
    """Conditions 1 and 2 of linearizability, above."""
    floors = _Floors([(op.ended, told) for op in ops if op.outcome == "ok" and (told := _told(truth, op))])
    born = {op.found.revision: op for op in ops if op.writes and op.outcome == "ok" and op.found is not None}
    for op in ops:
        floor = floors.before(op.began)
        if op.writes and op.outcome == "ok":
            if _told(truth, op) <= floor:
                yield f"a write before what was told before it ({floor}): {op}"
        elif op.verb == "list" and op.outcome == "ok":
            if op.revision < floor:
                yield f"a stale list, {op.revision} < {floor}: {op}"
        elif (problem := _stale(truth, op, floor)) is not None:
            yield problem
        found = op.found if op.verb == "get" else None
        if found is not None and found.revision in born and op.ended < born[found.revision].began:
            yield f"read before it was written: {op}"


def _told(truth: Truth, op: Op) -> int:
    """The revision that the end of this operation makes known."""
    if op.verb == "delete":
        deletion = truth.deletion_of(op.key, op.uid)
        return deletion.revision if deletion else 0
    return op.revision or (op.found.revision if op.found else 0)


class _Floors:
    """The highest revision told before a moment."""

    def __init__(self, told: list[tuple[float, int]]):
        told.sort()
        self._times = [time for time, _ in told]
        self._highest: list[int] = []
        for _, revision in told:
            self._highest.append(max(revision, self._highest[-1] if self._highest else 0))

    def before(self, moment: int) -> int:
        index = bisect_right(self._times, moment)
        return self._highest[index - 1] if index else 0


def _stale(truth: Truth, op: Op, floor: int) -> str | None:
    """Of a get, and of a refusal that says that something is there (409 to a create) or not (404)."""
    if op.verb == "get" and op.outcome == "ok" and op.found is not None:
        if truth.at(op.key, op.found.revision) != op.found:
            return f"read what never was: {op}: {op.found}"
        over = truth.superseded(op.found)
        return f"a stale read of {op.found.revision}, over at {over}, told {floor}: {op}" if over <= floor else None
    if op.code == 404 and not _was_so(truth, op.key, floor, alive=False):
        return f"not found, though it was there since before: {op}"
    if op.verb == "create" and op.code == 409 and not _was_so(truth, op.key, floor, alive=True):
        return f"already exists, though it was gone since before: {op}"
    return None


def _was_so(truth: Truth, key: str, floor: int, *, alive: bool) -> bool:
    """Whether the key was there (or not) at some revision from the floor on."""
    if (truth.at(key, floor) is not None) == alive:
        return True
    return any(version.alive == alive for version in truth.by_key.get(key, []) if version.revision > floor)


def wrong_lists(truth: Truth, ops: Iterable[Op]) -> Iterator[str]:
    """A list shows the state at its revision, all of it."""
    for op in ops:
        if op.verb == "list" and op.outcome == "ok":
            expected = truth.below(op.key, op.revision)
            if sorted(op.items, key=lambda version: version.key) != expected:
                yield f"a list at {op.revision} that differs by {_difference(op.items, expected)}: {op}"


# ---- watches ----


def watch_faults(truth: Truth, segments: Iterable[Segment]) -> Iterator[str]:
    """Each watcher saw every change exactly once and in order."""
    for segment in segments:
        expected = _events(truth, segment)
        seen = [(one.type, one.version.key, one.version.revision, one.version.uid, one.version.tokens)
                for one in segment.seen]  # fmt: skip
        if seen != expected:
            at = next((i for i, (a, b) in enumerate(zip(seen, expected, strict=False)) if a != b),
                      min(len(seen), len(expected)))  # fmt: skip
            yield (
                f"watcher {segment.watcher} from {segment.start} to {segment.reached} saw {len(seen)} events of "
                f"{len(expected)}; event {at}: {seen[at : at + 2]} instead of {expected[at : at + 2]}"
            )


def _events(truth: Truth, segment: Segment) -> list[tuple[str, str, int, str, Mapping[str, str] | None]]:
    found = []
    for version in truth.versions:
        if segment.start < version.revision <= segment.reached and version.key.startswith(segment.prefix):
            before = truth.before(version)
            type_ = "DELETED" if not version.alive else "MODIFIED" if before else "ADDED"
            shown = version if version.alive or before is None else before
            found.append((type_, version.key, version.revision, shown.uid, shown.tokens))
    return found


def _difference(one: Iterable[Version], other: Iterable[Version]) -> list[tuple[str, int]]:
    names = [{(version.key, version.revision) for version in versions} for versions in (one, other)]
    return sorted(names[0] ^ names[1])[:6]
