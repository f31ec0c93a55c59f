"""Eviction: a delete of a Pod that a PodDisruptionBudget may refuse. What `kubectl drain` does.

Called by the router for `pods/NAME/eviction`. It calls the stores of Pods and PodDisruptionBudgets.
Source: kubernetes pkg/registry/core/pod/storage/eviction.go, KEP-85.

| the pod | its budgets | answer |
|---|---|---|
| finished, pending, or going | any | deleted |
| any | none | deleted |
| not ready, and the budget does not protect such pods | one | deleted |
| ready | one, with disruptions left | counted, then deleted |
| ready | one, with none left | 429, no Retry-After |
| any other | two | 500 |
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.decoding import check_namespace
from apiserver.endpoints.options import check_delete_options, write_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response, success
from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Stages, Store
from kube.api.core_v1 import Pod, PodCondition
from kube.api.policy_v1 import Eviction, PodDisruptionBudget
from kube.apimachinery.codec import decode
from kube.apimachinery.errors import BadRequest, TooManyRequests, UnknownServerError
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import Condition, DeleteOptions, StatusCause, StatusDetails
from kube.apimachinery.scheme import Resource
from kube.apimachinery.times import format_time

_EVICTION = Resource("policy", "v1", "Eviction", "evictions", Eviction)
_TWO = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
_NO_STAGES: Stages[Any] = Stages(lambda obj, old, ctx: None, lambda obj, old: [])


async def create(endpoint: Endpoint, request: Request) -> Response:
    """201 with a Status."""
    options = write_options("CreateOptions", request.query, request.raw_query)
    decoded = decode(
        await request.body(), request.content_type, _EVICTION, options.field_validation,  # type: ignore[arg-type]
        also_accept=("policy/v1beta1",),
    )  # fmt: skip
    eviction: Eviction = decoded.object
    info, pods = request.info, endpoint.store
    check_namespace(endpoint, eviction, info.namespace)
    if eviction.metadata.name != info.name:
        raise BadRequest("name in URL does not match name in Eviction object")
    delete = eviction.deleteOptions or DeleteOptions()
    check_delete_options(delete)
    write = Write(user=request.user, dry_run=options.dry_run or bool(delete.dryRun), manager=request.manager)
    pod = await pods.get_object(info.namespace, info.name)
    if not _needs_no_budget(pod):
        budgets = endpoint.services["stores"]["poddisruptionbudgets"]
        await _ask_budgets(budgets, pod, write)
        await _mark_disrupted(pods, pod, write)
    await pods.delete(info.namespace, info.name, delete, write)
    return Response(success(code=201), 201)


def _needs_no_budget(pod: Pod) -> bool:
    return pod.status.phase in ("Succeeded", "Failed", "Pending") or pod.metadata.deletionTimestamp is not None


def _is_ready(pod: Pod) -> bool:
    return any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions)


async def _ask_budgets(budgets: Store[Any], pod: Pod, write: Write) -> None:
    """Raises TooManyRequests, UnknownServerError."""
    page = await budgets.list(pod.metadata.namespace)
    found = [b for stored in page.items if _covers(b := budgets.decode(stored), pod)]
    if len(found) > 1:
        raise UnknownServerError(_TWO)
    if not found or (not _is_ready(pod) and _leaves_unready_alone(found[0])):
        return
    now = format_time(budgets.clock.now())

    async def make(budget: Any) -> Any:
        _count(budget, pod, now)
        return budget

    own = Write(user=write.user, dry_run=write.dry_run, manager=write.manager, subresource="status")
    await budgets.update(pod.metadata.namespace, found[0].metadata.name, make, own, _NO_STAGES)


def _covers(budget: PodDisruptionBudget, pod: Pod) -> bool:
    selector = budget.spec.selector
    return selector is not None and from_label_selector(selector).matches(pod.metadata.labels)


def _leaves_unready_alone(budget: PodDisruptionBudget) -> bool:
    policy, status = budget.spec.unhealthyPodEvictionPolicy, budget.status
    if policy == "AlwaysAllow":
        return True
    return status.currentHealthy >= status.desiredHealthy and status.desiredHealthy > 0


def _count(budget: PodDisruptionBudget, pod: Pod, now: str) -> None:
    status, name = budget.status, budget.metadata.name
    if status.observedGeneration < budget.metadata.generation:
        raise _refusal(f"The disruption budget {name} is still being processed by the server.", retry_after=10)
    if status.disruptionsAllowed <= 0:
        raise _refusal(
            f"The disruption budget {name} needs {status.desiredHealthy} healthy pods and has "
            f"{status.currentHealthy} currently"
        )
    status.disruptionsAllowed -= 1
    status.disruptedPods = {**status.disruptedPods, pod.metadata.name: now}
    if not status.disruptionsAllowed:
        _set_not_allowed(budget, now)


def _set_not_allowed(budget: PodDisruptionBudget, now: str) -> None:
    conditions = [c for c in budget.status.conditions if c.type != "DisruptionAllowed"]
    condition = Condition(
        type="DisruptionAllowed", status="False", reason="InsufficientPods", lastTransitionTime=now,
        observedGeneration=budget.status.observedGeneration,
    )  # fmt: skip
    budget.status.conditions = [*conditions, condition]


def _refusal(why: str, retry_after: int = 0) -> TooManyRequests:
    details = StatusDetails(causes=[StatusCause(reason="DisruptionBudget", message=why)])
    text = "Cannot evict pod as it would violate the pod's disruption budget."
    return TooManyRequests(text, details, retry_after=retry_after)


async def _mark_disrupted(pods: Store[Any], pod: Pod, write: Write) -> None:
    """Says at the pod why it goes."""
    now = format_time(pods.clock.now())

    async def make(current: Any) -> Any:
        conditions = [c for c in current.status.conditions if c.type != "DisruptionTarget"]
        condition = PodCondition(
            type="DisruptionTarget", status="True", reason="EvictionByEvictionAPI", message="Eviction API: evicting",
            lastTransitionTime=now,
        )  # fmt: skip
        current.status.conditions = [*conditions, condition]
        return current

    own = Write(user=write.user, dry_run=write.dry_run, manager=write.manager, subresource="status")
    await pods.update(pod.metadata.namespace, pod.metadata.name, make, own, _NO_STAGES)
