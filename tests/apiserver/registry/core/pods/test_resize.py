# ruff: noqa: E501 (tables read better unbroken)
"""What `pods/resize` changes, and what it refuses with which words."""

from __future__ import annotations

import pytest
import yaml

from kube.api.core_v1 import Pod
from tests.apiserver.registry.core.pods.test_strategy import changed, made, through

SPEC = """
initContainers:
- {name: i, image: i, resources: {requests: {cpu: 100m}}}
- {name: side, image: i, restartPolicy: Always, resources: {requests: {cpu: 100m}}}
containers:
- {name: a, image: i, resources: {requests: {cpu: 100m, memory: 1Mi}, limits: {memory: 2Mi}}}
- {name: b, image: i, resizePolicy: [{resourceName: cpu, restartPolicy: RestartContainer}]}
"""
WANTED = yaml.safe_load("""
- [cpu of a container, [containers, 0, {resources: {requests: {cpu: 200m, memory: 1Mi}, limits: {memory: 2Mi}}}], []]
- [a lower memory limit, [containers, 0, {resources: {requests: {cpu: 100m, memory: 1Mi}, limits: {memory: 1Mi}}}], []]
- [a first request, [containers, 1, {resources: {requests: {cpu: 10m}}}], []]
- [an init container, [initContainers, 0, {resources: {requests: {cpu: 200m}}}], []]
- [a sidecar, [initContainers, 1, {resources: {requests: {cpu: 200m}}}], []]
- [an image is left as it is, [containers, 0, {image: other}], []]
- [more than the limit, [containers, 0, {resources: {requests: {cpu: 100m, memory: 3Mi}, limits: {memory: 2Mi}}}], ['spec.containers[0].resources.requests: Invalid value: "3Mi": must be less than or equal to memory limit of 2Mi']]
- [no request any more, [containers, 0, {resources: {limits: {memory: 2Mi}}}], ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"]]
- [no limit any more, [containers, 0, {resources: {requests: {cpu: 100m, memory: 1Mi}}}], ["spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"]]
- [another resource, [containers, 0, {resources: {requests: {cpu: 100m, memory: 1Mi, ephemeral-storage: 1Gi}, limits: {memory: 2Mi}}}], ["spec: Forbidden: only cpu and memory resources are mutable"]]
- [another resize policy, [containers, 0, {resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]}], ["spec: Forbidden: only cpu and memory resources are mutable"]]
- [another resource of a sidecar, [initContainers, 1, {resources: {requests: {cpu: 100m, ephemeral-storage: 1Gi}}}], ["spec.initContainers[1]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable"]]
- [another name, [containers, 1, {name: c}], ["spec.containers[1].name: Forbidden: containers may not be renamed or reordered on resize"]]
- [an init container renamed, [initContainers, 0, {name: c}], ["spec.initContainers[0].name: Forbidden: initContainers may not be renamed or reordered on resize"]]
- [for the whole pod, [{resources: {requests: {cpu: "1"}}}], []]
- [for the whole pod another resource, [{resources: {requests: {cpu: "1", hugepages-2Mi: 2Mi}, limits: {hugepages-2Mi: 2Mi}}}], ["spec: Forbidden: only cpu and memory resources are mutable at pod-level"]]
""")


def resized(old: Pod, at: list) -> tuple[Pod, list[str]]:
    *path, change = at
    spec = old.to_dict()["spec"]
    place = spec
    for step in path:
        place = place[step]
    place |= change
    return through("resize", changed(old, spec), old)


@pytest.mark.parametrize(("at", "wanted"), [c[1:] for c in WANTED], ids=[c[0] for c in WANTED])
def test_what_is_resized_and_what_is_refused(at, wanted):
    old = made(SPEC)
    obj, wrong = resized(old, at)
    assert wrong == wanted
    assert obj.spec.containers[0].image == "i"
    if not wrong:
        assert obj.metadata.generation == old.metadata.generation + (obj.spec != old.spec)


def test_containers_are_neither_added_nor_moved():
    old = made(SPEC)
    one, two = old.to_dict()["spec"]["containers"]
    assert through("resize", changed(old, {"containers": [two, one]}), old)[1] == [
        f"spec.containers[{index}].name: Forbidden: containers may not be renamed or reordered on resize"
        for index in (0, 1)
    ]
    assert through("resize", changed(old, {"containers": [one]}), old)[1] == [
        "spec.containers: Forbidden: containers may not be added or removed on resize"
    ]


CLASSES = """
- [{}, {requests: {cpu: "1"}}, 'spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing']
- [{limits: {cpu: "1", memory: 1Mi}}, {requests: {cpu: 500m, memory: 1Mi}, limits: {cpu: "1", memory: 1Mi}}, 'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing']
"""


@pytest.mark.parametrize(("before", "after", "wanted"), yaml.safe_load(CLASSES))
def test_the_quality_of_service_stays(before, after, wanted):
    old = made({"containers": [{"name": "c", "image": "i", "resources": before}]})
    assert resized(old, ["containers", 0, {"resources": after}])[1] == [wanted]


def test_an_init_container_that_would_restart_is_not_resized():
    policy = [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]
    init = {"name": "i", "image": "i", "resizePolicy": policy, "resources": {"requests": {"cpu": "1"}}}
    old = made({"initContainers": [init]})
    assert resized(old, ["initContainers", 0, {"resources": {"requests": {"cpu": "2"}}}])[1] == [
        "spec.initContainers[0]: Forbidden: non-sidecar init containers with a resize policy of RestartContainer "
        "cannot be resized"
    ]


def test_resources_of_the_whole_pod_are_not_taken_away():
    old = made(SPEC + "resources: {requests: {cpu: '1', memory: 1Gi}}")
    gone = changed(old, {"resources": None})
    assert "spec.resources: Forbidden: pod-level resources cannot be removed" in through("resize", gone, old)[1]
    less = changed(old, {"resources": {"requests": {"cpu": "1"}}})
    assert through("resize", less, old)[1] == [
        "spec.resources.requests: Forbidden: pod-level resource requests cannot be removed"
    ]


BEFORE = """
- [{annotations: {kubernetes.io/config.mirror: x}}, {}, {}, "[]: Forbidden: static pods cannot be resized"]
- [{}, {os: {name: windows}}, {}, "[]: Forbidden: windows pods cannot be resized"]
- [{}, {}, {containerStatuses: [{name: a, state: {running: {}}}]}, "spec: Forbidden: Pod running on node without support for resize"]
- [{}, {}, {containerStatuses: [{name: a, state: {running: {}}, resources: {}}]}, null]
- [{}, {}, {nodeAllocatableResourceClaimStatuses: [{resourceClaimName: x, resources: {}}]}, "spec: Forbidden: pods with node allocatable resource claims cannot be resized"]
"""


@pytest.mark.parametrize(("meta", "spec", "status", "wanted"), yaml.safe_load(BEFORE))
def test_pods_that_are_not_resized(meta, spec, status, wanted):
    old = made(SPEC)
    for key, value in meta.items():
        setattr(old.metadata, key, value)
    old.spec = Pod.from_dict({"spec": {**old.to_dict()["spec"], **spec}}).spec
    old.status = Pod.from_dict({"status": {"qosClass": "Burstable", **status}}).status
    wrong = resized(old, ["containers", 0, "resources", "requests", {"cpu": "200m"}])[1]
    assert wrong == ([wanted] if wanted else [])
