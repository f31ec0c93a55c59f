"""ControllerRevisions: the templates that a StatefulSet or DaemonSet has had.

Called by the statefulset and daemonset controllers. `new_revision`, `find_equal` and `surplus` are pure;
`History` writes. Source: k8s.io/kubernetes/pkg/controller/history.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from controllers.hashing import fnv32a, safe_encode
from controllers.ownership import apply_claim, claim, controller_reference
from controllers.selectors import selected
from kube.api.apps_v1 import ControllerRevision
from kube.api.core_v1 import PodTemplateSpec
from kube.apimachinery.errors import AlreadyExists, NotFound
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import Object, ObjectMeta
from kube.informer import Informer

HASH_LABEL = "controller-revision-hash"


def data_of(owner: Object) -> dict[str, Any]:
    """What a revision records: a strategic merge patch that brings the template back."""
    return {"spec": {"template": {**owner.spec.template.to_dict(), "$patch": "replace"}}}


def template_in(revision: ControllerRevision) -> PodTemplateSpec:
    """The template that a revision records."""
    template = {k: v for k, v in revision.data["spec"]["template"].items() if k != "$patch"}
    return PodTemplateSpec.from_json(json.dumps(template))


def new_revision(owner: Object, number: int, collisions: int | None) -> ControllerRevision:
    data = data_of(owner)
    raw = json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
    hash_ = safe_encode(str(fnv32a(raw + (collisions or 0).to_bytes(4, "little"))))
    return ControllerRevision(
        kind="ControllerRevision",
        apiVersion="apps/v1",
        metadata=ObjectMeta(
            name=f"{owner.metadata.name[:223]}-{hash_}",
            namespace=owner.metadata.namespace,
            labels={**owner.spec.template.metadata.labels, HASH_LABEL: hash_},
            ownerReferences=[controller_reference(owner)],
        ),
        data=data,
        revision=number,
    )


def same_data(one: ControllerRevision, other: ControllerRevision) -> bool:
    return json.dumps(one.data, sort_keys=True) == json.dumps(other.data, sort_keys=True)


def find_equal(revisions: Sequence[ControllerRevision], wanted: ControllerRevision) -> ControllerRevision | None:
    """The newest revision with the same template."""
    equal = [r for r in revisions if same_data(r, wanted)]
    return max(equal, key=lambda r: r.revision, default=None)


def surplus(
    revisions: Sequence[ControllerRevision], live: Collection[str], limit: int | None
) -> list[ControllerRevision]:
    """The oldest beyond the limit, of those that no pod and no status names."""
    idle = sorted((r for r in revisions if r.metadata.name not in live), key=lambda r: r.revision)
    return idle[: max(0, len(idle) - (10 if limit is None else limit))]


class History:
    """Reads and writes the revisions of one kind of owner. `informer` has the indices `by_controller`, `orphans`."""

    def __init__(self, client: Any, informer: Informer[ControllerRevision]):
        self._client, self._informer = client, informer

    async def revisions(self, owner: Object) -> list[ControllerRevision]:
        """The owner's, oldest first; orphans that match are adopted."""
        candidates = [
            *self._informer.by_index("by_controller", owner.metadata.uid),
            *selected(self._informer, owner.metadata.namespace, owner.spec.selector, "orphans"),
        ]
        owned = await apply_claim(
            self._client, owner, claim(owner, from_label_selector(owner.spec.selector), candidates)
        )
        return sorted(owned, key=lambda r: (r.revision, r.metadata.creationTimestamp or "", r.metadata.name))

    async def update_revision(
        self, owner: Object, revisions: list[ControllerRevision], collisions: int | None
    ) -> tuple[ControllerRevision, int | None]:
        """The revision of the owner's template now: found, brought to the end of the list, or made. Returns the
        collision count too, which has grown when a name was taken by another template."""
        number = (revisions[-1].revision if revisions else 0) + 1
        wanted = new_revision(owner, number, collisions)
        equal = find_equal(revisions, wanted)
        if equal is not None:
            if equal is not revisions[-1] and equal.revision < number - 1:
                equal = await self._client.update(equal.model_copy(update={"revision": number}))
            return equal, collisions
        while True:
            try:
                return await self._client.create(wanted), collisions
            except AlreadyExists:
                existing = await self._client.get(ControllerRevision, wanted.metadata.name, wanted.metadata.namespace)
                if same_data(existing, wanted):
                    return existing, collisions
                collisions = (collisions or 0) + 1
                wanted = new_revision(owner, number, collisions)

    async def truncate(self, revisions: Sequence[ControllerRevision], live: Collection[str], limit: int | None) -> None:
        for old in surplus(revisions, live, limit):
            try:
                await self._client.delete(
                    ControllerRevision, old.metadata.name, old.metadata.namespace, uid=old.metadata.uid
                )
            except NotFound:
                continue
