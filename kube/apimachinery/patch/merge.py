"""JSON Merge Patch (RFC 7386): objects merge, null deletes, everything else replaces.

Called by the API server's patch handler, and by kubectl_lite, which computes such patches for kinds whose merge keys it
does not know. It calls nothing. Lists are replaced whole; for lists that merge see `strategic`.
"""

from __future__ import annotations

import copy
from typing import Any

from kube.apimachinery.errors import BadRequest

Json = dict[str, Any]


def apply(doc: Json, patch: Any) -> Json:
    """The patched document; what was given is not changed. Raises BadRequest for a patch that is no object."""
    if not isinstance(patch, dict):
        what = {list: "array", str: "string", bool: "bool"}.get(type(patch), "number")
        raise BadRequest(f"error decoding patch: json: cannot unmarshal {what} into Go value of type "
                         "map[string]interface {}")  # fmt: skip
    return _merge(doc, patch)


def _merge(target: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = _merge(out.get(key), value)
    return out


def create(original: Json, modified: Json) -> Json:
    """The patch that turns one document into the other."""
    patch: Json = {}
    for key, value in modified.items():
        if key not in original:
            patch[key] = copy.deepcopy(value)
        elif isinstance(value, dict) and isinstance(original[key], dict):
            if inner := create(original[key], value):
                patch[key] = inner
        elif value != original[key]:
            patch[key] = copy.deepcopy(value)
    patch |= {key: None for key in original if key not in modified}
    return patch


def three_way(original: Json, modified: Json, current: Json) -> Json:
    """What `kubectl apply` sends: from current to modified without deletions, and the deletions from original to
    modified (fields that somebody else added to current stay)."""
    return _over(_only(create(original, modified), deletions=True), _only(create(current, modified), deletions=False))


def _only(patch: Json, deletions: bool) -> Json:
    out: Json = {}
    for key, value in patch.items():
        if isinstance(value, dict):
            if inner := _only(value, deletions):
                out[key] = inner
            elif not deletions and not value:
                out[key] = value
        elif (value is None) == deletions:
            out[key] = value
    return out


def _over(first: Json, second: Json) -> Json:
    """Both patches in one; deletions stay in it as nulls."""
    out = dict(first)
    for key, value in second.items():
        mine = out.get(key)
        out[key] = _over(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return out
