"""The forms in which an object or a list goes out: itself, only its metadata, or a Table row.

Called by the handlers with the stored JSON and the negotiated output. It calls the printers for Tables. The plain form
costs nothing: stored bytes are sent as they are. Source: k8s.io/apiserver/pkg/endpoints/handlers/response.go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from apiserver.endpoints.negotiation import Output
from apiserver.endpoints.partial import partial_object
from apiserver.endpoints.printers import table
from kube.apimachinery.errors import BadRequest, NotAcceptable, quoted
from kube.apimachinery.scheme import Resource


def object_body(resource: Resource, wire: bytes, output: Output, include_object: str) -> bytes:
    """One object in the form that was asked for."""
    if not output.as_kind:
        return wire
    if output.as_kind == "PartialObjectMetadata":
        return partial_object(wire, output.as_version)
    if output.as_kind == "Table":
        check_include_object(include_object)
        return table.of_object(resource, wire, output.as_version, include_object)
    raise wrong_kind(output.as_kind, f"not a list (*{_package(resource)}.{resource.kind})")


def list_head(
    kind: str, api_version: str, revision: int, continue_token: str = "", remaining: int | None = None
) -> str:
    """A list up to its items: `{"kind":"PodList",…,"items":`."""
    meta = json.dumps(list_metadata(revision, continue_token, remaining), separators=(",", ":"))
    return f'{{"kind":"{kind}","apiVersion":"{api_version}","metadata":{meta},"items":'


def list_metadata(revision: int, continue_token: str = "", remaining: int | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"resourceVersion": str(revision)}
    if continue_token:
        found["continue"] = continue_token
    if remaining is not None:
        found["remainingItemCount"] = remaining
    return found


def list_start(resource: Resource, revision: int, continue_token: str, remaining: int | None) -> bytes:
    """A list of the resource's own objects up to the first of them; `Items.tail` goes on from there."""
    return list_head(resource.list_kind, resource.api_version, revision, continue_token, remaining).encode() + b"["


def list_body(
    resource: Resource, wires: Sequence[bytes], output: Output, include_object: str,
    revision: int, continue_token: str, remaining: int | None,
) -> bytes:  # fmt: skip
    """A list in the form that was asked for."""
    if not output.as_kind:
        return list_start(resource, revision, continue_token, remaining) + _joined(wires) + b"]}"
    if output.as_kind == "PartialObjectMetadataList":
        version = f"meta.k8s.io/{output.as_version}"
        head = list_head(output.as_kind, version, revision, continue_token, remaining)
        items = b",".join(partial_object(w, output.as_version) for w in wires)
        return head.encode() + (b"[%s]}" % items if wires else b"null}")
    if output.as_kind == "Table":
        check_include_object(include_object)
        return table.of_list(resource, wires, output.as_version, include_object, revision, continue_token, remaining)
    raise wrong_kind(output.as_kind, f"a list (*{_package(resource)}.{resource.list_kind})")


def _package(resource: Resource) -> str:
    """The Go package of a group's types, which error texts name."""
    return resource.group.partition(".")[0] or "core"


def check_include_object(value: str) -> None:
    """Raises BadRequest."""
    if value not in ("", "Metadata", "Object", "None"):
        why = f"includeObject: Invalid value: {quoted(value)}: must be 'Metadata', 'Object', 'None', or empty"
        raise BadRequest(f"Unable to convert to Table as requested: {why}")


def _joined(wires: Sequence[bytes]) -> bytes:
    return b",".join(b"{" + wire[wire.index(b'"metadata":') :] for wire in wires)


def wrong_kind(wanted: str, is_: str) -> NotAcceptable:
    """An object was asked for as a list, or the other way round."""
    return NotAcceptable(f"you requested {wanted}, but the requested object is {is_}")
