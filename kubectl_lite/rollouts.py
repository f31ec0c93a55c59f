"""How far a rollout is, and what went before. Pure.

Called by `kubectl_lite rollout`. Source: k8s.io/kubectl/pkg/polymorphichelpers (rollout_status.go, history.go).
"""

from __future__ import annotations

from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.tabwriter import align

Json = dict[str, Any]
REVISION = "deployment.kubernetes.io/revision"
CAUSE = "kubernetes.io/change-cause"
HASH = "pod-template-hash"
BOOKKEEPING = {
    "kubectl.kubernetes.io/last-applied-configuration", REVISION, "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
}  # fmt: skip
"""Annotations that stay the Deployment's own when it goes back."""


def status(obj: Json, revision: int = 0) -> tuple[str, bool]:
    """What to say, and whether it is done. Raises CommandError when it cannot come to an end."""
    kinds = {"Deployment": _deployment, "DaemonSet": _daemon_set, "StatefulSet": _stateful_set}
    if obj["kind"] not in kinds:
        raise CommandError(f'no status viewer has been implemented for {obj["kind"]}')
    return kinds[obj["kind"]](obj, revision)


def _observed(obj: Json) -> bool:
    return (obj.get("status") or {}).get("observedGeneration", 0) >= obj["metadata"].get("generation", 0)


def _deployment(d: Json, revision: int) -> tuple[str, bool]:
    name, have = d["metadata"]["name"], d.get("status") or {}
    now = int((d["metadata"].get("annotations") or {}).get(REVISION, 0))
    if revision and revision != now:
        raise CommandError(f"desired revision ({revision}) is different from the running revision ({now})")
    if not _observed(d):
        return "Waiting for deployment spec update to be observed...", False
    if any(c.get("reason") == "ProgressDeadlineExceeded" for c in have.get("conditions") or ()):
        raise CommandError(f'deployment "{name}" exceeded its progress deadline')
    want, total = d["spec"].get("replicas", 1), have.get("replicas", 0)
    updated, available = have.get("updatedReplicas", 0), have.get("availableReplicas", 0)
    waiting = f'Waiting for deployment "{name}" rollout to finish: '
    if updated < want:
        return f"{waiting}{updated} out of {want} new replicas have been updated...", False
    if total > updated:
        return f"{waiting}{total - updated} old replicas are pending termination...", False
    if available < updated:
        return f"{waiting}{available} of {updated} updated replicas are available...", False
    return f'deployment "{name}" successfully rolled out', True


def _daemon_set(d: Json, revision: int) -> tuple[str, bool]:
    name, have = d["metadata"]["name"], d.get("status") or {}
    if d["spec"].get("updateStrategy", {}).get("type") != "RollingUpdate":
        raise CommandError("rollout status is only available for RollingUpdate strategy type")
    if not _observed(d):
        return "Waiting for daemon set spec update to be observed...", False
    updated, want = have.get("updatedNumberScheduled", 0), have.get("desiredNumberScheduled", 0)
    available, waiting = have.get("numberAvailable", 0), f'Waiting for daemon set "{name}" rollout to finish: '
    if updated < want:
        return f"{waiting}{updated} out of {want} new pods have been updated...", False
    if available < want:
        return f"{waiting}{available} of {want} updated pods are available...", False
    return f'daemon set "{name}" successfully rolled out', True


def _stateful_set(s: Json, revision: int) -> tuple[str, bool]:
    have, want = s.get("status") or {}, s["spec"].get("replicas", 1)
    strategy = s["spec"].get("updateStrategy", {})
    if strategy.get("type") != "RollingUpdate":
        raise CommandError("rollout status is only available for RollingUpdate strategy type")
    if not have.get("observedGeneration") or not _observed(s):
        return "Waiting for statefulset spec update to be observed...", False
    ready, updated = have.get("readyReplicas", 0), have.get("updatedReplicas", 0)
    if ready < want:
        return f"Waiting for {want - ready} pods to be ready...", False
    if "rollingUpdate" in strategy:
        wanted = want - strategy["rollingUpdate"].get("partition", 0)
        if updated < wanted:
            done = f"{updated} out of {wanted} new pods have been updated..."
            return f"Waiting for partitioned roll out to finish: {done}", False
        return f"partitioned roll out complete: {updated} new pods have been updated...", True
    if have.get("updateRevision") != have.get("currentRevision"):
        new = have.get("updateRevision")
        return f"waiting for statefulset rolling update to complete {updated} pods at revision {new}...", False
    return f"statefulset rolling update complete {have.get('currentReplicas', 0)} pods at revision " \
           f"{have.get('currentRevision')}...", True  # fmt: skip


