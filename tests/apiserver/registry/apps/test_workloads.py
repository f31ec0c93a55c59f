# ruff: noqa: E501 (tables read better unbroken)
"""Deployments, ReplicaSets, StatefulSets, DaemonSets, ControllerRevisions: defaults, what is wrong, generations."""

from __future__ import annotations

import pytest
import yaml

from apiserver.registry.apps.controllerrevisions.strategy import ControllerRevisionStrategy
from apiserver.registry.apps.daemonsets.strategy import DaemonSetStrategy
from apiserver.registry.apps.deployments.strategy import DeploymentStrategy
from apiserver.registry.apps.replicasets.strategy import ReplicaSetStrategy
from apiserver.registry.apps.statefulsets.strategy import StatefulSetStrategy
from kube.api.apps_v1 import ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet
from tests.apiserver.registry.driver import create, parse, update, update_status

KINDS = {
    "Deployment": (Deployment, DeploymentStrategy()),
    "ReplicaSet": (ReplicaSet, ReplicaSetStrategy()),
    "StatefulSet": (StatefulSet, StatefulSetStrategy()),
    "DaemonSet": (DaemonSet, DaemonSetStrategy()),
}
BASE = """
selector: {matchLabels: {app: a}}
template:
  metadata: {labels: {app: a}}
  spec: {containers: [{name: c, image: i}]}
"""
CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}


def workload(kind: str, spec: dict | None = None, **meta):
    return parse(KINDS[kind][0], {"metadata": meta, "spec": {**yaml.safe_load(BASE), **(spec or {})}})


def made(kind: str, spec: dict | None = None, **meta):
    obj, wrong = create(KINDS[kind][1], workload(kind, spec, **meta))
    assert not wrong
    return obj


def changed(kind: str, old, spec: dict, **meta):
    data = old.to_dict()
    data["spec"] |= spec
    data["metadata"] |= meta
    return parse(KINDS[kind][0], data)


DEFAULTS = """
- [Deployment, {replicas: 1, strategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 25%, maxSurge: 25%}}, revisionHistoryLimit: 10, progressDeadlineSeconds: 600}]
- [ReplicaSet, {replicas: 1}]
- [StatefulSet, {replicas: 1, podManagementPolicy: OrderedReady, updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}, revisionHistoryLimit: 10, serviceName: "", persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}}]
- [DaemonSet, {updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, maxSurge: 0}}, revisionHistoryLimit: 10}]
"""


@pytest.mark.parametrize(("kind", "wanted"), yaml.safe_load(DEFAULTS))
def test_defaults(kind, wanted):
    obj = made(kind)
    spec = obj.to_dict()["spec"]
    assert {k: v for k, v in spec.items() if k not in ("selector", "template")} == wanted
    assert spec["template"]["spec"]["restartPolicy"] == "Always"
    assert obj.metadata.generation == 1


