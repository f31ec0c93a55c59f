"""An object's metadata without the rest: cut out of the stored JSON, not decoded.

Called by the views, the Tables and the watch handler. It calls the JSON scanner.
"""

from __future__ import annotations

import json

_decoder = json.JSONDecoder()
_METADATA = '"metadata":'


def metadata_json(wire: bytes) -> bytes:
    """The metadata of an object, cut out of its JSON."""
    text = wire.decode()
    start = text.index(_METADATA) + len(_METADATA)
    _, end = _decoder.raw_decode(text, start)
    return text[start:end].encode()


def partial_object(wire: bytes, version: str) -> bytes:
    """The object as PartialObjectMetadata."""
    head = f'{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/{version}","metadata":'
    return head.encode() + metadata_json(wire) + b"}"
