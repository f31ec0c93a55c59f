"""StatefulSets, DaemonSets and nodes for the tests, and how a user changes an image."""

from __future__ import annotations

from kube.api.apps_v1 import DaemonSet, StatefulSet
from kube.api.core_v1 import Node, Taint
from tests.controllers.conftest import World

TEMPLATE = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": "db:1"}]}}


def stateful_set(replicas: int = 3, **spec) -> StatefulSet:
    given = {
        "replicas": replicas,
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": TEMPLATE,
    }
    strategy = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}
    return StatefulSet.from_dict(
        {"metadata": {"name": "db", "namespace": "default"}, "spec": {**given, **strategy, **spec}}
    )


def node(name: str, *taints: tuple[str, str], **labels: str) -> Node:
    made = Node.from_dict({"metadata": {"name": name, "labels": labels}})
    made.spec.taints = [Taint(key=key, effect=effect) for key, effect in taints]
    return made


def daemon_set(**spec) -> DaemonSet:
    given = {"selector": {"matchLabels": {"app": "db"}}, "template": TEMPLATE}
    strategy = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}}
    return DaemonSet.from_dict(
        {"metadata": {"name": "d", "namespace": "default"}, "spec": {**given, **strategy, **spec}}
    )


async def set_image(world: World, kind: type, name: str, image: str) -> None:
    found = world.server.get(kind, name, "default")
    found.spec.template.spec.containers[0].image = image
    await world.client.update(found)
