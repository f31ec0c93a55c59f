"""What the API server tells: informers of Services, EndpointSlices and the own Node, each noting what changed.

Made by `proxy.runner`, which runs the informers and is told of each change. It calls the tracker. It leaves out
deciding what a change means.
"""

from __future__ import annotations

from typing import Any, Protocol

from kube.api.core_v1 import Node, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.clock import Clock
from kube.informer import Informer
from proxy.listing import PagedClient
from proxy.model.objects import LABEL_HEADLESS, LABEL_PROXY_NAME, Key, NodeInfo, node_info, service_info, slice_info
from proxy.model.tracker import ChangeTracker


class Listener(Protocol):
    """Who is told, in the event loop."""

    def heard(self, kind: str, key: Key, obj: Any) -> None:
        """A `Service` or an `EndpointSlice` of the Service `key` came, changed or went; the tracker knows."""

    def heard_of_node(self, node: NodeInfo) -> None:
        """The own Node is now so."""


class Feed:
    """The informers, and what their handlers do."""

    def __init__(self, client: Any, node_name: str, tracker: ChangeTracker, listener: Listener, clock: Clock):
        self._tracker, self._listener = tracker, listener
        paged, others = PagedClient(client), f"!{LABEL_PROXY_NAME}"
        services = Informer(paged, Service, label_selector=others, transform=service_info, clock=clock)
        services.add_handler(self._on_service, lambda _old, new: self._on_service(new), self._on_service_gone)
        slices = Informer(
            paged, EndpointSlice, label_selector=f"!{LABEL_HEADLESS},{others}", transform=slice_info, clock=clock
        )
        slices.add_handler(self._on_slice, lambda old, new: self._on_slice(new, old), self._on_slice_gone)
        node = Informer(paged, Node, field_selector=f"metadata.name={node_name}", clock=clock)
        node.on_any(lambda one: listener.heard_of_node(node_info(one)))
        self.informers = [node, services, slices]

    async def synced(self) -> None:
        """Returns when everything has been listed."""
        for informer in self.informers:
            await informer.synced.wait()

    def _on_service(self, service: Any) -> None:
        self._tracker.set_service(service)
        self._listener.heard("Service", service.metadata[:2], service)

    def _on_service_gone(self, service: Any) -> None:
        self._tracker.delete_service(service)
        self._listener.heard("Service", service.metadata[:2], service)

    def _on_slice(self, piece: Any, before: Any = None) -> None:
        self._tracker.set_slice(piece, before)
        self._listener.heard("EndpointSlice", piece.service_key, piece)

    def _on_slice_gone(self, piece: Any) -> None:
        self._tracker.delete_slice(piece)
        self._listener.heard("EndpointSlice", piece.service_key, piece)
