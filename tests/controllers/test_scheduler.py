"""The scheduler: who may go where, why not, and where best; in kube-scheduler's words."""

from __future__ import annotations

import random

import pytest

from controllers.scheduler.controller import Scheduler
from controllers.scheduler.node_info import NodeInfo, requests_of
from controllers.scheduler.schedule import Placement, Unschedulable, schedule
from kube.api.core_v1 import Event, Namespace, Node, Pod
from kube.apimachinery.errors import InternalError
from kube.apimachinery.meta_v1 import OwnerReference
from tests.controllers.conftest import World

CHANCE = random.Random(1)
NO_HELP = "Preemption is not helpful for scheduling"
NO_VICTIMS = "No preemption victims found for incoming pod"


def node(name: str, *, labels: dict | None = None, taints: list | None = None, cpu: str = "4", pods: str = "110",
         **spec) -> Node:  # fmt: skip
    return Node.from_dict(
        {
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **(labels or {})}},
            "spec": {"taints": taints or [], **spec},
            "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": pods}},
        }
    )


def pod(name: str = "p", *, cpu: str = "", on: str = "", labels: dict | None = None, owner: str = "", port: int = 0,
        **spec) -> Pod:  # fmt: skip
    container: dict = {"name": "c"}
    if cpu:
        container["resources"] = {"requests": {"cpu": cpu}}
    if port:
        container["ports"] = [{"containerPort": port, "hostPort": port}]
    made = Pod.from_dict(
        {
            "metadata": {"name": name, "namespace": "default", "uid": name, "labels": labels or {}},
            "spec": {"nodeName": on, "containers": [container], **spec},
        }
    )
    if owner:
        made.metadata.ownerReferences = [OwnerReference(kind="ReplicaSet", name=owner, uid=owner, controller=True)]
    return made


def cluster(nodes: list[Node], pods: list[Pod] = ()) -> list[NodeInfo]:
    infos = {n.metadata.name: NodeInfo() for n in nodes}
    for n in nodes:
        infos[n.metadata.name].set_node(n)
    for p in pods:
        infos[p.spec.nodeName].add(p)
    return list(infos.values())


def where(p: Pod, nodes: list[Node], pods: list[Pod] = ()) -> str:
    """The chosen node, or the message."""
    decided = schedule(p, cluster(nodes, pods), CHANCE)
    return decided.node if isinstance(decided, Placement) else decided.message


TAINT = {"key": "dedicated", "value": "db", "effect": "NoSchedule"}
ZONES = [node("a", labels={"zone": "1"}), node("b", labels={"zone": "1"}), node("c", labels={"zone": "2"})]