def test_claim_templates_are_whole_objects():
    obj = made("StatefulSet", {"volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}]})
    (claim,) = obj.to_dict()["spec"]["volumeClaimTemplates"]
    assert claim == {
        "kind": "PersistentVolumeClaim", "apiVersion": "v1", "metadata": {"name": "data"},
        "spec": CLAIM | {"volumeMode": "Filesystem"}, "status": {"phase": "Pending"},
    }  # fmt: skip


WRONG = """
- [Deployment, {replicas: -1, minReadySeconds: -1}, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0", "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"]]
- [Deployment, {selector: null}, ["spec.selector: Required value", 'spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`']]
- [Deployment, {selector: {}}, ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]]
- [Deployment, {selector: {matchLabels: {app: b}}}, ['spec.template.metadata.labels: Invalid value: {"app":"a"}: `selector` does not match template `labels`']]
- [Deployment, {progressDeadlineSeconds: 5, minReadySeconds: 5}, ["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"]]
- [Deployment, {strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}}, ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"]]
- [Deployment, {strategy: {rollingUpdate: {maxSurge: 0%, maxUnavailable: 0}}}, ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"]]
- [Deployment, {strategy: {rollingUpdate: {maxSurge: many, maxUnavailable: 101%}}}, ["spec.strategy.rollingUpdate.maxSurge: Invalid value: \\"many\\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')", 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%']]
- [Deployment, {strategy: {type: Sideways}}, ['spec.strategy: Unsupported value: {"Type":"Sideways","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"']]
- [ReplicaSet, {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: i}], restartPolicy: Never, activeDeadlineSeconds: 5}}}, ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"', "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"]]
- [ReplicaSet, {template: {metadata: {labels: {app: a}}}}, ["spec.template.spec.containers: Required value"]]
- [StatefulSet, {podManagementPolicy: Random}, ["spec.podManagementPolicy: Invalid value: \\"Random\\": must be 'OrderedReady' or 'Parallel'"]]
- [StatefulSet, {updateStrategy: {type: Recreate}}, ["spec.updateStrategy: Invalid value: {\\"Type\\":\\"Recreate\\",\\"RollingUpdate\\":null}: must be 'RollingUpdate' or 'OnDelete'"]]
- [StatefulSet, {updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}}, ["spec.updateStrategy.rollingUpdate: Invalid value: {\\"Partition\\":1,\\"MaxUnavailable\\":null}: only allowed for updateStrategy 'RollingUpdate'"]]
- [StatefulSet, {persistentVolumeClaimRetentionPolicy: {whenDeleted: Keep}}, ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"']]
- [StatefulSet, {ordinals: {start: -1}}, ["spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0"]]
- [StatefulSet, {volumeClaimTemplates: [{metadata: {name: d}}]}, ["spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required", "spec.volumeClaimTemplates[0].spec.resources[storage]: Required value"]]
- [StatefulSet, {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: "", image: ""}]}}}, ["spec.template.spec.containers[0].name: Required value", "spec.template.spec.containers[0].image: Required value"]]
- [DaemonSet, {template: {metadata: {labels: {app: a}}, spec: {containers: [{name: c, image: ""}]}}}, ["spec.template.spec.containers[0].image: Required value"]]
- [DaemonSet, {updateStrategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 1}}}, ["spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"]]
- [DaemonSet, {updateStrategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}}, ["spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"]]
- [DaemonSet, {selector: {}}, ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"]]
"""


@pytest.mark.parametrize(("kind", "spec", "wanted"), yaml.safe_load(WRONG))
def test_what_is_wrong(kind, spec, wanted):
    assert create(KINDS[kind][1], workload(kind, spec))[1] == wanted


# ---- changes ----


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "StatefulSet"])
def test_only_a_new_spec_is_a_new_generation(kind):
    old = made(kind)
    same, _ = update(KINDS[kind][1], changed(kind, old, {}, labels={"a": "b"}), old)
    scaled, _ = update(KINDS[kind][1], changed(kind, old, {"replicas": 5}), old)
    assert (same.metadata.generation, scaled.metadata.generation) == (1, 2)


def test_an_annotation_of_a_deployment_is_a_generation_too():
    old = made("Deployment")
    obj, _ = update(KINDS["Deployment"][1], changed("Deployment", old, {}, annotations={"a": "b"}), old)
    assert obj.metadata.generation == 2


@pytest.mark.parametrize("kind", ["Deployment", "ReplicaSet", "DaemonSet"])
def test_the_selector_is_for_life(kind):
    old = made(kind)
    new = {
        "selector": {"matchLabels": {"app": "b"}},
        "template": {**old.to_dict()["spec"]["template"], "metadata": {"labels": {"app": "b"}}},
    }
    assert update(KINDS[kind][1], changed(kind, old, new), old)[1] == [
        'spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable'
    ]


