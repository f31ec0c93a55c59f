"""A Pod's status: what it starts with, and what may be reported.

Called by the Pod strategy. It calls the rules for names and addresses. Source: kubernetes pkg/apis/core/validation,
ValidatePodStatusUpdate; pkg/apis/core/v1/conversion.go for the two spellings of addresses.
"""

from __future__ import annotations

from apiserver.registry.core.pods.internal import Internal
from apiserver.registry.core.pods.updates import validate_annotation_update
from apiserver.registry.validation.addresses import family_of, validate_ip
from apiserver.registry.validation.names import validate_node_name, validate_qualified_name
from kube.api.core_v1 import ContainerStatus, HostIP, Pod, PodCondition, PodIP, PodSpec, PodStatus
from kube.apimachinery.errors import FieldError, Path, duplicate, forbidden, invalid_value
from kube.apimachinery.validation import validate_immutable

STATUS = Path("status")
_OWN_CONDITIONS = frozenset({"PodScheduled", "Ready", "Initialized", "ContainersReady"})
GATED = "Scheduling is blocked due to non-empty scheduling gates"


def first_status(pod: Pod, qos: str) -> PodStatus:
    """Pending; a Pod with scheduling gates says why it will not be scheduled."""
    status = PodStatus(phase="Pending", qosClass=qos)
    if pod.spec.schedulingGates:
        status.conditions.append(
            PodCondition(
                type="PodScheduled",
                status="False",
                reason="SchedulingGated",
                message=GATED,
                lastTransitionTime=pod.metadata.creationTimestamp,
            )
        )
    return status


def default_pod_ips(status: PodStatus) -> None:
    """`podIP` is the first of `podIPs`; who sends one means both."""
    if status.podIP and (not status.podIPs or status.podIPs[0].ip != status.podIP):
        status.podIPs = [PodIP(ip=status.podIP)]
    elif status.podIPs:
        status.podIP = status.podIPs[0].ip


def validate_status_update(pod: Pod, old: Pod) -> list[FieldError]:
    status, before = pod.status, old.status
    found = validate_annotation_update(pod.metadata, old.metadata)
    found += _validate_conditions(status.conditions, STATUS["conditions"])
    if status.nominatedNodeName and status.nominatedNodeName != before.nominatedNodeName:
        found += validate_node_name(status.nominatedNodeName, STATUS["nominatedNodeName"])
    found += validate_immutable(status.qosClass, before.qosClass, STATUS["qosClass"])
    for name, policies in _restart_policies(old.spec).items():
        found += _validate_ended(getattr(status, name), getattr(before, name), policies, STATUS[name])
    found += _validate_ips(status.podIPs, before.podIPs, STATUS["podIPs"])
    if status.hostIPs and status.hostIP != status.hostIPs[0].ip:
        at = STATUS["hostIPs"][0]["ip"]
        found.append(invalid_value(at, status.hostIPs[0].ip, "must be equal to `hostIP`"))
    return found + _validate_ips(status.hostIPs, before.hostIPs, STATUS["hostIPs"])


def _validate_conditions(conditions: list[PodCondition], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, condition in enumerate(conditions):
        if condition.type not in _OWN_CONDITIONS:
            found += validate_qualified_name(condition.type, path[index]["Type"])
    return found


def _restart_policies(spec: PodSpec) -> dict[str, dict[str, str]]:
    """For each list of statuses: container name -> what happens when it ends. Ephemeral ones are never restarted."""
    return {
        "containerStatuses": {c.name: c.restartPolicy or spec.restartPolicy for c in spec.containers},
        "initContainerStatuses": {c.name: c.restartPolicy or spec.restartPolicy for c in spec.initContainers},
        "ephemeralContainerStatuses": {c.name: "Never" for c in spec.ephemeralContainers},
    }


def _validate_ended(
    new: list[ContainerStatus], old: list[ContainerStatus], policies: dict[str, str], path: Path
) -> list[FieldError]:
    """A container that ended for good stays ended."""
    found = []
    for index, before in enumerate(old):
        ended, policy = before.state.terminated, policies.get(before.name, "Never")
        if ended is None or policy == "Always" or (ended.exitCode and policy == "OnFailure"):
            continue
        if any(status.name == before.name and status.state.terminated is None for status in new):
            found.append(forbidden(path[index]["state"], "may not be transitioned to non-terminated state"))
    return found


def _validate_ips(ips: list[PodIP] | list[HostIP], old: list[PodIP] | list[HostIP], path: Path) -> list[FieldError]:
    """One address a family."""
    known = {address.ip for address in old}
    found = [error for index, one in enumerate(ips) for error in validate_ip(one.ip, path[index], known)]
    families = [family_of(one.ip) for one in ips]
    if found or len(ips) < 2:
        return found
    if len(ips) > 2 or families[0] == families[1]:
        found.append(invalid_value(path, Internal(list(ips)), "may specify no more than one IP for each IP family"))
    texts = [one.ip for one in ips]
    return found + [duplicate(path[i], Internal(one)) for i, one in enumerate(ips) if one.ip in texts[:i]]
