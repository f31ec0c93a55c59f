"""The defaults of a Pod and of a pod template.

Called by the strategies of Pods, workloads and PodTemplates, before admission and validation. It calls nothing. A
template gets what a Pod gets, except what is left for the Pod that is made of it (service links, host ports, requests).
Source: kubernetes pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from apiserver.registry.core.pods.resources import OF_PODS, aggregate_requests
from kube.api.core_v1 import (
    Container,
    EmptyDirVolumeSource,
    EphemeralContainer,
    Pod,
    PodSecurityContext,
    PodSpec,
    PodTemplateSpec,
    Probe,
    Volume,
)

AnyContainer = Container | EphemeralContainer
_FILE_MODE = 0o644
# The grammar of image names: [domain/]path[:tag][@digest]. What does not fit it has no tag.
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"^(?:[a-zA-Z0-9][a-zA-Z0-9.\[\]-]*(?::[0-9]+)?/)?{_PART}(?:/{_PART})*(?::(?P<tag>\w[\w.-]{{0,127}}))?(?P<digest>@.+)?$"
)


def default_pod(pod: Pod) -> None:
    """Defaults of a Pod itself: what a template has, and links, host ports and requests beside."""
    spec = pod.spec
    for container in [*spec.containers, *spec.initContainers]:
        _default_requests(container)
    _default_pod_requests(spec)
    if spec.enableServiceLinks is None:
        spec.enableServiceLinks = True
    if spec.hostNetwork:
        _default_host_ports([*spec.containers, *spec.initContainers])
    default_pod_spec(spec)


def default_pod_template(template: PodTemplateSpec) -> None:
    default_pod_spec(template.spec)


def default_pod_spec(spec: PodSpec) -> None:
    spec.restartPolicy = spec.restartPolicy or "Always"
    spec.dnsPolicy = spec.dnsPolicy or "ClusterFirst"
    spec.schedulerName = spec.schedulerName or "default-scheduler"
    if spec.terminationGracePeriodSeconds is None:
        spec.terminationGracePeriodSeconds = 30
    if spec.securityContext is None:
        spec.securityContext = PodSecurityContext()
    # The old name of the field says the same as the new one.
    spec.serviceAccountName = spec.serviceAccountName or spec.serviceAccount
    spec.serviceAccount = spec.serviceAccountName
    for volume in spec.volumes:
        _default_volume(volume)
    for container in [*spec.initContainers, *spec.containers, *spec.ephemeralContainers]:
        default_container(container)


# ---- containers ----


def default_container(container: AnyContainer) -> None:
    container.imagePullPolicy = container.imagePullPolicy or pull_policy(container.image)
    container.terminationMessagePath = container.terminationMessagePath or "/dev/termination-log"
    container.terminationMessagePolicy = container.terminationMessagePolicy or "File"
    for port in container.ports:
        port.protocol = port.protocol or "TCP"
    for env in container.env:
        if env.valueFrom is not None and env.valueFrom.fieldRef is not None:
            env.valueFrom.fieldRef.apiVersion = env.valueFrom.fieldRef.apiVersion or "v1"
    for probe in (container.livenessProbe, container.readinessProbe, container.startupProbe):
        if probe is not None:
            _default_probe(probe)
    if container.lifecycle is not None:
        for handler in (container.lifecycle.postStart, container.lifecycle.preStop):
            if handler is not None:
                _default_http(handler.httpGet)


def pull_policy(image: str) -> str:
    """Always for `:latest` and for no tag at all; a digest or another tag need be pulled only once."""
    name = _IMAGE.match(image)
    if not name:
        return "IfNotPresent"
    tag = name["tag"] or ("" if name["digest"] else "latest")
    return "Always" if tag == "latest" else "IfNotPresent"


def _default_probe(probe: Probe) -> None:
    probe.timeoutSeconds = probe.timeoutSeconds or 1
    probe.periodSeconds = probe.periodSeconds or 10
    probe.successThreshold = probe.successThreshold or 1
    probe.failureThreshold = probe.failureThreshold or 3
    _default_http(probe.httpGet)
    if probe.grpc is not None and probe.grpc.service is None:
        probe.grpc.service = ""


def _default_http(action: object) -> None:
    if action is not None:
        action.path = action.path or "/"
        action.scheme = action.scheme or "HTTP"


def _default_requests(container: AnyContainer) -> None:
    """What is limited and not asked for is asked for up to the limit."""
    resources = container.resources
    for name, limit in resources.limits.items():
        resources.requests.setdefault(name, limit)


def _default_pod_requests(spec: PodSpec) -> None:
    """Of a Pod that is limited as a whole: what its containers ask for, else up to the limit."""
    if spec.resources is None or not spec.resources.limits:
        return
    requests = spec.resources.requests
    for name, amount in aggregate_requests(spec).items():
        if name in OF_PODS:
            requests.setdefault(name, str(amount))
    for name, limit in spec.resources.limits.items():
        if name in OF_PODS or name.startswith("hugepages-"):
            requests.setdefault(name, limit)


def _default_host_ports(containers: Iterable[AnyContainer]) -> None:
    for container in containers:
        for port in container.ports:
            port.hostPort = port.hostPort or port.containerPort


# ---- volumes ----


def _default_volume(volume: Volume) -> None:
    if not any(getattr(volume, name) is not None for name in type(volume).model_fields if name != "name"):
        volume.emptyDir = EmptyDirVolumeSource()
    for source in (volume.secret, volume.configMap, volume.downwardAPI, volume.projected):
        if source is not None and source.defaultMode is None:
            source.defaultMode = _FILE_MODE
    if volume.hostPath is not None and volume.hostPath.type is None:
        volume.hostPath.type = ""
    if volume.downwardAPI is not None:
        _default_files(volume.downwardAPI.items)
    if volume.projected is not None:
        for source in volume.projected.sources:
            _default_projection(source)
    if volume.image is not None:
        volume.image.pullPolicy = volume.image.pullPolicy or pull_policy(volume.image.reference)
    template = volume.ephemeral.volumeClaimTemplate if volume.ephemeral is not None else None
    if template is not None and template.spec.volumeMode is None:
        template.spec.volumeMode = "Filesystem"
    _default_network_disks(volume)


def _default_projection(source: object) -> None:
    if source.downwardAPI is not None:
        _default_files(source.downwardAPI.items)
    token = source.serviceAccountToken
    if token is not None and token.expirationSeconds is None:
        token.expirationSeconds = 3600


def _default_files(files: Iterable[object]) -> None:
    for file in files:
        if file.fieldRef is not None:
            file.fieldRef.apiVersion = file.fieldRef.apiVersion or "v1"


def _default_network_disks(volume: Volume) -> None:
    if volume.iscsi is not None:
        volume.iscsi.iscsiInterface = volume.iscsi.iscsiInterface or "default"
    if volume.rbd is not None:
        volume.rbd.pool = volume.rbd.pool or "rbd"
        volume.rbd.user = volume.rbd.user or "admin"
        volume.rbd.keyring = volume.rbd.keyring or "/etc/ceph/keyring"
    disk = volume.azureDisk
    if disk is not None:
        disk.cachingMode = disk.cachingMode or "ReadWrite"
        disk.kind = disk.kind or "Shared"
        disk.fsType = disk.fsType or "ext4"
        disk.readOnly = False if disk.readOnly is None else disk.readOnly
    if volume.scaleIO is not None:
        volume.scaleIO.storageMode = volume.scaleIO.storageMode or "ThinProvisioned"
        volume.scaleIO.fsType = volume.scaleIO.fsType or "xfs"
