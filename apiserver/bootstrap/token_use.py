"""The label on a token Secret that says on which day its token was last used.

Called by the app, for `apiserver.authn.secret_tokens`. It calls the store of Secrets, on the server's own behalf.
Source: kubernetes pkg/serviceaccount/legacy.go (LegacyServiceAccountTokenTracking).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from apiserver.authn.secret_tokens import LAST_USED
from apiserver.bootstrap.objects import own_write
from apiserver.registry.generic.store import Store
from apiserver.storage.interface import StorageError
from kube.api.core_v1 import Secret
from kube.apimachinery.errors import StatusError

log = logging.getLogger("apiserver.authn")


def marker(secrets: Store[Any]) -> Callable[[str, str, str], Awaitable[None]]:
    """A function that sets the label; when that fails the request goes on all the same."""

    async def mark(namespace: str, name: str, day: str) -> None:
        async def make(current: Secret) -> Secret:
            current.metadata.labels = {**current.metadata.labels, LAST_USED: day}
            return current

        try:
            await secrets.update(namespace, name, make, own_write())
        except (StatusError, StorageError) as error:
            log.warning("the use of the token in secret %s/%s was not noted: %s", namespace, name, error)

    return mark
