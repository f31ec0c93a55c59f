"""What `--prune` is about: objects that were applied once, match, and are no longer among the manifests.

Called by `apply`, which deletes them, and by `diff`, which shows them as gone. Calls the session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.last_applied import read
from kubectl_lite.mapper import Mapper, Mapping
from kubectl_lite.resources import Target
from kubectl_lite.session import Session

# What --prune looks at when nobody says: the kinds of kubectl's list that kube-lite serves.
PRUNED = ("configmaps", "endpoints", "pods", "secrets", "services", "daemonsets.apps", "deployments.apps",
          "replicasets.apps", "statefulsets.apps")  # fmt: skip


def kinds(mapper: Mapper, allowed: Sequence[str]) -> list[Mapping]:
    """What to look at: `core/v1/ConfigMap` and so on, or `PRUNED`. Raises CommandError for no such kind."""
    if not allowed:
        return [mapper.by_name(name) for name in PRUNED]
    found = []
    for word in allowed:
        parts = word.split("/")
        if len(parts) != 3:
            raise CommandError(f"invalid GroupVersionKind format: {word}, please follow <group/version/kind>")
        group, version, kind = parts
        api_version = version if group == "core" else f"{group}/{version}"
        mapping = mapper.by_kind(api_version, kind)
        if mapping is None:
            raise CommandError(f'no matches for kind "{kind}" in version "{api_version}"')
        found.append(mapping)
    return found


async def prunable(
    session: Session, applied: list[Target], selector: str, kinds: list[Mapping]
) -> AsyncIterator[tuple[Target, dict[str, Any]]]:
    """Each object that carries the annotation, matches the selector, and was not among the manifests."""
    kept = {(t.mapping.qualified, t.namespace, t.name) for t in applied}
    namespaces = sorted({t.namespace for t in applied if t.namespace})
    for mapping in kinds:
        for namespace in namespaces if mapping.namespaced else ("",):
            listed = await session.get(mapping.path(namespace), params={"labelSelector": selector})
            for item in listed.get("items") or ():
                target = Target(mapping, item["metadata"]["name"], namespace)
                if (mapping.qualified, namespace, target.name) not in kept and read(item):
                    yield target, {"apiVersion": mapping.api_version, "kind": mapping.kind} | item