def test_what_a_statefulset_may_change():
    old = made("StatefulSet", {"serviceName": "s"})
    assert (
        update(KINDS["StatefulSet"][1], changed("StatefulSet", old, {"replicas": 3, "minReadySeconds": 1}), old)[1]
        == []
    )
    assert update(KINDS["StatefulSet"][1], changed("StatefulSet", old, {"serviceName": "t"}), old)[1] == [
        "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
        "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    ]


def mounting(*names: str, **more) -> dict:
    mounts = [{"name": name, "mountPath": f"/{name}"} for name in names]
    spec = {"containers": [{"name": "c", "image": "i", "volumeMounts": mounts}], **more}
    return {"metadata": {"labels": {"app": "a"}}, "spec": spec}


def test_containers_of_a_statefulset_mount_its_claims():
    claims = [{"metadata": {"name": name}, "spec": CLAIM} for name in ("data", "data", "log")]
    spec = {"volumeClaimTemplates": claims}
    own = [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]
    made("StatefulSet", spec | {"template": mounting("data", "log", "tmp", volumes=own)})
    _, wrong = create(KINDS["StatefulSet"][1], workload("StatefulSet", spec | {"template": mounting("data", "cache")}))
    assert wrong == ['spec.template.spec.containers[0].volumeMounts[1].name: Not found: "cache"']


def test_a_statefulset_that_was_wrong_may_stay_wrong():
    strategy, old = KINDS["StatefulSet"][1], workload("StatefulSet", {"template": mounting("none")})
    strategy.default(old)
    assert update(strategy, changed("StatefulSet", old, {"replicas": 2}), old)[1] == []
    good = made("StatefulSet")
    assert update(strategy, changed("StatefulSet", good, {"template": mounting("none")}), good)[1] == [
        'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "none"'
    ]


def test_a_daemonset_counts_its_templates():
    old = made("DaemonSet")
    key = "deprecated.daemonset.template.generation"
    assert old.metadata.annotations == {key: "1"}
    strategy = KINDS["DaemonSet"][1]
    data = old.to_dict()
    data["spec"]["template"]["spec"]["containers"][0]["image"] = "j"
    data["metadata"]["annotations"] = {key: "99"}
    new, _ = update(strategy, parse(DaemonSet, data), old)
    assert (new.metadata.annotations[key], new.metadata.generation) == ("2", 2)
    same, _ = update(strategy, changed("DaemonSet", new, {"minReadySeconds": 3}, annotations={}), new)
    assert (same.metadata.annotations[key], same.metadata.generation) == ("2", 3)


@pytest.mark.parametrize("kind", KINDS)
def test_each_writer_has_its_half(kind):
    old = made(kind)
    old.status.observedGeneration = 1
    written, _ = update(KINDS[kind][1], changed(kind, old, {"minReadySeconds": 3}), old)
    assert written.status == old.status
    reported = changed(kind, old, {"minReadySeconds": 3})
    reported.status.observedGeneration = 2
    reported, wrong = update_status(KINDS[kind][1], reported, old)
    assert (reported.spec, reported.status.observedGeneration, wrong) == (old.spec, 2, [])


STATUSES = """
- [Deployment, {replicas: 1, updatedReplicas: 2}, ["status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas"]]
- [Deployment, {replicas: -1}, ["status.replicas: Invalid value: -1: must be greater than or equal to 0", "status.updatedReplicas: Invalid value: 0: cannot be greater than status.replicas", "status.readyReplicas: Invalid value: 0: cannot be greater than status.replicas", "status.availableReplicas: Invalid value: 0: cannot be greater than status.replicas"]]
- [ReplicaSet, {replicas: 5, readyReplicas: 4, availableReplicas: 5}, ["status.availableReplicas: Invalid value: 5: cannot be greater than readyReplicas"]]
- [StatefulSet, {replicas: 5, readyReplicas: 4, availableReplicas: 5}, ["status.availableReplicas: Invalid value: 5: cannot be greater than status.readyReplicas"]]
- [DaemonSet, {numberReady: -1}, ["status.numberReady: Invalid value: -1: must be greater than or equal to 0"]]
"""


@pytest.mark.parametrize(("kind", "status", "wanted"), yaml.safe_load(STATUSES))
def test_statuses(kind, status, wanted):
    old = made(kind)
    obj = changed(kind, old, {})
    obj.status = parse(KINDS[kind][0], {"status": status}).status
    assert update_status(KINDS[kind][1], obj, old)[1] == wanted


def test_collisions_are_only_counted_up():
    old = made("Deployment")
    old.status.collisionCount = 3
    obj = changed("Deployment", old, {})
    obj.status.collisionCount = 2
    assert update_status(KINDS["Deployment"][1], obj, old)[1] == [
        "status.collisionCount: Invalid value: 2: cannot be decremented"
    ]


def test_names_with_dots_are_warned_of():
    assert KINDS["Deployment"][1].warnings_on_create(made("Deployment", name="a.b")) == [
        "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; "
        "a DNS label is recommended: [must not contain dots]"
    ]


def test_a_revision_never_changes_but_its_number_may():
    strategy = ControllerRevisionStrategy()
    old = parse(ControllerRevision, "{revision: 1, data: {a: 1}}")
    assert create(strategy, parse(ControllerRevision, "{revision: -1}"))[1] == [
        "revision: Invalid value: -1: must be greater than or equal to 0",
        "data: Required value: data is mandatory",
    ]
    assert update(strategy, parse(ControllerRevision, "{revision: 2, data: {a: 1}}"), old)[1] == []
    assert update(strategy, parse(ControllerRevision, "{revision: 2, data: {a: 2}}"), old)[1] == [
        'data: Invalid value: {"a":2}: field is immutable'
    ]
