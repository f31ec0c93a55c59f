"""The patch that leads from one object to another: strategic for the kinds that we know, a JSON merge patch for others.

Called by the commands that change a live object (`apply`, `diff`, `edit`, `set`, `debug`). Pure.
"""

from __future__ import annotations

from typing import Any

from kubectl_lite.mapper import Mapping

Json = dict[str, Any]


def difference(mapping: Mapping, before: Json, after: Json) -> tuple[Json, str]:
    """The patch and its type; an empty patch changes nothing. Managed fields are no matter of patches."""
    from kubectl_lite.printers.objects import without_managed_fields

    before, after = without_managed_fields(before), without_managed_fields(after)
    return three_way(mapping, before, after, before)


def three_way(mapping: Mapping, original: Json, modified: Json, live: Json) -> tuple[Json, str]:
    """The patch that leads from the live object to `modified`, and its type; what stood in `original` alone goes."""
    from kube.api import scheme
    from kube.apimachinery.patch import merge, strategic

    known = scheme.by_kind(mapping.api_version, mapping.kind)
    if known:
        return strategic.three_way(original, modified, live, known.type), "strategic"
    return merge.three_way(original, modified, live), "merge"