def affinity(key: str, operator: str, *values: str) -> dict:
    term = {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


@pytest.mark.parametrize(
    ("given", "nodes", "pods", "reason", "preemption"),
    [
        (pod(), [node("n", unschedulable=True)], [], "node(s) were unschedulable", NO_HELP),
        (pod(), [node("n", taints=[TAINT])], [], "node(s) had untolerated taint {dedicated: db}", NO_HELP),
        (pod(nodeSelector={"disk": "ssd"}), [node("n")], [],
         "node(s) didn't match Pod's node affinity/selector", NO_HELP),
        (pod(cpu="5"), [node("n")], [], "Insufficient cpu", NO_HELP),  # more than the whole node has
        (pod(cpu="3"), [node("n")], [pod("x", cpu="2", on="n")], "Insufficient cpu", NO_VICTIMS),
        (pod(), [node("n", pods="1")], [pod("x", on="n")], "Too many pods", NO_VICTIMS),
        (pod(port=80), [node("n")], [pod("x", port=80, on="n")],
         "node(s) didn't have free ports for the requested pod ports", NO_VICTIMS),
    ],
)  # fmt: skip
def test_why_not(given: Pod, nodes: list[Node], pods: list[Pod], reason: str, preemption: str) -> None:
    expected = f"0/1 nodes are available: 1 {reason}. preemption: 0/1 nodes are available: 1 {preemption}."
    assert where(given, nodes, pods) == expected


def test_reasons_are_counted_over_all_nodes() -> None:
    nodes = [node("a", taints=[TAINT]), node("b", cpu="1"), node("c", cpu="1"), node("d", unschedulable=True)]
    assert where(pod(cpu="2"), nodes) == (
        "0/4 nodes are available: 1 node(s) had untolerated taint {dedicated: db}, 1 node(s) were unschedulable, "
        "2 Insufficient cpu. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling."
    )
    assert where(pod(), []) == "no nodes available to schedule pods"


def on_node(*names: str) -> dict:
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [n]}]} for n in names]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def test_a_daemons_pod_is_looked_for_on_its_node_only() -> None:
    nodes = [node("a"), node("b", taints=[TAINT]), node("c", cpu="1")]
    assert where(pod(affinity=on_node("a")), nodes) == "a"
    assert where(pod(affinity=on_node("c"), cpu="1"), nodes, [pod("x", cpu="500m", on="c")]) == (
        "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: "
        "0/3 nodes are available: 1 No preemption victims found for incoming pod, "
        "2 Preemption is not helpful for scheduling."
    )
    torn = on_node("a")
    torn["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]["matchFields"] *= 2
    fields = torn["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"][0]
    fields["matchFields"] = [fields["matchFields"][0], {**fields["matchFields"][0], "values": ["b"]}]
    assert where(pod(affinity=torn), nodes) == (
        "0/3 nodes are available: pod affinity terms conflict. preemption: 0/3 nodes are available: "
        "3 Preemption is not helpful for scheduling."
    )


@pytest.mark.parametrize(
    ("tolerations", "fits"),
    [
        ([{"key": "dedicated", "operator": "Equal", "value": "db", "effect": "NoSchedule"}], True),
        ([{"key": "dedicated", "operator": "Exists"}], True),
        ([{"operator": "Exists"}], True),
        ([{"key": "dedicated", "value": "web"}], False),
        ([{"key": "dedicated", "value": "db", "effect": "NoExecute"}], False),
        ([{"key": "other", "operator": "Exists"}], False),
    ],
)
def test_tolerations(tolerations: list, fits: bool) -> None:
    assert (where(pod(tolerations=tolerations), [node("n", taints=[TAINT])]) == "n") is fits


@pytest.mark.parametrize(
    ("rule", "nodes"),
    [
        (affinity("zone", "In", "1"), {"a", "b"}),
        (affinity("zone", "NotIn", "1"), {"c"}),
        (affinity("zone", "Exists"), {"a", "b", "c"}),
        (affinity("zone", "DoesNotExist"), set()),
        (affinity("zone", "Gt", "1"), {"c"}),
        (affinity("zone", "Lt", "2"), {"a", "b"}),
        ({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}]}}}, {"b"}),
    ],
)  # fmt: skip
def test_node_affinity(rule: dict, nodes: set[str]) -> None:
    found = {n.metadata.name for n in ZONES if where(pod(affinity=rule), [n]) == n.metadata.name}
    assert found == nodes


def test_preferred_node_affinity_and_taints() -> None:
    preference = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["2"]}]}
    rule = {
        "nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": preference}]}
    }
    assert where(pod(affinity=rule), ZONES) == "c"
    soft = {**TAINT, "effect": "PreferNoSchedule"}
    assert where(pod(), [node("a", taints=[soft]), node("b")]) == "b"


def test_pods_of_one_owner_spread_over_the_nodes() -> None:
    nodes, placed = [node(n) for n in "abc"], []
    for k in range(6):
        chosen = where(pod(f"p{k}", owner="rs"), nodes, placed)
        placed.append(pod(f"p{k}", owner="rs", on=chosen))
    assert sorted(p.spec.nodeName for p in placed) == ["a", "a", "b", "b", "c", "c"]


def test_the_emptier_node_is_better() -> None:
    assert where(pod(cpu="1"), [node("a"), node("b")], [pod("x", cpu="2", on="a")]) == "b"


