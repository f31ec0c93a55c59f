"""Revisions: which ReplicaSet is the new one, what it is called, and how its history is written down.

Called by `controllers.deployment.plan`. Pure. Source: k8s.io/kubernetes/pkg/controller/deployment/util
(FindNewReplicaSet, SetNewReplicaSetAnnotations), sync.go (getNewReplicaSet, cleanupDeployment).
"""

from __future__ import annotations

from collections.abc import Sequence

from controllers.deployment.arithmetic import DESIRED_REPLICAS, MAX_REPLICAS, desired, max_surge, replicas
from controllers.hashing import template_hash
from controllers.ownership import controller_reference
from kube.api.apps_v1 import Deployment, ReplicaSet, ReplicaSetSpec
from kube.api.core_v1 import PodTemplateSpec
from kube.apimachinery.meta_v1 import LabelSelector, ObjectMeta

HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
MAX_HISTORY_CHARACTERS = 2000
_NOT_COPIED = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        REVISION,
        REVISION_HISTORY,
        DESIRED_REPLICAS,
        MAX_REPLICAS,
        "deprecated.deployment.rollback.to",
    }
)


def same_template(one: PodTemplateSpec, other: PodTemplateSpec) -> bool:
    """Equal but for the hash label."""
    return _without_hash(one).to_json() == _without_hash(other).to_json()


def _without_hash(template: PodTemplateSpec) -> PodTemplateSpec:
    if HASH_LABEL not in template.metadata.labels:
        return template
    labels = {k: v for k, v in sorted(template.metadata.labels.items()) if k != HASH_LABEL}
    return template.model_copy(update={"metadata": template.metadata.model_copy(update={"labels": labels})})


def find_new(d: Deployment, sets: Sequence[ReplicaSet]) -> ReplicaSet | None:
    """The ReplicaSet of the Deployment's template; of several, the oldest, so that all who look agree."""
    wanted = _sorted_labels(d.spec.template).to_json()
    for rs in sorted(sets, key=lambda rs: (rs.metadata.creationTimestamp or "", rs.metadata.name)):
        if _sorted_labels(_without_hash(rs.spec.template)).to_json() == wanted:
            return rs
    return None


def _sorted_labels(template: PodTemplateSpec) -> PodTemplateSpec:
    """Maps compare without order in Go; our JSON keeps it."""
    meta = template.metadata
    ordered = meta.model_copy(
        update={"labels": dict(sorted(meta.labels.items())), "annotations": dict(sorted(meta.annotations.items()))}
    )
    return template.model_copy(update={"metadata": ordered})


def revision_of(obj: Deployment | ReplicaSet) -> int:
    try:
        return int(obj.metadata.annotations.get(REVISION, "0"))
    except ValueError:
        return 0


def next_revision(old: Sequence[ReplicaSet]) -> int:
    return max((revision_of(rs) for rs in old), default=0) + 1


def new_replica_set(d: Deployment, old: Sequence[ReplicaSet]) -> ReplicaSet:
    """The ReplicaSet for the Deployment's template, with no replicas yet."""
    hash_ = template_hash(_sorted_labels(d.spec.template), d.status.collisionCount)
    template = d.spec.template.deep_copy()
    template.metadata.labels = {**template.metadata.labels, HASH_LABEL: hash_}
    selector = d.spec.selector.deep_copy() if d.spec.selector else LabelSelector()
    selector.matchLabels = {**selector.matchLabels, HASH_LABEL: hash_}
    rs = ReplicaSet(
        kind="ReplicaSet",
        apiVersion="apps/v1",
        metadata=ObjectMeta(
            name=f"{d.metadata.name}-{hash_}",
            namespace=d.metadata.namespace,
            labels=dict(template.metadata.labels),
            ownerReferences=[controller_reference(d)],
        ),
        spec=ReplicaSetSpec(replicas=0, minReadySeconds=d.spec.minReadySeconds, selector=selector, template=template),
    )
    rs.metadata.annotations = annotations_for(d, rs, next_revision(old), exists=False)
    return rs


def annotations_for(d: Deployment, rs: ReplicaSet, revision: int, *, exists: bool) -> dict[str, str]:
    """What the annotations of the new ReplicaSet should be: the Deployment's own, the revision, its history."""
    notes = dict(rs.metadata.annotations)
    notes.update({k: v for k, v in d.metadata.annotations.items() if k not in _NOT_COPIED})
    before = revision_of(rs)
    if before < revision:
        notes[REVISION] = str(revision)
        if before:
            notes[REVISION_HISTORY] = _history(notes.get(REVISION_HISTORY, ""), before)
    if not exists:
        notes.update(size_annotations(d))
    return notes


def size_annotations(d: Deployment) -> dict[str, str]:
    """What the ReplicaSet remembers of the Deployment's size, for proportional scaling."""
    return {DESIRED_REPLICAS: str(desired(d)), MAX_REPLICAS: str(desired(d) + max_surge(d))}


def _history(history: str, revision: int) -> str:
    """A comma-separated list; when it grows too long the oldest go."""
    entries = [e for e in history.split(",") if e] + [str(revision)]
    while len(",".join(entries)) > MAX_HISTORY_CHARACTERS:
        entries.pop(0)
    return ",".join(entries)


def to_clean_up(d: Deployment, old: Sequence[ReplicaSet]) -> list[ReplicaSet]:
    """The old ReplicaSets beyond `revisionHistoryLimit` that are empty, the lowest revisions first."""
    limit = d.spec.revisionHistoryLimit
    if limit is None or limit == 2**31 - 1:
        return []
    alive = sorted((rs for rs in old if rs.metadata.deletionTimestamp is None), key=revision_of)
    surplus = alive[: max(0, len(alive) - limit)]
    return [rs for rs in surplus if _is_empty(rs)]


def _is_empty(rs: ReplicaSet) -> bool:
    seen = rs.metadata.generation <= rs.status.observedGeneration
    return seen and rs.status.replicas == 0 and replicas(rs) == 0
