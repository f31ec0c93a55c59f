"""Strategic merge patch: a merge patch that knows which lists merge, and by which key.

Called by the API server's patch handler and, for `kubectl apply`, by kubectl_lite (`three_way`).
Reads merge keys and strategies from the type's declarations through `schema`. Directives: `$patch: delete|replace`,
`$setElementOrder/FIELD`, `$deleteFromPrimitiveList/FIELD`, `$retainKeys`; none of them is ever stored. Whether the
outcome fits the type is `restore`'s question. Source: apimachinery/pkg/util/strategicpatch/patch.go.
"""

from __future__ import annotations

import copy
from typing import Any

from kube.apimachinery.errors import BadRequest
from kube.apimachinery.patch.schema import schema_of
from kube.apimachinery.patch.strategic_diff import three_way, two_way
from kube.apimachinery.patch.strategic_merge import merge_map
from kube.apimachinery.types import APIModel


def apply(doc: dict[str, Any], patch: Any, model: type[APIModel]) -> dict[str, Any]:
    """The patched document; what was given is not changed. Raises BadRequest for a patch that cannot be applied."""
    if not isinstance(patch, dict):
        what = {list: "array", str: "string", bool: "bool"}.get(type(patch), "number")
        raise BadRequest(f"json: cannot unmarshal {what} into Go value of type map[string]interface {{}}")
    return merge_map(copy.deepcopy(doc), copy.deepcopy(patch), schema_of(model))


__all__ = ["apply", "three_way", "two_way"]
