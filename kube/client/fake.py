"""A stateful fake of the API server, in memory, with the client's methods: for tests of controllers.

Called by tests only. It keeps the promises that controllers lean on: revisions, optimistic concurrency, the status
subresource, generations, finalizers, graceful deletion of pods, deletion policies, selectors, watches that resume
or have expired. It leaves out defaults, validation, admission and allocation: the real server has its own tests.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kube.api import scheme
from kube.apimachinery import errors, fields, labels, times
from kube.apimachinery.meta_v1 import Object
from kube.client.client import ObjectList
from kube.client.transport import Unreachable
from kube.client.watch import WatchEvent
from kube.clock import Clock, RealClock

T = TypeVar("T", bound=Object)
Key = tuple[str, str]


@dataclass(frozen=True)
class Change:
    """One write: the state after it (before it, for a deletion) and the one that it replaced."""

    revision: int
    type: str
    object: Object
    old: Object | None


@dataclass
class Fault:
    """The next `times` calls of a verb on a type fail with `error`. `late`: the write is done first."""

    verb: str
    type: type[Object] | None
    error: Exception
    times: int = 1
    late: bool = False


@dataclass
class FakeServer:
    """The state behind any number of `FakeClient`s."""

    clock: Clock = field(default_factory=RealClock)
    revision: int = 1
    objects: dict[type[Object], dict[Key, Object]] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    oldest: int = 0
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """`create Pod default/web-1`: every write that was asked for."""
    _watches: set[asyncio.Event] = field(default_factory=set)
    _broken: int = 0
    _uids: int = 0

    # ---- for tests ----

    def seed(self, *given: Object) -> None:
        """Stores objects as they are, status included."""
        for obj in given:
            copy = self._stamped(obj)
            self._write("ADDED", copy, None)

    def all(self, type_: type[T], namespace: str = "") -> list[T]:
        """Copies of the objects of a type, by name."""
        found = [o for o in self.objects.get(type_, {}).values() if namespace in ("", o.metadata.namespace)]
        return [o.deep_copy() for o in sorted(found, key=lambda o: (o.metadata.namespace, o.metadata.name))]

    def get(self, type_: type[T], name: str, namespace: str = "") -> T | None:
        found = self.objects.get(type_, {}).get((namespace, name))
        return found.deep_copy() if found else None

    def dump(self) -> str:
        """Everything, one object a line, in a fixed order, without what differs from run to run."""
        lines = []
        for type_, objects in self.objects.items():
            for (namespace, name), obj in objects.items():
                lines.append(
                    f"{type_.__name__} {namespace}/{name} {json.dumps(_stable(obj.to_dict()), sort_keys=True)}"
                )
        return "\n".join(sorted(lines))

    def fail(self, verb: str, type_: type[Object] | None, error: Exception, times: int = 1, late: bool = False) -> None:
        """Makes the next calls fail; `late` after the write was done, as when the answer is lost."""
        self.faults.append(Fault(verb, type_, error, times, late))

    def break_watches(self) -> None:
        """Ends every open watch, as a restart of the server does."""
        self._broken += 1
        self._wake()

    def compact(self) -> None:
        """Forgets the history: a watch from an older revision is answered with Expired."""
        self.oldest = self.revision
        self.history.clear()

    def force_delete(self, type_: type[Object], name: str, namespace: str = "") -> None:
        """Removes an object whatever its finalizers or grace say."""
        obj = self.objects.get(type_, {}).get((namespace, name))
        if obj is not None:
            self._write("DELETED", obj, obj)

    # ---- for the client ----

    def check(self, verb: str, type_: type[Object], late: bool) -> None:
        for fault in self.faults:
            if fault.verb in ("*", verb) and fault.type in (None, type_) and fault.late == late:
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                raise fault.error

    def lookup(self, type_: type[T], namespace: str, name: str) -> T:
        found = self.objects.get(type_, {}).get((namespace, name))
        if found is None:
            raise errors.not_found(scheme.by_type(type_), name)
        return found

    def create(self, obj: T) -> T:
        resource = scheme.by_type(type(obj))
        meta = obj.metadata
        if not meta.name and meta.generateName:
            meta.name = meta.generateName + self._suffix()
        if (meta.namespace, meta.name) in self.objects.get(type(obj), {}):
            raise errors.already_exists(resource, meta.name)
        if _has_status(obj):
            obj.status = type(obj)().status
        return self._write("ADDED", self._stamped(obj), None)

    def update(self, obj: T, subresource: str = "") -> T:
        type_, meta = type(obj), obj.metadata
        old = self.lookup(type_, meta.namespace, meta.name)
        self._check_preconditions(old, meta.uid, meta.resourceVersion)
        new = old.deep_copy()
        if subresource == "status":
            new.status = obj.status
        else:
            new = obj.deep_copy()
            _keep_server_fields(new, old)
        if "spec" in type_.model_fields and new.spec != old.spec:
            new.metadata.generation += 1
        if new.to_json() == old.to_json():
            return old
        if new.metadata.deletionTimestamp and not _held(new) and not _waits_for_grace(new):
            return self._write("DELETED", new, old)
        return self._write("MODIFIED", new, old)

    def delete(
        self, type_: type[T], name: str, namespace: str, uid: str | None, rv: str | None, grace: int | None, policy: str
    ) -> None:
        old = self.lookup(type_, namespace, name)
        self._check_preconditions(old, uid or "", rv or "")
        new = old.deep_copy()
        finalizer = {"Orphan": "orphan", "Foreground": "foregroundDeletion"}.get(policy)
        if finalizer and finalizer not in new.metadata.finalizers:
            new.metadata.finalizers = [*new.metadata.finalizers, finalizer]
        seconds = _grace(old, grace)
        if seconds == 0 and not _held(new):
            self._write("DELETED", new, old)
            return
        if not new.metadata.deletionTimestamp or seconds < (new.metadata.deletionGracePeriodSeconds or 0):
            new.metadata.deletionTimestamp = times.format_time(self.clock.now())
            new.metadata.deletionGracePeriodSeconds = seconds
        if new.to_json() != old.to_json():
            self._write("MODIFIED", new, old)

    async def events(
        self, type_: type[T], revision: int, matches: Callable[[Object], bool]
    ) -> AsyncIterator[WatchEvent[T]]:
        if revision < self.oldest:
            raise errors.Expired(f"too old resource version: {revision} ({self.oldest})")
        wake, epoch = asyncio.Event(), self._broken
        self._watches.add(wake)
        try:
            while True:
                wake.clear()
                for change in self._changes_after(revision):
                    revision = change.revision
                    if type(change.object) is type_ and (event := _event(change, matches)):
                        yield event
                if self._broken != epoch:
                    return
                await wake.wait()
        finally:
            self._watches.discard(wake)

    def _changes_after(self, revision: int) -> Iterator[Change]:
        first = len(self.history)
        while first and self.history[first - 1].revision > revision:
            first -= 1
        return iter(self.history[first:])

    def _check_preconditions(self, old: Object, uid: str, revision: str) -> None:
        resource, meta = scheme.by_type(type(old)), old.metadata
        if uid and uid != meta.uid:
            why = f"Precondition failed: UID in precondition: {uid}, UID in object meta: {meta.uid}"
            raise errors.conflict(resource, meta.name, why)
        if revision and revision != meta.resourceVersion:
            raise errors.conflict(resource, meta.name)

    def _stamped(self, obj: T) -> T:
        copy, resource = obj.deep_copy(), scheme.by_type(type(obj))
        copy.kind, copy.apiVersion = resource.kind, resource.api_version
        self._uids += 1
        meta = copy.metadata
        meta.uid = meta.uid or str(uuid.UUID(int=self._uids))
        meta.creationTimestamp = meta.creationTimestamp or times.format_time(self.clock.now())
        meta.generation = meta.generation or int("spec" in type(obj).model_fields)
        return copy

    def _suffix(self) -> str:
        letters, number, out = "bcdfghjklmnpqrstvwxz2456789", self._uids + 1, ""
        for _ in range(5):
            number, digit = divmod(number, len(letters))
            out = letters[digit] + out
        return out

    def _write(self, kind: str, new: T, old: Object | None) -> T:
        self.revision += 1
        new = new.deep_copy()
        new.metadata.resourceVersion = str(self.revision)
        objects = self.objects.setdefault(type(new), {})
        key = (new.metadata.namespace, new.metadata.name)
        if kind == "DELETED":
            objects.pop(key, None)
        else:
            objects[key] = new
        self.history.append(Change(self.revision, kind, new, old))
        self._wake()
        return new

    def _wake(self) -> None:
        for event in self._watches:
            event.set()


class FakeClient:
    """`kube.client.Client` without a network. Each call gives other tasks a turn, as the network would.

    `alive = False` makes every call fail with Unreachable: the process that holds this client is cut off or dead.
    """

    def __init__(self, server: FakeServer):
        self.server = server
        self.alive = True

    async def _call(self, verb: str, type_: type[Object], what: str, action: Callable[[], Any]) -> Any:
        await asyncio.sleep(0)
        if not self.alive:
            raise Unreachable("the fake server is out of reach", sent=False)
        if verb not in ("get", "list", "watch"):
            self.server.calls.append(f"{verb} {type_.__name__} {what}")
        self.server.check(verb, type_, late=False)
        done = action()
        self.server.check(verb, type_, late=True)
        return done.deep_copy() if isinstance(done, Object) else done

    async def get(self, type_: type[T], name: str, namespace: str = "", **_: Any) -> T:
        return await self._call("get", type_, "", lambda: self.server.lookup(type_, namespace, name))

    async def list(
        self, type_: type[T], namespace: str = "", *, label_selector: str = "", field_selector: str = "", **_: Any
    ) -> ObjectList[T]:
        matches = _matcher(namespace, label_selector, field_selector)

        def action() -> ObjectList[T]:
            found = [o for o in self.server.all(type_, namespace) if matches(o)]
            return ObjectList(found, str(self.server.revision))

        return await self._call("list", type_, "", action)

    async def watch(
        self,
        type_: type[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        resource_version: str = "",
        **_: Any,
    ) -> AsyncIterator[WatchEvent[T]]:
        await self._call("watch", type_, "", lambda: None)
        matches = _matcher(namespace, label_selector, field_selector)
        revision = int(resource_version or self.server.revision)
        async for event in self.server.events(type_, revision, matches):
            if not self.alive:
                raise Unreachable("the fake server is out of reach", sent=True)
            yield WatchEvent(event.type, event.object.deep_copy())

    async def create(self, obj: T, namespace: str = "", **_: Any) -> T:
        copy = obj.deep_copy()
        if namespace and scheme.by_type(type(obj)).namespaced:
            copy.metadata.namespace = namespace
        return await self._call("create", type(obj), _name(copy), lambda: self.server.create(copy))

    async def update(self, obj: T, *, subresource: str = "", **_: Any) -> T:
        copy = obj.deep_copy()
        verb = f"update_{subresource}" if subresource else "update"
        return await self._call(verb, type(obj), _name(obj), lambda: self.server.update(copy, subresource))

    async def update_status(self, obj: T, **_: Any) -> T:
        return await self.update(obj, subresource="status")

    async def patch(
        self,
        type_: type[T],
        name: str,
        namespace: str = "",
        body: Any = None,
        patch_type: str = "strategic",
        *,
        subresource: str = "",
        **_: Any,
    ) -> T:
        """Merge and strategic patches, the latter without directives; merge keys as declared on the type."""

        def action() -> T:
            old = self.server.lookup(type_, namespace, name)
            patched = _merge(old.to_dict(), body, type_ if patch_type == "strategic" else None)
            return self.server.update(type_.from_json(json.dumps(patched)), subresource)

        verb = f"patch_{subresource}" if subresource else "patch"
        return await self._call(verb, type_, f"{namespace}/{name}", action)

    async def delete(
        self,
        type_: type[Object],
        name: str,
        namespace: str = "",
        *,
        uid: str | None = None,
        resource_version: str | None = None,
        grace_period_seconds: int | None = None,
        propagation_policy: str | None = None,
        **_: Any,
    ) -> None:
        def action() -> None:
            policy = propagation_policy or ""
            self.server.delete(type_, name, namespace, uid, resource_version, grace_period_seconds, policy)

        await self._call("delete", type_, f"{namespace}/{name}", action)

    async def delete_collection(
        self, type_: type[Object], namespace: str = "", *, label_selector: str = "", field_selector: str = ""
    ) -> None:
        for obj in (
            await self.list(type_, namespace, label_selector=label_selector, field_selector=field_selector)
        ).items:
            await self.delete(type_, obj.metadata.name, obj.metadata.namespace)

    async def create_subresource(
        self, type_: type[Object], name: str, namespace: str, subresource: str, body: Any
    ) -> Any:
        """`pods/binding` binds, `pods/eviction` deletes."""

        def bind() -> None:
            pod = self.server.lookup(type_, namespace, name).deep_copy()
            if pod.spec.nodeName:
                raise errors.conflict(scheme.by_type(type_), name, f"pod {name} is already assigned to node")
            pod.spec.nodeName = body.target.name
            self.server.update(pod)

        def evict() -> None:
            self.server.delete(type_, name, namespace, None, None, None, "")

        action = {"binding": bind, "eviction": evict}[subresource]
        await self._call(f"create_{subresource}", type_, f"{namespace}/{name}", action)
        return body

    async def close(self) -> None:
        pass


def _name(obj: Object) -> str:
    return f"{obj.metadata.namespace}/{obj.metadata.name or obj.metadata.generateName + '*'}"


def _has_status(obj: Object) -> bool:
    return any(s.name == "status" for s in scheme.by_type(type(obj)).subresources)


def _keep_server_fields(new: Object, old: Object) -> None:
    for name in ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"):
        setattr(new.metadata, name, getattr(old.metadata, name))
    new.metadata.resourceVersion = old.metadata.resourceVersion
    if _has_status(new):
        new.status = old.status.model_copy(deep=True)


def _grace(obj: Object, asked: int | None) -> int:
    if type(obj).__name__ != "Pod" or not obj.spec.nodeName or obj.status.phase in ("Succeeded", "Failed"):
        return 0
    default = obj.spec.terminationGracePeriodSeconds
    return asked if asked is not None else 30 if default is None else default


def _held(obj: Object) -> bool:
    """By finalizers; a namespace by those of its spec too."""
    return bool(obj.metadata.finalizers or (type(obj).__name__ == "Namespace" and obj.spec.finalizers))


def _waits_for_grace(obj: Object) -> bool:
    return (obj.metadata.deletionGracePeriodSeconds or 0) > 0


def _matcher(namespace: str, label_selector: str, field_selector: str) -> Callable[[Object], bool]:
    by_label = labels.parse(label_selector) if label_selector else None
    by_field = fields.parse(field_selector) if field_selector else None

    def matches(obj: Object) -> bool:
        if namespace and obj.metadata.namespace != namespace:
            return False
        if by_label is not None and not by_label.matches(obj.metadata.labels):
            return False
        return by_field is None or by_field.matches(_field_values(obj))

    return matches


def _field_values(obj: Object) -> dict[str, str]:
    found = {"metadata.name": obj.metadata.name, "metadata.namespace": obj.metadata.namespace}
    if type(obj).__name__ == "Pod":
        found |= {"spec.nodeName": obj.spec.nodeName, "status.phase": obj.status.phase}
    return found


def _event(change: Change, matches: Callable[[Object], bool]) -> WatchEvent | None:
    """What a watcher with a selector sees: an object that stops matching is DELETED for it."""
    before = change.old is not None and matches(change.old)
    after = change.type != "DELETED" and matches(change.object)
    if not before and not after:
        return None
    return WatchEvent("DELETED" if not after else "MODIFIED" if before else "ADDED", change.object)


def _stable(value: Any) -> Any:
    if isinstance(value, dict):
        changing = ("uid", "resourceVersion", "creationTimestamp", "lastTransitionTime", "lastUpdateTime")
        return {k: _stable(v) for k, v in value.items() if k not in changing}
    return [_stable(v) for v in value] if isinstance(value, list) else value


def _merge(target: Any, patch: Any, type_: type[Object] | None) -> Any:
    if not isinstance(patch, dict) or not isinstance(target, dict):
        return patch
    out = dict(target)
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        elif isinstance(value, list) and type_ is not None and (key := _merge_key(name)):
            out[name] = _merge_list(out.get(name) or [], value, key)
        else:
            out[name] = _merge(out.get(name, {}), value, type_) if isinstance(value, dict) else value
    return out


def _merge_key(name: str) -> str:
    return {"conditions": "type", "ownerReferences": "uid", "finalizers": "="}.get(name, "")


def _merge_list(old: list[Any], new: list[Any], key: str) -> list[Any]:
    if key == "=":
        return [*old, *(v for v in new if v not in old)]
    merged = {entry[key]: entry for entry in old}
    for entry in new:
        if entry.get("$patch") == "delete":
            merged.pop(entry[key], None)
        else:
            merged[entry[key]] = merged.get(entry[key], {}) | entry
    return list(merged.values())
