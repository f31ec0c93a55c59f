"""What the API server says, put into the zone: three informers, and for each change the answers it makes stale.

Made by `cluster_dns.__main__`. Calls `kube.informer`, `cluster_dns.slim`, the zone and the responder.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from cluster_dns.records import SliceInfo
from cluster_dns.responder import Responder
from cluster_dns.slim import SERVICE_NAME, service_info, slice_info
from cluster_dns.zone import Zone
from kube.api.core_v1 import Namespace, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.client import Client
from kube.informer import Informer


class Cluster:
    """Keeps a zone true. `synced()` says whether all of the cluster has been seen once."""

    def __init__(self, client: Client, zone: Zone, responder: Responder):
        self._zone, self._responder = zone, responder
        self._services = Informer(client, Service, transform=_slim_service)
        self._slices = Informer(client, EndpointSlice, label_selector=SERVICE_NAME, transform=_slim_slice)
        self._namespaces = Informer(client, Namespace, transform=_slim_namespace)
        self._services.add_handler(self._set_service, lambda _old, new: self._set_service(new), self._drop_service)
        self._slices.add_handler(self._set_slice, self._change_slice, self._drop_slice)
        self._namespaces.add_handler(
            lambda n: self._note(zone.set_namespace, n.metadata.name, True),
            None,
            lambda n: self._note(zone.set_namespace, n.metadata.name, False),
        )

    def synced(self) -> bool:
        return all(i.synced.is_set() for i in (self._services, self._slices, self._namespaces))

    async def wait_synced(self) -> None:
        for informer in (self._services, self._slices, self._namespaces):
            await informer.synced.wait()

    async def run(self) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in (self._services, self._slices, self._namespaces):
                group.create_task(informer.run())

    def _note(self, change: Callable[..., set[str]], *args: object) -> None:
        self._responder.forget(change(*args))

    def _set_service(self, service: Service) -> None:
        self._note(self._zone.set_service, service_info(service))

    def _drop_service(self, service: Service) -> None:
        self._note(self._zone.delete_service, service.metadata.namespace, service.metadata.name)

    def _set_slice(self, slice_: EndpointSlice) -> None:
        info = slice_info(slice_)
        if info is not None:
            self._note(self._zone.set_slice, info)

    def _change_slice(self, old: EndpointSlice, new: EndpointSlice) -> None:
        if (before := slice_info(old)) and (after := slice_info(new)) and _same_place(before, after):
            if before != after:
                self._note(self._zone.set_slice, after)
            return
        self._drop_slice(old)
        self._set_slice(new)

    def _drop_slice(self, slice_: EndpointSlice) -> None:
        info = slice_info(slice_)
        if info is not None:
            self._note(self._zone.delete_slice, info.namespace, info.service, info.name)


def _same_place(a: SliceInfo, b: SliceInfo) -> bool:
    return (a.namespace, a.service, a.name) == (b.namespace, b.service, b.name)


# ---- what the informers keep: enough to make the slim objects again, and no more ----


def _slim_meta(obj: Service | EndpointSlice | Namespace) -> None:
    meta = obj.metadata
    meta.managedFields, meta.annotations, meta.ownerReferences = [], {}, []
    meta.labels = {SERVICE_NAME: meta.labels[SERVICE_NAME]} if SERVICE_NAME in meta.labels else {}


def _slim_service(service: Service) -> Service:
    _slim_meta(service)
    service.spec.selector = {}
    return service


def _slim_slice(slice_: EndpointSlice) -> EndpointSlice:
    _slim_meta(slice_)
    for endpoint in slice_.endpoints or ():
        endpoint.targetRef = endpoint.nodeName = endpoint.zone = endpoint.hints = None
    return slice_


def _slim_namespace(namespace: Namespace) -> Namespace:
    _slim_meta(namespace)
    return namespace
