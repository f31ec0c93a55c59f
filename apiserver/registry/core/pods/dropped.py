"""Fields of features that are not on: they are dropped without a word, as Kubernetes drops them.

Called by the strategies of Pods and workloads before validation. Pure. Source: kubernetes pkg/api/pod/util.go,
DropDisabledPodFields, for the features that are off by default.
"""

from __future__ import annotations

from kube.api.core_v1 import PodSpec, VolumeProjection


def drop_disabled_fields(spec: PodSpec, old: PodSpec | None = None) -> None:
    """What an object has that was stored when the feature was on, it may keep."""
    _drop_stop_signals(spec)
    for name in ("clusterTrustBundle", "podCertificate"):
        if old is None or not any(getattr(source, name) is not None for source in _projections(old)):
            for source in _projections(spec):
                setattr(source, name, None)


def _drop_stop_signals(spec: PodSpec) -> None:
    """ContainerStopSignals is off: no signal of a container's own."""
    for container in [*spec.containers, *spec.initContainers, *spec.ephemeralContainers]:
        lifecycle = container.lifecycle
        if lifecycle is not None and lifecycle.stopSignal is not None:
            lifecycle.stopSignal = None
            if lifecycle.postStart is None and lifecycle.preStop is None:
                container.lifecycle = None


def _projections(spec: PodSpec) -> list[VolumeProjection]:
    """ClusterTrustBundleProjection and PodCertificateRequest are off: both belong to beta APIs, which are off."""
    projected = [volume.projected for volume in spec.volumes if volume.projected is not None]
    return [source for volume in projected for source in volume.sources]