def spread(skew: int, when: str = "DoNotSchedule", **more) -> list[dict]:
    selector = {"matchLabels": {"app": "web"}}
    return [{"maxSkew": skew, "topologyKey": "zone", "whenUnsatisfiable": when, "labelSelector": selector, **more}]


WEB = {"app": "web"}


@pytest.mark.parametrize(
    ("constraints", "on", "expected"),
    [
        (spread(1), ["a"], {"c"}),
        (spread(1), ["a", "c"], {"a", "b", "c"}),
        (spread(2), ["a"], {"a", "b", "c"}),
        (spread(1, minDomains=3), ["a"], {"c"}),
        (spread(1, minDomains=3), ["a", "c"], set()),
    ],
)
def test_topology_spread(constraints: list, on: list[str], expected: set[str]) -> None:
    placed = [pod(f"x{i}", on=name, labels=WEB) for i, name in enumerate(on)]
    given = pod(labels=WEB, topologySpreadConstraints=constraints)
    found = set()
    for _ in range(40):
        chosen = where(given, ZONES, placed)
        if not chosen.startswith("0/"):
            found.add(chosen)
    assert found <= expected
    assert bool(found) is bool(expected)


TAINTED = [*ZONES[:2], node("c", labels={"zone": "2"}, taints=[TAINT])]
OTHER_ZONE = affinity("zone", "In", "1")


@pytest.mark.parametrize(
    ("given", "nodes", "on", "expected"),
    [
        # nodeTaintsPolicy: Ignore counts the tainted node, whose zone then has too few for ever; Honor leaves it out
        (pod(labels=WEB, topologySpreadConstraints=spread(1)), TAINTED, ["a"], set()),
        (pod(labels=WEB, topologySpreadConstraints=spread(1, nodeTaintsPolicy="Honor")), TAINTED, ["a"], {"a", "b"}),
        # nodeAffinityPolicy: the other way round by default
        (pod(labels=WEB, affinity=OTHER_ZONE, topologySpreadConstraints=spread(1)), ZONES, ["a"], {"a", "b"}),
        (pod(labels=WEB, affinity=OTHER_ZONE, topologySpreadConstraints=spread(1, nodeAffinityPolicy="Ignore")),
         ZONES, ["a"], set()),
        # matchLabelKeys: pods of another revision do not count
        (pod(labels={**WEB, "rev": "2"}, topologySpreadConstraints=spread(1, matchLabelKeys=["rev"])),
         ZONES, ["a"], {"a", "b", "c"}),
        # a pod that the selector does not match makes no skew
        (pod(topologySpreadConstraints=spread(1)), ZONES, ["a"], {"a", "b", "c"}),
        # ScheduleAnyway only prefers
        (pod(labels=WEB, topologySpreadConstraints=spread(1, "ScheduleAnyway")), ZONES, ["a", "b", "b"], {"c"}),
    ],
)  # fmt: skip
def test_topology_spread_policies(given: Pod, nodes: list[Node], on: list[str], expected: set[str]) -> None:
    placed = [pod(f"x{i}", on=name, labels={**WEB, "rev": "1"}) for i, name in enumerate(on)]
    found = {where(given, nodes, placed) for _ in range(60)}
    assert {name for name in found if not name.startswith("0/")} <= expected
    assert bool({name for name in found if not name.startswith("0/")}) is bool(expected)


def test_pods_that_are_being_deleted_do_not_count_for_the_spread() -> None:
    leaving = pod("x", on="c", labels=WEB)
    leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    placed = [pod("y", on="a", labels=WEB), leaving]
    assert where(pod(labels=WEB, topologySpreadConstraints=spread(1)), ZONES, placed) == "c"


def test_a_node_without_the_key_does_not_count() -> None:
    message = where(pod(labels=WEB, topologySpreadConstraints=spread(1)), [node("n")])
    assert "1 node(s) didn't match pod topology spread constraints (missing required label)." in message


