"""`--overrides`: JSON laid over a generated object, by one of the three ways to patch. Pure."""

from __future__ import annotations

import json
from typing import Any

from kubectl_lite.errors import CommandError

Json = dict[str, Any]


def overridden(obj: Json, text: str, how: str) -> Json:
    """The object with the JSON merged in. Raises CommandError for what is no JSON or no patch of that kind."""
    if not text:
        return obj
    from kube.api import scheme
    from kube.apimachinery.patch import json_patch, merge, strategic

    known = scheme.by_kind(obj["apiVersion"], obj["kind"])
    try:
        patch = json.loads(text)
        match how:
            case "json":
                return _known(json_patch.apply(obj, patch))
            case "strategic" if known:
                return _known(strategic.apply(obj, patch, known.type))
            case "merge":
                return _known(merge.apply(obj, patch))
    except ValueError as why:
        raise CommandError("Invalid JSON Patch") from why
    raise CommandError(f"invalid override type: {how}")


def _known(obj: Json) -> Json:
    """Raises CommandError for what the overrides made an object of no kind that there is."""
    from kube.api import scheme

    if scheme.by_kind(obj["apiVersion"], obj["kind"]) is None:
        version = obj["apiVersion"]
        raise CommandError(f'no kind "{obj["kind"]}" is registered for version "{version}" in scheme '
                           '"pkg/scheme/scheme.go:28"')  # fmt: skip
    return obj
