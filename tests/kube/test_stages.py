"""When changes were seen and done: rounds, and bounded memory."""

from __future__ import annotations

from kube.clock import RealClock
from kube.stages import CAUSES, KEYS, ROUNDS, Stages


def test_1_each_cause_belongs_to_one_round():
    stages = Stages(RealClock())
    stages.seen("a", "Pod", "p", "1")
    one = stages.begin("a")
    stages.seen("a", "Pod", "p", "2")
    stages.wrote(one, "EndpointSlice", "s", "3")
    stages.end("a", one)
    stages.end("a", stages.begin("a"))
    assert stages.begin("a") is None
    shown = stages.shown("a")
    assert [[cause["revision"] for cause in r["causes"]] for r in shown] == [["1"], ["2"]]
    assert [[done["name"] for done in r["wrote"]] for r in shown] == [["s"], []]
    assert all(r["causes"][0]["at"] <= r["began"] <= r["ended"] for r in shown)


def test_2_memory_is_bounded():
    stages = Stages(RealClock())
    for key in range(KEYS + 10):
        for number in range(ROUNDS + 3):
            for cause in range(CAUSES + 2):
                stages.seen(key, "Pod", f"p{cause}", str(number))
            stages.end(key, stages.begin(key))
    assert stages.shown(0) == []
    for key in range(2 * KEYS):
        stages.seen(("never", key), "Pod", "p", "1")
    assert sum(stages.begin(("never", key)) is not None for key in range(2 * KEYS)) == KEYS
    last = stages.shown(KEYS + 9)
    assert len(last) == ROUNDS
    assert len(last[0]["causes"]) == CAUSES
