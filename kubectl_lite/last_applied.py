"""The annotation in which `apply` remembers what it last applied. Pure.

Source: kubernetes.io/docs/tasks/manage-kubernetes-objects/declarative-config/. It is compact JSON with sorted keys and
a newline, of the manifest without the annotation itself, byte for byte what kubectl writes, so that the two may take
turns on one object.
"""

from __future__ import annotations

import json
from typing import Any

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
CLIENT_SIDE, SERVER_SIDE = "kubectl-client-side-apply", "kubectl"
"""The managers of what is applied, if nobody says another."""


def with_last_applied(obj: dict[str, Any]) -> dict[str, Any]:
    """The object with the annotation that describes it."""
    bare = without_last_applied(obj)
    metadata = bare["metadata"]
    annotations = metadata["annotations"] | {ANNOTATION: encode(bare)}
    return bare | {"metadata": metadata | {"annotations": annotations}}


def without_last_applied(obj: dict[str, Any]) -> dict[str, Any]:
    """The object without the annotation; `annotations` is there, if only empty, as kubectl leaves it."""
    metadata = obj.get("metadata") or {}
    annotations = {k: v for k, v in (metadata.get("annotations") or {}).items() if k != ANNOTATION}
    return obj | {"metadata": metadata | {"annotations": annotations}}


def encode(obj: dict[str, Any]) -> str:
    """Compact JSON as Go's encoder writes it: sorted keys, and <, > and & escaped."""
    text = json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for char, escape in (("&", "\\u0026"), ("<", "\\u003c"), (">", "\\u003e")):
        text = text.replace(char, escape)
    return text + "\n"


def read(obj: dict[str, Any]) -> dict[str, Any] | None:
    """What was last applied to a live object; None when nothing was. Raises ValueError when it cannot be read."""
    text = ((obj.get("metadata") or {}).get("annotations") or {}).get(ANNOTATION)
    return json.loads(text) if text else None


def manager_of(given: str, *, server_side: bool) -> str:
    """The manager of what is written: `--server-side` has another default."""
    return SERVER_SIDE if server_side and given == CLIENT_SIDE else given
