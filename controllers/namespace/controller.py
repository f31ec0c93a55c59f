"""The namespace controller: deletes all that a terminating namespace holds, then takes its finalizer away.

Run by `controllers.manager`. It calls `conditions` for the status. Source: k8s.io/kubernetes/pkg/controller/namespace
/deletion; the order (pods before all else, so that no policy or secret goes while something still runs) is KEP-5080.
"""

from __future__ import annotations

from typing import Any

from controllers.controller import Context, Controller
from controllers.namespace.conditions import Remains, conditions
from kube.api import scheme
from kube.api.core_v1 import Namespace, Pod
from kube.apimachinery.errors import Conflict, NotFound, StatusError
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.scheme import Resource
from kube.informer import Key

FINALIZER = "kubernetes"
AGAIN_SECONDS = 1.0


class NamespaceController(Controller):
    """1. Other content is deleted only when no pod is left.
    2. The finalizer goes only when a pass has found nothing left.
    """

    name = "namespace-controller"
    queue_name = "namespace"

    def __init__(self, context: Context):
        super().__init__(context)
        self.namespaces = self.informer(Namespace)
        self.namespaces.add_handler(self.enqueue, lambda _old, new: self.enqueue(new))

    async def sync(self, key: Key) -> str | None:
        namespace = self.namespaces.get(*key)
        if namespace is None or namespace.metadata.deletionTimestamp is None:
            return None
        if FINALIZER not in namespace.spec.finalizers:
            return None
        namespace = await self._mark_terminating(namespace)
        remains = await self._delete_content(namespace.metadata.name)
        if remains:
            await self._write_conditions(namespace, remains)
            self.queue.add_after(key, AGAIN_SECONDS)
            return f"{remains.resources.total()} objects remain"
        await self._finalize(namespace)
        return "is empty and goes"

    async def _mark_terminating(self, namespace: Namespace) -> Namespace:
        if namespace.status.phase == "Terminating":
            return namespace
        status = namespace.status.model_copy(update={"phase": "Terminating"})
        return await self.client.update_status(namespace.model_copy(update={"status": status}))

    # ---- the content ----

    async def _delete_content(self, namespace: str) -> Remains:
        remains = Remains()
        pods = scheme.by_type(Pod)
        await self._empty(pods, namespace, remains)
        if remains:
            return remains
        for resource in self._resources():
            if resource is not pods:
                await self._empty(resource, namespace, remains)
        return remains

    def _resources(self) -> list[Resource]:
        return [r for r in self.context.served() if r.namespaced and {"list", "delete"} <= set(r.verbs)]

    async def _empty(self, resource: Resource, namespace: str, remains: Remains) -> None:
        try:
            if "deletecollection" in resource.verbs:
                await self.client.delete_collection(resource.type, namespace)
            left = await self.client.list(resource.type, namespace)
            if left.items and "deletecollection" not in resource.verbs:
                await self._delete_each(resource.type, left.items)
                left = await self.client.list(resource.type, namespace)
        except StatusError as error:
            remains.errors.append(f"{resource.group_resource}: {error}")
            return
        self._count(resource, left.items, remains)

    async def _delete_each(self, type_: type[Object], items: list[Any]) -> None:
        for obj in items:
            try:
                await self.client.delete(type_, obj.metadata.name, obj.metadata.namespace, uid=obj.metadata.uid)
            except (NotFound, Conflict):
                continue

    def _count(self, resource: Resource, left: list[Any], remains: Remains) -> None:
        if left:
            remains.resources[f"{resource.plural}.{resource.group}"] += len(left)
        for obj in left:
            remains.finalizers.update(obj.metadata.finalizers)

    # ---- the namespace itself ----

    async def _write_conditions(self, namespace: Namespace, remains: Remains) -> None:
        found = conditions(namespace.status.conditions, remains, self.clock.now())
        if found != namespace.status.conditions:
            status = namespace.status.model_copy(update={"conditions": found})
            await self.client.update_status(namespace.model_copy(update={"status": status}))

    async def _finalize(self, namespace: Namespace) -> None:
        left = [f for f in namespace.spec.finalizers if f != FINALIZER]
        spec = namespace.spec.model_copy(update={"finalizers": left})
        try:
            await self.client.update(namespace.model_copy(update={"spec": spec}), subresource="finalize")
        except NotFound:
            return
