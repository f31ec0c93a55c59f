"""Entity tags of documents that clients keep: aggregated discovery and OpenAPI.

Called by the routes in `nonresource` and by `openapi`. It calls nothing. A client that names the tag it has is told 304
instead of the whole document. Source: RFC 9110, 8.8.3 and 13.1.2.
"""

from __future__ import annotations

import hashlib


def tag_of(body: bytes) -> str:
    """The tag of a document, as it stands in the header: quoted."""
    return f'"{hashlib.sha512(body).hexdigest().upper()}"'


def matches(tag: str, if_none_match: str) -> bool:
    """Whether the client's header names this tag, or any."""
    wanted = {part.strip().removeprefix("W/") for part in if_none_match.split(",")}
    return tag in wanted or "*" in wanted