def by_revision(deployment: Json, replica_sets: list[Json]) -> dict[int, Json]:
    """The Deployment's own ReplicaSets, oldest revision first."""
    uid = deployment["metadata"]["uid"]
    found = {}
    for r in replica_sets:
        meta = r["metadata"]
        if any(o["uid"] == uid for o in meta.get("ownerReferences") or ()):
            found[int((meta.get("annotations") or {}).get(REVISION, 0))] = r
    return dict(sorted(found.items()))


def of_controller(obj: Json, revisions: list[Json]) -> dict[int, Json]:
    """A DaemonSet's or StatefulSet's own ControllerRevisions, oldest first."""
    uid = obj["metadata"]["uid"]
    owned = [r for r in revisions if any(o["uid"] == uid for o in r["metadata"].get("ownerReferences") or ())]
    return {r["revision"]: r for r in sorted(owned, key=lambda r: r["revision"])}


def as_of(obj: Json, kept: Json) -> Json:
    """What shows a revision: the ReplicaSet of a Deployment, otherwise the object as it was then."""
    if obj["kind"] == "Deployment":
        return {"apiVersion": "apps/v1", "kind": "ReplicaSet"} | kept
    template = {key: value for key, value in kept["data"]["spec"]["template"].items() if key != "$patch"}
    return obj | {"spec": obj["spec"] | {"template": template}}


def patch_back(found: dict[int, Json], revision: int) -> Json:
    """What leads back to a revision (0: the one before). Raises CommandError."""
    numbers = list(found)
    if revision and revision not in found:
        raise CommandError(f"unable to find specified revision {revision} in history")
    if not revision and len(numbers) < 2:
        raise CommandError("no last revision to roll back to")
    return found[revision or numbers[-2]]["data"]


def table(found: dict[int, Json]) -> str:
    """Each revision with its change cause."""
    if not found:
        return "No rollout history found."
    rows = [f"{n}\t{(r['metadata'].get('annotations') or {}).get(CAUSE) or '<none>'}" for n, r in found.items()]
    return align("\n".join(["REVISION\tCHANGE-CAUSE", *rows]) + "\n")


def details(kept: Json, *, with_cause: bool = False) -> str:
    """The pod template that a ReplicaSet or ControllerRevision keeps, in describe's words, its tabs as they are.

    With `with_cause` it is told why it came to be, if somebody noted that."""
    from kubectl_lite.describers.common import Text
    from kubectl_lite.describers.pods import template

    pods = (kept.get("data") or kept)["spec"]["template"]
    if with_cause and (cause := (kept["metadata"].get("annotations") or {}).get(CAUSE)):
        annotations = (pods["metadata"].get("annotations") or {}) | {CAUSE: cause}
        pods = pods | {"metadata": pods["metadata"] | {"annotations": annotations}}
    out = Text()
    template(out, pods)
    return "\n".join(out.lines) + "\n"


def annotations_of(deployment: Json, replica_set: Json) -> Json:
    """The annotations of a Deployment that goes back to a ReplicaSet: that one's, but for the bookkeeping."""
    own = deployment["metadata"].get("annotations") or {}
    then = replica_set["metadata"].get("annotations") or {}
    return {k: v for k, v in own.items() if k in BOOKKEEPING} | {k: v for k, v in then.items() if k not in BOOKKEEPING}


def revision_before(found: dict[int, Json], revision: int) -> Json:
    """What keeps the revision, or for 0 the one before the last, both known to be there."""
    return found[revision or list(found)[-2]]


def template_of(found: dict[int, Json], revision: int, name: str) -> Json:
    """The pod template to go back to, without the hash that its ReplicaSet gave it. Raises CommandError."""
    numbers = list(found)
    if revision:
        if revision not in found:
            raise CommandError(f"unable to find specified revision {revision} in history")
    elif len(numbers) < 2:
        raise CommandError(f'no rollout history found for deployment "{name}"')
    template = found[revision or numbers[-2]]["spec"]["template"]
    labels = {k: v for k, v in (template["metadata"].get("labels") or {}).items() if k != HASH}
    return template | {"metadata": template["metadata"] | {"labels": labels}}
