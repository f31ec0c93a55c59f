"""The outcome of a patch as an error message shows it: JSON as the Go libraries re-encode it.

Called by the patch handler when the outcome does not decode. It calls the JSON encoder. What a patch touches is a Go
map and comes back with sorted keys, the rest keeps its order.
"""

from __future__ import annotations

import json
from typing import Any


def shown(document: Any, touched: Any) -> str:
    """`touched` is a tree: the keys whose values the patch went into."""
    return json.dumps(_ordered(_with_sorted_fields(document), touched), separators=(",", ":"), ensure_ascii=False)


def _ordered(value: Any, touched: Any) -> Any:
    if not isinstance(value, dict) or not isinstance(touched, dict):
        return value
    return {key: _ordered(value[key], touched.get(key)) for key in sorted(value)}


def _with_sorted_fields(document: Any) -> Any:
    """Sets of fields are always sorted in Go."""
    for entry in (document.get("metadata") or {}).get("managedFields") or ():
        if "fieldsV1" in entry:
            entry["fieldsV1"] = json.loads(json.dumps(entry["fieldsV1"], sort_keys=True))
    return document
