"""The garbage collector: watches every kind that can be deleted, and deletes or frees dependents.

Run by `controllers.manager`. It calls `graph` to remember and to decide. Before anything is deleted the owners are
asked for at the server: a cache that lags must not cost anybody an object.
Source: k8s.io/kubernetes/pkg/controller/garbagecollector.
"""

from __future__ import annotations

from typing import Any

from controllers.controller import Context, Controller
from controllers.garbage_collector.graph import (
    FOREGROUND,
    ORPHAN,
    Graph,
    Identity,
    OwnerState,
    blocks,
    deletes_dependents,
    judge,
    orphans_dependents,
)
from kube.api import scheme
from kube.apimachinery.errors import NotFound
from kube.apimachinery.meta_v1 import Object, OwnerReference
from kube.apimachinery.scheme import Resource
from kube.events import WARNING

_IGNORED = frozenset({"events", "events.events.k8s.io"})


class GarbageCollector(Controller):
    """1. Nothing is deleted of which the server has not just said that no owner is left.
    2. An owner in foreground deletion goes when no dependent with `blockOwnerDeletion` is left, not before.
    3. With `orphan`, dependents lose the reference before the owner goes.
    """

    name = "garbage-collector-controller"
    queue_name = "garbage_collector_attempt_to_delete"
    workers = 20

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.graph = Graph()
        self._by_name: dict[str, Resource] = {}
        for resource in context.served():
            if {"list", "watch", "delete"} <= set(resource.verbs) and resource.group_resource not in _IGNORED:
                self._watch(resource)

    def _watch(self, resource: Resource) -> None:
        name = resource.group_resource
        self._by_name[name] = resource
        self.informer(resource.type).add_handler(
            lambda obj: self._seen(name, obj),
            lambda _old, new: self._seen(name, new),
            lambda obj: self._gone(name, obj),
        )

    async def sync(self, key: Identity) -> str | None:
        found = self.graph.get(key.uid)
        if found is None:
            return None
        obj = found[1]
        if deletes_dependents(obj):
            return await self._wait_for_dependents(key, obj)
        if orphans_dependents(obj):
            return await self._orphan_dependents(key, obj)
        if obj.metadata.deletionTimestamp is not None or self._all_alive(obj):
            return None
        return await self._examine(key)

    # ---- an object and its owners ----

    async def _examine(self, key: Identity) -> str | None:
        type_ = self._by_name[key.resource].type
        try:
            fresh = await self.client.get(type_, key.name, key.namespace)
        except NotFound:
            return None
        if fresh.metadata.uid != key.uid or fresh.metadata.deletionTimestamp is not None:
            return None
        refs = fresh.metadata.ownerReferences
        states = {ref.uid: await self._owner_state(ref, key.namespace) for ref in refs}
        self._report_misplaced(key, fresh, [ref for ref in refs if states[ref.uid] is OwnerState.ABSENT])
        dependents = self.graph.dependents(key.uid)
        verdict = judge(refs, states, fresh.metadata.finalizers, has_dependents=bool(dependents))
        if verdict.drop:
            await self._drop_references(key, fresh, set(verdict.drop))
            return f"dropped {len(verdict.drop)} references to owners that are gone"
        if not verdict.delete:
            return None
        if verdict.delete == "Foreground":
            await self._break_cycles(key, dependents)
        await self._delete(key, verdict.delete)
        return f"deleted ({verdict.delete.lower()}): its owners are gone"

    async def _owner_state(self, ref: OwnerReference, namespace: str) -> OwnerState:
        resource = scheme.by_kind(ref.apiVersion, ref.kind)
        if resource is None:
            return OwnerState.ALIVE  # of a kind that we cannot ask for: never delete on a guess
        where = namespace if resource.namespaced else ""
        try:
            owner = await self.client.get(resource.type, ref.name, where)
        except NotFound:
            return OwnerState.ABSENT
        if owner.metadata.uid != ref.uid:
            return OwnerState.ABSENT
        return OwnerState.WAITING if deletes_dependents(owner) else OwnerState.ALIVE

    def _report_misplaced(self, key: Identity, obj: Object, absent: list[OwnerReference]) -> None:
        """An owner must be in the namespace of its dependents, or in none."""
        for ref in absent:
            found = self.graph.get(ref.uid)
            if found is not None and found[0].namespace not in ("", key.namespace):
                where = f"[{ref.apiVersion}/{ref.kind}, namespace: {key.namespace}, name: {ref.name}, uid: {ref.uid}]"
                text = f'ownerRef {where} does not exist in namespace "{key.namespace}"'
                self.events.event(obj, WARNING, "OwnerRefInvalidNamespace", text)

    async def _break_cycles(self, key: Identity, dependents: list[tuple[Identity, Object]]) -> None:
        """A dependent that waits for us while we would wait for it: neither would ever go."""
        if any(deletes_dependents(obj) for _, obj in dependents):
            type_ = self._by_name[key.resource].type
            fresh = await self.client.get(type_, key.name, key.namespace)
            refs = [ref.model_copy(update={"blockOwnerDeletion": False}) for ref in fresh.metadata.ownerReferences]
            await self._write_references(key, fresh, refs)

    async def _delete(self, key: Identity, policy: str) -> None:
        try:
            await self.client.delete(
                self._by_name[key.resource].type, key.name, key.namespace, uid=key.uid, propagation_policy=policy
            )
        except NotFound:
            return

    async def _drop_references(self, key: Identity, obj: Object, uids: set[str]) -> None:
        await self._write_references(key, obj, [r for r in obj.metadata.ownerReferences if r.uid not in uids])

    async def _write_references(self, key: Identity, obj: Object, refs: list[OwnerReference]) -> None:
        meta = {
            "uid": key.uid,
            "resourceVersion": obj.metadata.resourceVersion,
            "ownerReferences": [ref.to_dict() for ref in refs] or None,
        }
        type_ = self._by_name[key.resource].type
        try:
            await self.client.patch(type_, key.name, key.namespace, {"metadata": meta}, "merge")
        except NotFound:
            return

    # ---- an object and its dependents ----

    async def _wait_for_dependents(self, key: Identity, obj: Object) -> str | None:
        blocking = [(i, d) for i, d in self.graph.dependents(key.uid) if blocks(d, key.uid)]
        if not blocking:
            await self._remove_finalizer(key, FOREGROUND)
            return "all its dependents are gone"
        for identity, dependent in blocking:
            if not deletes_dependents(dependent):
                self.queue.add(identity)
        return f"waits for {len(blocking)} dependents"

    async def _orphan_dependents(self, key: Identity, obj: Object) -> str:
        dependents = self.graph.dependents(key.uid)
        for identity, _ in dependents:
            type_ = self._by_name[identity.resource].type
            try:
                fresh = await self.client.get(type_, identity.name, identity.namespace)
            except NotFound:
                continue
            if fresh.metadata.uid == identity.uid:
                await self._drop_references(identity, fresh, {key.uid})
        await self._remove_finalizer(key, ORPHAN)
        return f"set {len(dependents)} dependents free"

    async def _remove_finalizer(self, key: Identity, finalizer: str) -> None:
        type_ = self._by_name[key.resource].type
        try:
            fresh = await self.client.get(type_, key.name, key.namespace)
            left = [f for f in fresh.metadata.finalizers if f != finalizer]
            if fresh.metadata.uid != key.uid or left == fresh.metadata.finalizers:
                return
            meta: dict[str, Any] = {"resourceVersion": fresh.metadata.resourceVersion, "finalizers": left or None}
            await self.client.patch(type_, key.name, key.namespace, {"metadata": meta}, "merge")
        except NotFound:
            return

    # ---- what wakes it ----

    def _seen(self, resource: str, obj: Object) -> None:
        meta = obj.metadata
        identity = Identity(resource, meta.namespace, meta.name, meta.uid)
        before = self.graph.get(meta.uid)
        self.graph.set(identity, obj)
        if deletes_dependents(obj):
            self.queue.add(identity)
            if before is None or not deletes_dependents(before[1]):
                self._enqueue_dependents(meta.uid)
        elif orphans_dependents(obj):
            self.queue.add(identity)
        elif meta.ownerReferences and meta.deletionTimestamp is None:
            changed = before is None or before[1].metadata.ownerReferences != meta.ownerReferences
            if changed and not self._all_alive(obj):
                self.queue.add(identity)
        if before is not None and before[1].metadata.ownerReferences != meta.ownerReferences:
            self._enqueue_waiting_owners(before[1])

    def _all_alive(self, obj: Object) -> bool:
        """As far as we have seen. When not, the server is asked."""
        return all(self._seen_alive(ref, obj.metadata.namespace) for ref in obj.metadata.ownerReferences)

    def _seen_alive(self, ref: OwnerReference, namespace: str) -> bool:
        """An object of that UID in another namespace, or of another name or kind, is not what the reference says."""
        found, resource = self.graph.get(ref.uid), scheme.by_kind(ref.apiVersion, ref.kind)
        if found is None or deletes_dependents(found[1]):
            return False
        where = namespace if resource is None or resource.namespaced else ""
        place = (found[0].namespace, found[0].name)
        return place == (where, ref.name) and (resource is None or found[0].resource == resource.group_resource)

    def _gone(self, resource: str, obj: Object) -> None:
        uid = obj.metadata.uid
        self.graph.remove(uid)
        self._enqueue_dependents(uid)
        self._enqueue_waiting_owners(obj)

    def _enqueue_dependents(self, uid: str) -> None:
        for identity, _ in self.graph.dependents(uid):
            self.queue.add(identity)

    def _enqueue_waiting_owners(self, obj: Object) -> None:
        for ref in obj.metadata.ownerReferences:
            owner = self.graph.get(ref.uid)
            if owner is not None and deletes_dependents(owner[1]):
                self.queue.add(owner[0])
