"""The arithmetic of a PodDisruptionBudget.

Called by `controllers.disruption.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/disruption;
kubernetes.io/docs/tasks/run-application/configure-pdb/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from controllers.pods import is_ready, is_terminal
from kube.api.core_v1 import Pod
from kube.api.policy_v1 import PodDisruptionBudget, PodDisruptionBudgetStatus
from kube.apimachinery import times
from kube.apimachinery.intstr import scaled_value
from kube.apimachinery.meta_v1 import Condition, LabelSelector

DELETION_TIMEOUT = timedelta(minutes=2)
"""An eviction that was granted and did not begin within this time is given back."""


def expected_and_desired(pdb: PodDisruptionBudget, pods: int, scale: int) -> tuple[int, int]:
    """(how many pods there should be, how many must stay healthy). `scale`: the sum of the controllers' replicas.

    | the budget | expected | desired healthy |
    |---|---|---|
    | maxUnavailable: n or % | the scale | expected - n, the percentage rounded up |
    | minAvailable: % | the scale | the percentage, rounded up |
    | minAvailable: n | the pods that exist | n |
    | neither | 0 | 0 |
    """
    if pdb.spec.maxUnavailable is not None:
        return scale, max(0, scale - scaled_value(pdb.spec.maxUnavailable, scale, round_up=True))
    if isinstance(pdb.spec.minAvailable, str):
        return scale, scaled_value(pdb.spec.minAvailable, scale, round_up=True)
    return (0, 0) if pdb.spec.minAvailable is None else (pods, pdb.spec.minAvailable)


def needs_scale(pdb: PodDisruptionBudget) -> bool:
    return pdb.spec.maxUnavailable is not None or isinstance(pdb.spec.minAvailable, str)


def still_disrupted(
    disrupted: Mapping[str, str | None], pods: Sequence[Pod], now: datetime
) -> tuple[dict[str, str], float | None]:
    """The granted evictions that still count, and seconds until the first of them is given back."""
    by_name = {p.metadata.name: p for p in pods}
    kept, waits = {}, []
    for name, stamp in disrupted.items():
        pod = by_name.get(name)
        if pod is None or pod.metadata.deletionTimestamp is not None or not stamp:
            continue
        ends = times.parse_time(stamp) + DELETION_TIMEOUT
        if ends > now:
            kept[name] = stamp
            waits.append((ends - now).total_seconds())
    return kept, min(waits, default=None)


def healthy(pods: Sequence[Pod], disrupted: Mapping[str, str]) -> int:
    return sum(is_ready(p) and p.metadata.deletionTimestamp is None and p.metadata.name not in disrupted for p in pods)


def status_of(
    pdb: PodDisruptionBudget, pods: Sequence[Pod], scale: int, disrupted: dict[str, str], now: datetime
) -> PodDisruptionBudgetStatus:
    """`pods`: those that the budget selects and that have not ended."""
    expected, desired = expected_and_desired(pdb, len(pods), scale)
    current = healthy(pods, disrupted)
    allowed = max(0, current - desired) if expected > 0 else 0
    return PodDisruptionBudgetStatus(
        observedGeneration=pdb.metadata.generation,
        disruptedPods=disrupted,
        disruptionsAllowed=allowed,
        currentHealthy=current,
        desiredHealthy=desired,
        expectedPods=expected,
        conditions=_condition(pdb, "SufficientPods" if allowed else "InsufficientPods", "", now),
    )


def failed_status(pdb: PodDisruptionBudget, message: str, now: datetime) -> PodDisruptionBudgetStatus:
    """Nothing may be disrupted while we cannot tell how much."""
    conditions = _condition(pdb, "SyncFailed", message, now)
    return pdb.status.model_copy(update={"disruptionsAllowed": 0, "conditions": conditions})


def _condition(pdb: PodDisruptionBudget, reason: str, message: str, now: datetime) -> list[Condition]:
    status = "True" if reason == "SufficientPods" else "False"
    old = next((c for c in pdb.status.conditions if c.type == "DisruptionAllowed"), None)
    since = old.lastTransitionTime if old is not None and old.status == status else times.format_time(now)
    new = Condition(
        type="DisruptionAllowed",
        status=status,
        reason=reason,
        message=message,
        observedGeneration=pdb.metadata.generation,
        lastTransitionTime=since,
    )
    return [c for c in pdb.status.conditions if c.type != "DisruptionAllowed"] + [new]


def counts(pod: Pod) -> bool:
    return not is_terminal(pod)


def unmanaged_text(pdb: PodDisruptionBudget) -> str:
    """What is said when nobody controls some of the pods, and the budget is about a scale."""
    selector = pdb.spec.selector or LabelSelector()
    labels = "".join(f"{key}: {value}," for key, value in sorted(selector.matchLabels.items()))
    wants = "".join(f"{{{e.key} {e.operator} [{' '.join(e.values)}]}}" for e in selector.matchExpressions)
    shown = f"MatchLabels:map[string]string{{{labels}}},MatchExpressions:[]LabelSelectorRequirement{{{wants}}},"
    return (
        f"Pods selected by this PodDisruptionBudget (selector: &LabelSelector{{{shown}}}) were found to be unmanaged. "
        "As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. "
        'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.'
    )