def near(anti: bool = False, key: str = "kubernetes.io/hostname", app: str = "web") -> dict:
    term = {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key}
    return {"podAntiAffinity" if anti else "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def test_pod_affinity() -> None:
    web = pod("x", on="b", labels=WEB)
    assert where(pod(affinity=near()), ZONES, [web]) == "b"
    assert where(pod(affinity=near(key="zone")), ZONES, [web]) in ("a", "b")
    assert "3 node(s) didn't match pod affinity rules" in where(pod(affinity=near()), ZONES)
    assert where(pod(affinity=near(), labels=WEB), ZONES) in ("a", "b", "c"), "the first of its kind"


def test_pod_anti_affinity_both_ways() -> None:
    web = pod("x", on="b", labels=WEB)
    assert where(pod(affinity=near(anti=True, key="zone")), ZONES, [web]) == "c"
    full = [pod(f"x{n}", on=n, labels=WEB) for n in "abc"]
    assert "3 node(s) didn't match pod anti-affinity rules" in where(pod(affinity=near(anti=True)), ZONES, full)
    shy = [pod(f"x{n}", on=n, affinity=near(anti=True)) for n in "abc"]
    assert "3 node(s) didn't satisfy existing pods anti-affinity rules" in where(pod(labels=WEB), ZONES, shy)


@pytest.mark.parametrize(
    ("term", "namespace", "labels", "matches"),
    [
        ({}, "default", {}, True),  # without more, the pod's own namespace
        ({}, "other", {}, False),
        ({"namespaces": ["other"]}, "other", {}, True),
        ({"namespaces": ["other"]}, "default", {}, False),
        ({"namespaceSelector": {}}, "other", {}, True),  # the empty selector: all namespaces
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}}, "other", {"team": "a"}, True),
        ({"namespaceSelector": {"matchLabels": {"team": "a"}}}, "other", {"team": "b"}, False),
        ({"namespaces": ["x"], "namespaceSelector": {"matchLabels": {"team": "a"}}}, "x", {}, True),  # either
    ],
)
def test_whose_pods_an_affinity_term_means(term: dict, namespace: str, labels: dict, matches: bool) -> None:
    rule = near()
    rule["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0] |= term
    web = pod("x", on="b", labels=WEB)
    web.metadata.namespace = namespace
    of = {namespace: labels}
    decided = schedule(pod(affinity=rule), cluster(ZONES, [web]), CHANCE, lambda name: of.get(name, {}))
    assert isinstance(decided, Placement) is matches


def test_match_label_keys_narrow_an_affinity_to_the_same_revision() -> None:
    rule = near(anti=True, key="zone")
    rule["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]["matchLabelKeys"] = ["rev"]
    old = [pod("x", on="a", labels={**WEB, "rev": "1"}), pod("y", on="c", labels={**WEB, "rev": "1"})]
    new = pod(labels={**WEB, "rev": "2"}, affinity=rule)
    assert where(new, ZONES, old) in ("a", "b", "c")
    same = pod(labels=old[0].metadata.labels, affinity=rule)
    assert "didn't match pod anti-affinity rules" in where(same, ZONES, old)


def test_preferred_pod_affinity_weighs() -> None:
    def preferred(kind: str, weight: int) -> dict:
        term = {"labelSelector": {"matchLabels": WEB}, "topologyKey": "zone"}
        weighed = [{"weight": weight, "podAffinityTerm": term}]
        return {kind: {"preferredDuringSchedulingIgnoredDuringExecution": weighed}}

    web = pod("x", on="c", labels=WEB)
    assert where(pod(affinity=preferred("podAffinity", 100)), ZONES, [web]) == "c"
    assert where(pod(affinity=preferred("podAntiAffinity", 100)), ZONES, [web]) in ("a", "b")
    both = {**preferred("podAffinity", 100), **preferred("podAntiAffinity", 1)}
    assert where(pod(affinity=both), ZONES, [web]) == "c"


def test_requests_count_init_containers_sidecars_and_overhead() -> None:
    def container(cpu: str, **more) -> dict:
        return {"name": "c", "resources": {"requests": {"cpu": cpu}}, **more}

    given = pod()
    given.spec = type(given.spec).from_dict(
        {
            "containers": [container("1"), container("1")],
            "initContainers": [container("500m", restartPolicy="Always"), container("4")],
            "overhead": {"cpu": "100m"},
        }
    )
    assert requests_of(given)["cpu"] == 4600
    limits_only = pod()
    limits_only.spec.containers[0].resources.limits = {"cpu": "2"}
    assert requests_of(limits_only)["cpu"] == 2000


@pytest.mark.parametrize(("reason", "counted"), [("", 2000), ("Deferred", 2000), ("Infeasible", 500)])
def test_a_resize_counts_until_it_is_refused(reason: str, counted: int) -> None:
    resized = pod()
    resized.spec.containers[0].resources.requests = {"cpu": "2"}
    name = resized.spec.containers[0].name
    status = {"containerStatuses": [{"name": name, "resources": {"requests": {"cpu": "500m"}}}]}
    if reason:
        status["conditions"] = [{"type": "PodResizePending", "status": "True", "reason": reason}]
    resized.status = type(resized.status).from_dict(status)
    assert requests_of(resized)["cpu"] == counted


# ---- the loop ----


async def test_pods_are_bound_and_counted_at_once(world: World) -> None:
    world.server.seed(node("a", pods="2"), node("b", pods="2"), Namespace.from_dict({"metadata": {"name": "default"}}))
    world.start(Scheduler)
    for k in range(5):
        await world.client.create(pod(f"p{k}"))
    await world.settle(1)
    placed = [p.spec.nodeName for p in world.server.all(Pod)]
    assert sorted(placed) == ["", "a", "a", "b", "b"]
    left = next(p for p in world.server.all(Pod) if not p.spec.nodeName)
    [condition] = left.status.conditions
    assert (condition.type, condition.status, condition.reason) == ("PodScheduled", "False", "Unschedulable")
    said = {e.reason: e.message for e in world.server.all(Event)}
    assert said["FailedScheduling"].startswith("0/2 nodes are available: 2 Too many pods.")
    assert said["Scheduled"].startswith("Successfully assigned default/p")
    gone = next(p for p in world.server.all(Pod) if p.spec.nodeName)
    world.server.force_delete(Pod, gone.metadata.name, "default")
    await world.settle(2)
    assert world.server.get(Pod, left.metadata.name, "default").spec.nodeName


async def test_a_new_node_or_an_uncordoned_one_wakes_who_waits(world: World) -> None:
    world.start(Scheduler)
    await world.client.create(pod("p"))
    await world.settle(3)
    world.server.seed(node("a", unschedulable=True))
    await world.settle(3)
    assert not world.server.get(Pod, "p", "default").spec.nodeName
    free = world.server.get(Node, "a")
    free.spec.unschedulable = False
    world.server.update(free)
    await world.settle(10)
    assert world.server.get(Pod, "p", "default").spec.nodeName == "a"


async def test_a_failed_binding_gives_the_place_back(world: World) -> None:
    world.server.seed(node("a", pods="1"))
    world.start(Scheduler)
    world.server.fail("create_binding", Pod, InternalError("boom"), times=2)
    await world.client.create(pod("p"))
    await world.settle(5)
    assert world.server.get(Pod, "p", "default").spec.nodeName == "a"


async def test_pods_of_other_schedulers_and_with_gates_are_left(world: World) -> None:
    world.server.seed(node("a"))
    world.start(Scheduler)
    await world.client.create(pod("other", schedulerName="mine"))
    await world.client.create(pod("gated", schedulingGates=[{"name": "g"}]))
    await world.settle(5)
    assert [p.spec.nodeName for p in world.server.all(Pod)] == ["", ""]
    gated = world.server.get(Pod, "gated", "default")
    gated.spec.schedulingGates = []
    world.server.update(gated)
    await world.settle(5)
    assert world.server.get(Pod, "gated", "default").spec.nodeName == "a"


def test_an_unschedulable_decision_is_one_message() -> None:
    assert isinstance(schedule(pod(), [], CHANCE), Unschedulable)
