"""Fields of features that are not on: they are dropped without a word, as Kubernetes drops them.

Called by the strategies of Pods and workloads before validation. Pure. Source: kubernetes pkg/api/pod/util.go,
DropDisabledPodFields, for the features that are off by default.
"""

from __future__ import annotations

from kube.api.core_v1 import PodSpec


def drop_disabled_fields(spec: PodSpec) -> None:
    """ContainerStopSignals is off: no signal of a container's own."""
    for container in [*spec.containers, *spec.initContainers, *spec.ephemeralContainers]:
        lifecycle = container.lifecycle
        if lifecycle is not None and lifecycle.stopSignal is not None:
            lifecycle.stopSignal = None
            if lifecycle.postStart is None and lifecycle.preStop is None:
                container.lifecycle = None
