"""The patch that leads from one object to another: strategic for the kinds that we know, a JSON merge patch for others.

Called by the commands that change a live object (`edit`, `set`). Pure.
"""

from __future__ import annotations

from typing import Any

from kubectl_lite.mapper import Mapping

Json = dict[str, Any]


def difference(mapping: Mapping, before: Json, after: Json) -> tuple[Json, str]:
    """The patch and its type; an empty patch changes nothing. Managed fields are no matter of patches."""
    from kube.api import scheme
    from kube.apimachinery.patch import merge, strategic
    from kubectl_lite.printers.objects import without_managed_fields

    before, after = without_managed_fields(before), without_managed_fields(after)
    known = scheme.by_kind(mapping.api_version, mapping.kind)
    if known:
        return strategic.three_way(before, after, before, known.type), "strategic"
    return merge.three_way(before, after, before), "merge"
