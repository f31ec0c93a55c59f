"""Who makes a request: the result of authentication.

Made by the authenticators, read by authorization, admission, audit lines and reviews. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ANONYMOUS_NAME = "system:anonymous"
UNAUTHENTICATED = "system:unauthenticated"
AUTHENTICATED = "system:authenticated"
MASTERS = "system:masters"
SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class User:
    """A name, a uid, groups, and extra facts (from a token: its id, the pod it is bound to)."""

    name: str
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def authenticated(self) -> User:
        """The same user with the group that every authenticated user is in."""
        if AUTHENTICATED in self.groups or UNAUTHENTICATED in self.groups:
            return self
        return User(self.name, self.uid, (*self.groups, AUTHENTICATED), self.extra)


ANONYMOUS = User(ANONYMOUS_NAME, groups=(UNAUTHENTICATED,))


def service_account_name(namespace: str, name: str) -> str:
    return f"{SERVICE_ACCOUNT_PREFIX}{namespace}:{name}"


def split_service_account(username: str) -> tuple[str, str] | None:
    """(namespace, name) of a service account's user name, None for other users."""
    parts = username.split(":")
    if len(parts) == 4 and username.startswith(SERVICE_ACCOUNT_PREFIX):
        return parts[2], parts[3]
    return None
