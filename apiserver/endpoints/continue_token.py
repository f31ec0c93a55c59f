"""The opaque token that continues a list: where the next page starts, in which snapshot.

Called by the list handler. It calls nothing; its form is Kubernetes' own, so that its errors are too.
Source: k8s.io/apiserver/pkg/storage/continue.go.
"""

from __future__ import annotations

import base64
import binascii
import json

from kube.apimachinery.errors import BadRequest

_VERSION = "meta.k8s.io/v1"


def encode_continue(start: str, revision: int) -> str:
    """`start` is the key of the last object of this page, relative to the listed prefix."""
    text = json.dumps({"v": _VERSION, "rv": revision, "start": start + "\0"}, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def decode_continue(token: str) -> tuple[str, int]:
    """(the key after which to go on, relative to the prefix; the revision, or -1 for the latest). Raises BadRequest."""
    content = _loads(_unbase64(token))
    version, revision, start = content.get("v", ""), content.get("rv", 0), content.get("start", "")
    if version != _VERSION:
        raise _bad(f"server does not recognize this encoded version {version}")
    if not revision or not isinstance(revision, int):
        raise _bad(f"incorrect encoded start resourceVersion (version {_VERSION})")
    if not start:
        raise _bad(f"encoded start key empty (version {_VERSION})")
    if ".." in start.split("/"):
        raise _bad(start)
    return start.removesuffix("\0"), revision


def _bad(why: str) -> BadRequest:
    return BadRequest(f"invalid continue token: continue key is not valid: {why}")


def _unbase64(token: str) -> bytes:
    alphabet = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    for position, char in enumerate(token):
        if char not in alphabet:
            raise _bad(f"illegal base64 data at input byte {position}")
    try:
        return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise _bad(f"illegal base64 data at input byte {max(0, len(token) - 1)}") from error


def _loads(data: bytes) -> dict:
    try:
        content = json.loads(data)
        if isinstance(content, dict):
            return content
    except ValueError:
        pass
    first = data[:1].decode("latin-1")
    shown = first if first.isascii() and first.isprintable() else f"\\u{ord(first or chr(0)):04x}"
    raise _bad(f"invalid character '{shown}' looking for beginning of value")
