"""Table rows of apps/v1, of PodTemplates and ReplicationControllers, and of Scale.

Called by `table`. It calls the shared cells of `columns`.
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.printers.columns import (
    AGE,
    CONTAINERS,
    IMAGES,
    NAME,
    NONE,
    SELECTOR,
    Column,
    age,
    container_cells,
    labels_text,
    selector_text,
)


def _int(name: str) -> Column:
    return Column(name, "integer")


DEPLOYMENT = (NAME, Column("Ready"), Column("Up-to-date"), Column("Available"), AGE, CONTAINERS, IMAGES, SELECTOR)


def deployment(obj: Any) -> list[Any]:
    spec, status = obj.spec, obj.status
    return [
        obj.metadata.name, f"{status.readyReplicas}/{spec.replicas or 0}", status.updatedReplicas,
        status.availableReplicas, age(obj), *container_cells(spec.template.spec), selector_text(spec.selector),
    ]  # fmt: skip


REPLICA_SET = (NAME, _int("Desired"), _int("Current"), _int("Ready"), AGE, CONTAINERS, IMAGES, SELECTOR)


def replica_set(obj: Any) -> list[Any]:
    return [*_replicas(obj), *container_cells(obj.spec.template.spec), selector_text(obj.spec.selector)]


def replication_controller(obj: Any) -> list[Any]:
    containers = container_cells(obj.spec.template.spec) if obj.spec.template else ["", ""]
    return [*_replicas(obj), *containers, labels_text(obj.spec.selector)]


def _replicas(obj: Any) -> list[Any]:
    return [obj.metadata.name, obj.spec.replicas or 0, obj.status.replicas, obj.status.readyReplicas, age(obj)]


DAEMON_SET = (
    NAME, _int("Desired"), _int("Current"), _int("Ready"), _int("Up-to-date"), _int("Available"),
    Column("Node Selector"), AGE, CONTAINERS, IMAGES, SELECTOR,
)  # fmt: skip


def daemon_set(obj: Any) -> list[Any]:
    spec, status = obj.spec, obj.status
    return [
        obj.metadata.name, status.desiredNumberScheduled, status.currentNumberScheduled, status.numberReady,
        status.updatedNumberScheduled, status.numberAvailable, labels_text(spec.template.spec.nodeSelector), age(obj),
        *container_cells(spec.template.spec), selector_text(spec.selector),
    ]  # fmt: skip


STATEFUL_SET = (NAME, Column("Ready"), AGE, CONTAINERS, IMAGES)


def stateful_set(obj: Any) -> list[Any]:
    spec = obj.spec
    ready = f"{obj.status.readyReplicas}/{spec.replicas or 0}"
    return [obj.metadata.name, ready, age(obj), *container_cells(spec.template.spec)]


CONTROLLER_REVISION = (NAME, Column("Controller"), Column("Revision"), AGE)


def controller_revision(obj: Any) -> list[Any]:
    owner = next((o for o in obj.metadata.ownerReferences if o.controller), None)
    controller = NONE
    if owner is not None:
        group = owner.apiVersion.rpartition("/")[0]
        controller = f"{owner.kind.lower()}.{group}/{owner.name}" if group else f"{owner.kind.lower()}/{owner.name}"
    return [obj.metadata.name, controller, obj.revision, age(obj)]


POD_TEMPLATE = (NAME, Column("Containers"), Column("Images"), Column("Pod Labels"))


def pod_template(obj: Any) -> list[Any]:
    template = obj.template
    return [obj.metadata.name, *container_cells(template.spec), labels_text(template.metadata.labels)]


SCALE = (Column("Name"), _int("Desired"), _int("Available"), AGE)


def scale(obj: Any) -> list[Any]:
    return [obj.metadata.name, obj.spec.replicas, obj.status.replicas, age(obj)]
