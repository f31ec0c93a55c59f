"""What a revision looks like: the object as it was then, or the ReplicaSet that keeps it."""

from __future__ import annotations

from kubectl_lite.rollouts import as_of

TEMPLATE = {"spec": {"containers": [{"name": "c", "image": "one"}]}}


def test_a_daemon_sets_revision_is_the_set_with_the_template_of_then() -> None:
    now = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "ds"},
           "spec": {"minReadySeconds": 3, "template": {"spec": {"containers": []}}}}  # fmt: skip
    kept = {"kind": "ControllerRevision", "data": {"spec": {"template": {"$patch": "replace"} | TEMPLATE}}}
    assert as_of(now, kept) == now | {"spec": {"minReadySeconds": 3, "template": TEMPLATE}}


def test_a_deployments_revision_is_its_replica_set() -> None:
    kept = {"metadata": {"name": "dp-1"}, "spec": {"template": TEMPLATE}}
    assert as_of({"kind": "Deployment"}, kept) == {"apiVersion": "apps/v1", "kind": "ReplicaSet"} | kept
