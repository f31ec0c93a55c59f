"""The memories of components, joined by revisions into changes."""

from __future__ import annotations

from kubectl_lite.timeline.join import Memories, clock_shifts, join, revisions


def item(kind: str, name: str, revision: str, at: float) -> dict:
    return {"kind": kind, "name": name, "revision": revision, "at": at}


def turn(causes: list[dict], began: float, wrote: list[dict], ended: float) -> dict:
    return {"causes": causes, "began": began, "wrote": wrote, "ended": ended}


POD, SLICE = item("Pod", "web-1", "7", 1.002), item("EndpointSlice", "web-x", "9", 1.006)
CONTROLLERS = [turn([POD], 1.003, [SLICE], 1.007)]
NODE1 = [turn([item("EndpointSlice", "web-x", "9", 1.008)], 1.009, [item("kernel", "ipvs", "", 1.010)], 1.010)]
STORED = {"7": 1.0, "9": 1.005}


def test_a_pods_change_is_followed_to_the_kernel():
    (change,) = join(Memories(CONTROLLERS, {"node1": NODE1}, STORED))
    assert change.causes == ["Pod web-1 (revision 7)"]
    assert [(round((s.at - change.began) * 1000), s.what) for s in change.stages] == [
        (0, "Pod web-1 stored"),
        (2, "seen by endpointslice-controller"),
        (3, "endpointslice-controller begins"),
        (5, "EndpointSlice web-x stored"),
        (6, "EndpointSlice web-x written (revision 9)"),
        (8, "seen by the proxy of node1"),
        (10, "in the kernel of node1 (ipvs)"),
    ]
    assert revisions(CONTROLLERS, {"node1": NODE1}) == {"7", "9"}


def test_a_change_that_no_controller_knows_begins_at_the_proxies():
    seen = [turn([item("Service", "web", "12", 2.0)], 2.001, [item("kernel", "ipvs", "", 2.002)], 2.002)]
    (change,) = join(Memories([], {"node1": seen, "node2": seen}, {}))
    assert change.causes == ["Service web (revision 12)"]
    assert [s.what for s in change.stages if "kernel" in s.what] == [
        "in the kernel of node1 (ipvs)", "in the kernel of node2 (ipvs)"
    ]  # fmt: skip


def test_what_altered_no_slice_is_no_change_of_the_service():
    assert join(Memories([turn([POD], 1.003, [], 1.007)], {}, STORED)) == []


def test_one_proxy_that_had_nothing_to_do_says_so():
    idle = [turn([item("EndpointSlice", "web-x", "9", 1.008)], 1.009, [], 1.0095)]
    (change,) = join(Memories(CONTROLLERS, {"node2": idle}, STORED))
    assert change.stages[-1].what == "nothing to change on node2"


def test_a_node_that_saw_a_revision_before_it_was_stored_has_a_clock_that_is_behind():
    slow = [turn([item("EndpointSlice", "web-x", "9", 0.8)], 0.801, [item("kernel", "ipvs", "", 0.83)], 0.83)]
    memories = Memories(CONTROLLERS, {"node1": NODE1, "node2": slow}, STORED)
    assert {node: round(shift, 3) for node, shift in clock_shifts(memories).items()} == {"node2": 0.205}
    (change,) = join(memories)
    told = {stage.what: round(stage.at, 3) for stage in change.stages if stage.node == "node2"}
    assert told == {"seen by the proxy of node2": 1.005, "in the kernel of node2 (ipvs)": 1.035}
