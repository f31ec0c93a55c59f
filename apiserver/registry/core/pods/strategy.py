"""Pods: how one is made, what may change in it, how it ends.

Called by the generic store. It calls defaults, validation, updates and status of this folder. Binding, eviction, logs
and exec are subresources with handlers of their own. Source: kubernetes pkg/registry/core/pod/strategy.go.

| a delete finds | the Pod ends in |
|---|---|
| no node yet, or phase Succeeded or Failed | no time: it is removed at once |
| `gracePeriodSeconds` of the request | that many seconds (a negative number: 1) |
| none | `spec.terminationGracePeriodSeconds` |
"""

from __future__ import annotations

from collections.abc import Mapping

from apiserver.registry.core.pods.defaults import default_pod
from apiserver.registry.core.pods.dropped import drop_disabled_fields
from apiserver.registry.core.pods.qos import qos_class
from apiserver.registry.core.pods.resize import prepare_resize, validate_resize
from apiserver.registry.core.pods.status import default_pod_ips, first_status, validate_status_update
from apiserver.registry.core.pods.subresources import (
    prepare_ephemeral_containers,
    validate_ephemeral_containers_update,
)
from apiserver.registry.core.pods.updates import validate_pod_update
from apiserver.registry.core.pods.validation import validate_pod
from apiserver.registry.core.pods.warnings import warn_of_name, warn_of_pod
from apiserver.registry.generic.strategy import Stages, Strategy, WriteContext
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import FieldError, Path

_ENDED = ("Succeeded", "Failed")


class PodStrategy(Strategy[Pod]):
    has_status = True
    has_generation = True
    returns_deleted_object = True
    default_grace_seconds = 30
    field_labels = frozenset(
        {
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
            "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
        }
    )  # fmt: skip

    def default(self, obj: Pod) -> None:
        default_pod(obj)
        default_pod_ips(obj.status)

    def prepare_for_create(self, obj: Pod, ctx: WriteContext) -> None:
        obj.metadata.generation = 1
        drop_disabled_fields(obj.spec)
        if (obj.spec.terminationGracePeriodSeconds or 0) < 0:
            obj.spec.terminationGracePeriodSeconds = 1
        obj.status = first_status(obj, qos_class(obj))

    def validate(self, obj: Pod) -> list[FieldError]:
        return validate_pod(obj)

    def warnings_on_create(self, obj: Pod) -> list[str]:
        named = warn_of_name(obj.metadata.name, "the Pod's hostname")
        return named + warn_of_pod(obj.metadata, obj.spec, Path())

    def prepare_for_update(self, obj: Pod, old: Pod, ctx: WriteContext) -> None:
        obj.status = old.status
        drop_disabled_fields(obj.spec, old.spec)
        if obj.spec != old.spec:
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, obj: Pod, old: Pod) -> list[FieldError]:
        return validate_pod_update(obj, old)

    def prepare_for_status_update(self, obj: Pod, old: Pod, ctx: WriteContext) -> None:
        obj.spec = old.spec
        obj.metadata.ownerReferences = old.metadata.ownerReferences  # old kubelets spoil them
        obj.metadata.deletionTimestamp = old.metadata.deletionTimestamp
        obj.status.qosClass = obj.status.qosClass or old.status.qosClass

    def validate_status_update(self, obj: Pod, old: Pod) -> list[FieldError]:
        return validate_status_update(obj, old)

    def update_stages(self) -> Mapping[str, Stages[Pod]]:
        return {
            **super().update_stages(),
            "ephemeralcontainers": (prepare_ephemeral_containers, validate_ephemeral_containers_update),
            "resize": (prepare_resize, validate_resize),
        }

    def check_graceful_delete(self, obj: Pod, seconds: int | None) -> int | None:
        if not obj.spec.nodeName or obj.status.phase in _ENDED:
            return 0
        if seconds is None:
            seconds = obj.spec.terminationGracePeriodSeconds or 0
        return seconds if seconds >= 0 else 1

    def fields(self, obj: Pod) -> dict[str, str]:
        spec, status = obj.spec, obj.status
        return {
            "spec.nodeName": spec.nodeName,
            "spec.restartPolicy": spec.restartPolicy,
            "spec.schedulerName": spec.schedulerName,
            "spec.serviceAccountName": spec.serviceAccountName,
            "spec.hostNetwork": "true" if spec.hostNetwork else "false",
            "status.phase": status.phase,
            "status.podIP": status.podIP,
            "status.podIPs": ",".join(address.ip for address in status.podIPs),
            "status.nominatedNodeName": status.nominatedNodeName,
        }
