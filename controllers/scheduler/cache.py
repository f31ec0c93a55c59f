"""The scheduler's picture of the cluster: node infos kept up to date by single changes, and assumed pods.

Called by `controllers.scheduler.controller`. Pure, but for what it remembers. A pod is assumed from the moment of the
decision until the binding is seen through the watch, so that the next decision already counts it.
Source: k8s.io/kubernetes/pkg/scheduler/backend/cache.
"""

from __future__ import annotations

from controllers.pods import is_terminal
from controllers.scheduler.node_info import NodeInfo
from kube.api.core_v1 import Node, Pod
from kube.informer import Key, key_of


class Cache:
    """Node infos by name.

    1. A change of a pod or node costs the same however large the cluster is.
    2. A pod counts on one node at most: where it is bound, or else where it is assumed.
    """

    def __init__(self) -> None:
        self._infos: dict[str, NodeInfo] = {}
        self._node_of: dict[Key, str] = {}
        self._assumed: dict[Key, str] = {}

    def nodes(self) -> list[NodeInfo]:
        """Those of which the node is known, by name."""
        return sorted((info for info in self._infos.values() if info.node is not None), key=lambda i: i.name)

    def node(self, name: str) -> Node | None:
        return self._infos[name].node if name in self._infos else None

    def set_node(self, node: Node) -> None:
        self._infos.setdefault(node.metadata.name, NodeInfo()).set_node(node)

    def remove_node(self, name: str) -> None:
        info = self._infos.get(name)
        if info is not None:
            info.set_node(None)
            self._drop_if_empty(name)

    def set_pod(self, pod: Pod) -> None:
        """What the watch says: bound, ended, or still waiting."""
        key = key_of(pod)
        if pod.spec.nodeName:
            self._assumed.pop(key, None)
        elif key in self._assumed:
            return
        self._place(key, pod, "" if is_terminal(pod) else pod.spec.nodeName)

    def remove_pod(self, key: Key) -> None:
        self._assumed.pop(key, None)
        self._place(key, None, "")

    def assume(self, pod: Pod, node: str) -> None:
        self._assumed[key_of(pod)] = node
        self._place(key_of(pod), pod, node)

    def forget(self, key: Key) -> None:
        """The binding failed."""
        if self._assumed.pop(key, None) is not None:
            self._place(key, None, "")

    def is_assumed(self, key: Key) -> bool:
        return key in self._assumed

    def _place(self, key: Key, pod: Pod | None, node: str) -> None:
        before = self._node_of.pop(key, "")
        if before:
            self._infos[before].remove(key)
            self._drop_if_empty(before)
        if node and pod is not None:
            self._infos.setdefault(node, NodeInfo()).add(pod)
            self._node_of[key] = node

    def _drop_if_empty(self, name: str) -> None:
        info = self._infos[name]
        if info.node is None and not info.pods:
            del self._infos[name]
