"""What `--prune` is about: objects that were applied once, match, and are no longer among the manifests.

Called by `apply`, which deletes them, and by `diff`, which shows them as gone. Calls the session.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.last_applied import read
from kubectl_lite.resources import Target
from kubectl_lite.session import Session

# What --prune looks at when nobody says: the kinds of kubectl's list that kube-lite serves.
PRUNED = ("configmaps", "endpoints", "pods", "secrets", "services", "daemonsets.apps", "deployments.apps",
          "replicasets.apps", "statefulsets.apps")  # fmt: skip


def kinds(allowed: Sequence[str]) -> list[tuple[str, str]]:
    """From `core/v1/ConfigMap` to API version and kind. Raises CommandError."""
    found = []
    for word in allowed:
        parts = word.split("/")
        if len(parts) != 3:
            raise CommandError(f"invalid GroupVersionKind format: {word}, please follow <group/version/kind>")
        group, version, kind = parts
        found.append((version if group == "core" else f"{group}/{version}", kind))
    return found


async def prunable(
    session: Session, applied: list[Target], selector: str, allowed: list[tuple[str, str]]
) -> AsyncIterator[tuple[Target, dict[str, Any]]]:
    """Each object that carries the annotation, matches the selector, and was not among the manifests."""
    mapper = await session.mapper()
    kept = {(t.mapping.qualified, t.namespace, t.name) for t in applied}
    namespaces = sorted({t.namespace for t in applied if t.namespace})
    given = [m for api_version, kind in allowed if (m := mapper.by_kind(api_version, kind))]
    for mapping in given if allowed else map(mapper.by_name, PRUNED):
        for namespace in namespaces:
            listed = await session.get(mapping.path(namespace), params={"labelSelector": selector})
            for item in listed.get("items") or ():
                target = Target(mapping, item["metadata"]["name"], namespace)
                if (mapping.qualified, namespace, target.name) not in kept and read(item):
                    yield target, item
