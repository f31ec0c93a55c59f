"""Client certificates: the common name is the user, each organization a group.

Called once a TLS connection. The TLS library has verified the chain already (`apiserver.serving.tls`), so this only
reads the subject. Source: k8s.io/apiserver/pkg/authentication/request/x509.
"""

from __future__ import annotations

from typing import Any

from apiserver.authn.user import User


def user_of_certificate(peer: dict[str, Any] | None) -> User | None:
    """`peer` is what `ssl.SSLObject.getpeercert()` returns; empty or None: no certificate was shown."""
    if not peer:
        return None
    name, groups = "", []
    for relative_name in peer.get("subject", ()):
        for key, value in relative_name:
            if key == "commonName":
                name = value
            elif key == "organizationName":
                groups.append(value)
    return User(name, groups=tuple(groups)).authenticated() if name else None
