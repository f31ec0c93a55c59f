"""Resources that containers were given, and resizes: what the status says of both."""

from __future__ import annotations

import pytest

from kube.api.core_v1 import Pod, PodCondition, PodStatus, ResourceRequirements
from kubelet.pods.allocation import PENDING, resize_event
from kubelet.pods.status import Facts, make_status
from kubelet.runtime.interface import PodRecord
from tests.kubelet.test_lifecycle import pod, record


def resized(cpu: str, generation: int = 1) -> Pod:
    made = pod()
    made.metadata.generation = generation
    made.spec.containers[0].resources = ResourceRequirements(requests={"cpu": cpu})
    return made


def status(
    made: Pod, before: PodStatus | None = None, known: PodRecord | None = None, ending: bool = False
) -> PodStatus:
    probes = {"ready": {"a": True}, "started": {"a": True}}
    facts = Facts(known or record(a="run"), 1_000.0, ["192.168.77.11"], previous=before, ending=ending, **probes)
    return make_status(made, facts)


def pending(status: PodStatus) -> PodCondition | None:
    return next((c for c in status.conditions if c.type == PENDING), None)


def test_what_a_container_was_given_is_reported() -> None:
    one = status(resized("100m")).containerStatuses[0]
    assert one.resources.to_dict() == {"requests": {"cpu": "100m"}}
    assert one.allocatedResources == {"cpu": "100m"}
    without = status(pod()).containerStatuses[0]
    assert without.to_dict()["resources"] == {}, "says that the node knows of resizes"


def test_a_resize_is_infeasible_and_leaves_what_was_given() -> None:
    first = status(resized("100m"))
    assert pending(first) is None
    then = status(resized("200m", 2), first)
    said = pending(then)
    assert (said.status, said.reason, said.observedGeneration) == ("True", "Infeasible", 2)
    assert said.message == "In-place pod resize is not supported on this node"
    assert then.containerStatuses[0].resources.requests == {"cpu": "100m"}
    again = status(resized("200m", 2), then, record(a="run 0 x1"))
    assert again.containerStatuses[0].resources.requests == {"cpu": "100m"}, "a restart changes nothing"
    assert pending(status(resized("100m", 3), again)) is None, "taken back"


def test_a_kubelet_that_was_restarted_knows_it_from_the_api() -> None:
    asked = resized("200m", 2)
    asked.status = status(resized("100m"))
    assert pending(status(asked)).reason == "Infeasible"


@pytest.mark.parametrize("known", [record(), record(a="exit 0")])
def test_a_resize_before_the_start_or_after_the_end_is_nothing(known: PodRecord) -> None:
    before = status(resized("100m"), known=known, ending=bool(known.containers))
    after = status(resized("200m", 2), before, known, ending=bool(known.containers))
    assert pending(after) is None


def test_a_refusal_is_told_once() -> None:
    first = status(resized("100m"))
    asked = resized("200m", 2)
    then = status(asked, first)
    assert resize_event(asked, then, first.conditions) == (
        'Pod resize Infeasible: {"containers":[{"name":"a","resources":{"requests":{"cpu":"200m"}}}],'
        '"generation":2,"error":"In-place pod resize is not supported on this node"}'
    )
    assert resize_event(asked, then, then.conditions) == ""
    assert resize_event(resized("100m"), first, []) == ""
