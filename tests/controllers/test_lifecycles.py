"""Ends: garbage collection, namespaces, and what a namespace has from its beginning."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from controllers.cluster_role_aggregation.controller import ClusterRoleAggregationController
from controllers.garbage_collector.controller import GarbageCollector
from controllers.garbage_collector.graph import (
    Graph,
    Identity,
    OwnerState,
    Verdict,
    deletes_dependents,
    judge,
    orphans_dependents,
)
from controllers.namespace.conditions import Remains, conditions
from controllers.namespace.controller import NamespaceController
from controllers.root_ca_certificate_publisher.controller import RootCACertificatePublisher
from controllers.serviceaccount.controller import ServiceAccountController
from kube.api.apps_v1 import Deployment, ReplicaSet
from kube.api.core_v1 import ConfigMap, Event, Namespace, Pod, Secret, ServiceAccount
from kube.api.rbac_v1 import ClusterRole
from kube.apimachinery.meta_v1 import Object, ObjectMeta, OwnerReference
from tests.controllers.conftest import World

ALIVE, ABSENT, WAITING = OwnerState.ALIVE, OwnerState.ABSENT, OwnerState.WAITING


def ref(owner: Object, *, blocks: bool = True) -> OwnerReference:
    kind = type(owner).__name__
    version = "apps/v1" if kind in ("Deployment", "ReplicaSet") else "v1"
    meta = owner.metadata
    return OwnerReference(apiVersion=version, kind=kind, name=meta.name, uid=meta.uid, blockOwnerDeletion=blocks)


def make(kind: type[Object], name: str, *owners: Object, **more) -> Object:
    meta = ObjectMeta(
        name=name, namespace="default", uid=f"uid-{name}", ownerReferences=[ref(o) for o in owners], **more
    )
    return kind(metadata=meta)


@pytest.mark.parametrize(
    ("states", "finalizers", "dependents", "expected"),
    [
        ([ALIVE], [], False, Verdict()),
        ([ABSENT], [], False, Verdict(delete="Background")),
        ([ALIVE, ABSENT], [], False, Verdict(drop=("1",))),
        ([WAITING, ALIVE], [], True, Verdict(drop=("0",))),
        ([WAITING], [], True, Verdict(delete="Foreground")),
        ([WAITING], [], False, Verdict(delete="Background")),
        ([ABSENT], ["orphan"], True, Verdict(delete="Orphan")),
        ([ABSENT], ["foregroundDeletion"], True, Verdict(delete="Foreground")),
        ([], [], True, Verdict()),
    ],
)
def test_judge(states: list[OwnerState], finalizers: list[str], dependents: bool, expected: Verdict) -> None:
    refs = [OwnerReference(uid=str(n)) for n in range(len(states))]
    by_uid = {str(n): state for n, state in enumerate(states)}
    assert judge(refs, by_uid, finalizers, has_dependents=dependents) == expected


def names(world: World) -> set[str]:
    return {o.metadata.name for kind in (Deployment, ReplicaSet, Pod, ConfigMap) for o in world.server.all(kind)}


async def family(world: World) -> None:
    """A Deployment, its ReplicaSet, its pods."""
    d = make(Deployment, "d")
    rs = make(ReplicaSet, "rs", d)
    world.server.seed(d, rs, make(Pod, "p1", rs), make(Pod, "p2", rs), make(ConfigMap, "free"))
    world.start(GarbageCollector)
    await world.settle()


async def test_background(world: World) -> None:
    await family(world)
    await world.client.delete(Deployment, "d", "default")
    await world.settle(1)
    assert names(world) == {"free"}


async def test_foreground_keeps_the_owner_until_the_last(world: World) -> None:
    await family(world)
    held = world.server.get(Pod, "p1", "default")
    held.metadata.finalizers = ["test/hold"]
    world.server.update(held)
    await world.client.delete(Deployment, "d", "default", propagation_policy="Foreground")
    await world.settle(2)
    assert names(world) == {"d", "rs", "p1", "free"}
    assert world.server.get(Deployment, "d", "default").metadata.deletionTimestamp
    held = world.server.get(Pod, "p1", "default")
    held.metadata.finalizers = []
    world.server.update(held)
    await world.settle(2)
    assert names(world) == {"free"}


async def test_orphan(world: World) -> None:
    await family(world)
    await world.client.delete(Deployment, "d", "default", propagation_policy="Orphan")
    await world.settle(1)
    assert names(world) == {"rs", "p1", "p2", "free"}
    assert world.server.get(ReplicaSet, "rs", "default").metadata.ownerReferences == []


async def test_absent_owners_are_found_at_the_start(world: World) -> None:
    ghost = make(Deployment, "ghost")
    impostor = make(Deployment, "impostor")
    world.server.seed(impostor)
    impostor.metadata.uid = "another-uid"
    both = make(ConfigMap, "both", ghost, world.server.get(Deployment, "impostor", "default"))
    world.server.seed(make(ReplicaSet, "rs", ghost), make(Pod, "p", impostor), both)
    world.start(GarbageCollector)
    await world.settle(1)
    assert names(world) == {"impostor", "both"}
    assert [r.name for r in world.server.get(ConfigMap, "both", "default").metadata.ownerReferences] == ["impostor"]


async def test_an_owner_in_another_namespace_is_no_owner(world: World) -> None:
    owner, child = make(ConfigMap, "owner"), make(ConfigMap, "child")
    world.server.seed(owner)
    child.metadata.namespace, child.metadata.ownerReferences = "elsewhere", [ref(owner)]
    world.server.seed(child)
    world.start(GarbageCollector)
    await world.settle(1)
    assert names(world) == {"owner"}
    assert [(e.reason, e.message) for e in world.server.all(Event)] == [
        (
            "OwnerRefInvalidNamespace",
            "ownerRef [v1/ConfigMap, namespace: elsewhere, name: owner, uid: uid-owner] does not exist in namespace "
            '"elsewhere"',
        )
    ]


async def test_an_owner_of_an_unknown_kind_is_never_taken_for_absent(world: World) -> None:
    strange = make(ConfigMap, "c")
    strange.metadata.ownerReferences = [OwnerReference(apiVersion="example.org/v1", kind="Thing", name="t", uid="u")]
    world.server.seed(strange)
    world.start(GarbageCollector)
    await world.settle(5)
    assert names(world) == {"c"}


async def test_a_cycle_goes_in_the_foreground(world: World) -> None:
    a, b = make(ConfigMap, "a"), make(ConfigMap, "b")
    a.metadata.ownerReferences, b.metadata.ownerReferences = [ref(b)], [ref(a)]
    world.server.seed(a, b)
    world.start(GarbageCollector)
    await world.settle(1)
    assert names(world) == {"a", "b"}
    await world.client.delete(ConfigMap, "a", "default", propagation_policy="Foreground")
    await world.settle(30)
    assert names(world) == set()


# ---- namespaces ----


def namespace(name: str = "default") -> Namespace:
    return Namespace.from_dict(
        {"metadata": {"name": name}, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    )


async def test_a_namespace_is_emptied_pods_first(world: World) -> None:
    running = make(Pod, "p")
    running.spec.nodeName = "n1"
    world.server.seed(namespace(), namespace("other"), running, make(Secret, "s"), make(ConfigMap, "c"))
    world.start(NamespaceController)
    await world.client.delete(Namespace, "default")
    await world.settle(3)
    found = world.server.get(Namespace, "default")
    assert found.status.phase == "Terminating"
    remaining = next(c for c in found.status.conditions if c.type == "NamespaceContentRemaining")
    assert (remaining.status, remaining.message) == (
        "True",
        "Some resources are remaining: pods. has 1 resource instances",
    )
    assert world.server.get(Secret, "s", "default"), "nothing else goes while a pod is left"
    world.server.force_delete(Pod, "p", "default")
    await world.settle(3)
    assert [n.metadata.name for n in world.server.all(Namespace)] == ["other"]
    assert world.server.all(Secret) == []


async def test_finalizers_that_hold_are_named(world: World) -> None:
    world.server.seed(namespace(), make(ConfigMap, "c", finalizers=["test/hold"]))
    world.start(NamespaceController)
    await world.client.delete(Namespace, "default")
    await world.settle(3)
    said = {c.type: c.message for c in world.server.get(Namespace, "default").status.conditions if c.status == "True"}
    assert said == {
        "NamespaceContentRemaining": "Some resources are remaining: configmaps. has 1 resource instances",
        "NamespaceFinalizersRemaining": (
            "Some content in the namespace has finalizers remaining: test/hold in 1 resource instances"
        ),
    }


@pytest.mark.parametrize(
    ("remains", "said"),
    [
        (Remains(), {}),
        (
            Remains(resources=Counter({"pods.": 2, "deployments.apps": 1})),
            {"NamespaceContentRemaining": "Some resources are remaining: deployments.apps has 1 resource instances, "
                                          "pods. has 2 resource instances"},
        ),
        (
            Remains(resources=Counter({"pods.": 1}), finalizers=Counter({"b": 1, "a": 2})),
            {"NamespaceContentRemaining": "Some resources are remaining: pods. has 1 resource instances",
             "NamespaceFinalizersRemaining": "Some content in the namespace has finalizers remaining: "
                                             "a in 2 resource instances, b in 1 resource instances"},
        ),
        (
            Remains(errors=["pods: boom"]),
            {"NamespaceDeletionContentFailure": "Failed to delete all resource types, 1 remaining: pods: boom"},
        ),
    ],
)  # fmt: skip
def test_what_a_namespace_says_of_its_end(remains: Remains, said: dict[str, str]) -> None:
    first, later = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    found = conditions([], remains, first)
    assert len(found) == 5
    assert {c.type: c.message for c in found if c.status == "True"} == said
    again = conditions(found, remains, later)
    assert again == found, "the time is that of the last change"
    ends = {c.type: c for c in conditions(found, Remains(), later)}
    assert all((c.status, c.lastTransitionTime[:10]) == ("False", "2026-01-02") for t, c in ends.items() if t in said)


@pytest.mark.parametrize(
    ("finalizers", "going", "waits", "orphans"),
    [
        ([], True, False, False),
        (["foregroundDeletion"], False, False, False),
        (["foregroundDeletion"], True, True, False),
        (["orphan"], True, False, True),
    ],
)
def test_how_an_object_is_being_deleted(finalizers: list[str], going: bool, waits: bool, orphans: bool) -> None:
    given = make(ConfigMap, "c", finalizers=finalizers)
    given.metadata.deletionTimestamp = "2026-01-01T00:00:00Z" if going else None
    assert (deletes_dependents(given), orphans_dependents(given)) == (waits, orphans)


def test_the_graph_knows_dependents_by_uid() -> None:
    graph, owner = Graph(), make(ConfigMap, "owner")
    one, two = make(ConfigMap, "one", owner), make(Secret, "two", owner)
    for obj in (one, two):
        graph.set(Identity("x", "default", obj.metadata.name, obj.metadata.uid), obj)
    assert [i.name for i, _ in graph.dependents("uid-owner")] == ["one", "two"], "before the owner is seen"
    free = one.deep_copy()
    free.metadata.ownerReferences = []
    graph.set(Identity("x", "default", "one", "uid-one"), free)
    graph.remove("uid-two")
    assert graph.dependents("uid-owner") == []
    assert len(graph) == 1


async def test_every_namespace_has_an_account_and_the_certificate(world: World) -> None:
    world.server.seed(namespace(), namespace("b"))
    world.start(ServiceAccountController, RootCACertificatePublisher, root_ca="CERT")
    await world.settle()
    assert [(a.metadata.namespace, a.metadata.name) for a in world.server.all(ServiceAccount)] == [
        ("b", "default"),
        ("default", "default"),
    ]
    await world.client.delete(ServiceAccount, "default", "b")
    found = world.server.get(ConfigMap, "kube-root-ca.crt", "b")
    assert found.data == {"ca.crt": "CERT"}
    found.data = {"ca.crt": "FORGED"}
    await world.client.update(found)
    await world.client.delete(ConfigMap, "kube-root-ca.crt", "default")
    await world.settle()
    assert [c.data for c in world.server.all(ConfigMap)] == [{"ca.crt": "CERT"}] * 2
    assert len(world.server.all(ServiceAccount)) == 2


async def test_roles_made_of_roles(world: World) -> None:
    def role(name: str, verb: str, **labels: str) -> ClusterRole:
        rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": [verb]}]
        return ClusterRole.from_dict({"metadata": {"name": name, "labels": labels}, "rules": rules})

    total = ClusterRole.from_dict(
        {"metadata": {"name": "all"}, "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"to": "all"}}]}}
    )
    world.server.seed(total, role("b", "list", to="all"), role("a", "get", to="all"), role("c", "delete"))
    world.start(ClusterRoleAggregationController)
    await world.settle()
    assert [r.verbs for r in world.server.get(ClusterRole, "all").rules] == [["get"], ["list"]]
    await world.client.delete(ClusterRole, "a")
    await world.settle()
    assert [r.verbs for r in world.server.get(ClusterRole, "all").rules] == [["list"]]
