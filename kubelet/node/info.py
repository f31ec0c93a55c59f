"""What this machine is and has, as a Node says it.

Called by `kubelet.node.registration`. It reads /proc, /etc/os-release and the kernel's name. `make_node` is pure:
facts in, object out. Source: kubernetes.io/docs/reference/node/node-status/.
"""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kube.api.core_v1 import Node, NodeAddress, NodeCondition, NodeSpec, NodeStatus
from kube.api.core_v1.node import DaemonEndpoint, NodeDaemonEndpoints, NodeSystemInfo
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.version import KUBERNETES_VERSION
from kubelet.config import KubeletConfig

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class MachineFacts:
    cpus: int
    memory_kib: int
    kernel: str
    os_image: str
    architecture: str
    machine_id: str
    boot_id: str
    disk_bytes: int


def machine_facts(config: KubeletConfig) -> MachineFacts:
    disk = os.statvfs(config.root_dir)
    return MachineFacts(
        cpus=len(os.sched_getaffinity(0)),
        memory_kib=_memory_kib(),
        kernel=platform.release(),
        os_image=_os_image(),
        architecture=_ARCHITECTURES.get(platform.machine(), platform.machine()),
        # Nodes of a lab share one file tree: a node's own identity comes from its name.
        machine_id=uuid.uuid5(uuid.NAMESPACE_DNS, f"{config.node_name} {_text('/etc/machine-id')}").hex,
        boot_id=_text("/proc/sys/kernel/random/boot_id"),
        disk_bytes=disk.f_blocks * disk.f_frsize,
    )


def make_node(config: KubeletConfig, facts: MachineFacts, conditions: Sequence[NodeCondition]) -> Node:
    """The Node as it is registered."""
    labels = {
        "beta.kubernetes.io/arch": facts.architecture, "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": facts.architecture, "kubernetes.io/os": "linux",
        "kubernetes.io/hostname": config.node_name,
    }  # fmt: skip
    return Node(
        kind="Node", apiVersion="v1",
        metadata=ObjectMeta(name=config.node_name, labels=labels | dict(config.node_labels)),
        spec=NodeSpec(), status=make_status(config, facts, conditions),
    )  # fmt: skip


def make_status(config: KubeletConfig, facts: MachineFacts, conditions: Sequence[NodeCondition]) -> NodeStatus:
    capacity = {
        "cpu": str(facts.cpus), "memory": f"{facts.memory_kib}Ki", "pods": str(config.max_pods),
        "ephemeral-storage": f"{facts.disk_bytes // 1024}Ki",
    }  # fmt: skip
    addresses = [NodeAddress(type="InternalIP", address=address) for address in config.node_ips]
    return NodeStatus(
        capacity=capacity,
        allocatable=dict(capacity),
        addresses=[*addresses, NodeAddress(type="Hostname", address=config.node_name)],
        conditions=list(conditions),
        daemonEndpoints=NodeDaemonEndpoints(kubeletEndpoint=DaemonEndpoint(Port=config.port)),
        nodeInfo=NodeSystemInfo(
            machineID=facts.machine_id, systemUUID=str(uuid.UUID(facts.machine_id)), bootID=facts.boot_id,
            kernelVersion=facts.kernel, osImage=facts.os_image, operatingSystem="linux",
            architecture=facts.architecture, containerRuntimeVersion=f"{config.container_runtime}://0.1.0",
            kubeletVersion=KUBERNETES_VERSION,
        ),
    )  # fmt: skip


def make_conditions(problem: str, now: str, old: Sequence[NodeCondition]) -> list[NodeCondition]:
    """Ready (unless `problem` says why not) and the pressures, each with the time of its last change."""
    fine = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]
    if problem:
        fine[-1] = ("Ready", "False", "KubeletNotReady", problem)
    before = {condition.type: condition for condition in old}
    made = []
    for kind, status, reason, message in fine:
        known = before.get(kind)
        same = known is not None and known.status == status
        made.append(NodeCondition(
            type=kind, status=status, reason=reason, message=message, lastHeartbeatTime=now,
            lastTransitionTime=known.lastTransitionTime if known and same else now,
        ))  # fmt: skip
    return made


def _memory_kib() -> int:
    for line in _text("/proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1])
    return 0


def _os_image() -> str:
    for line in _text("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return "Linux"


def _text(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""
