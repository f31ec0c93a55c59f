"""The strategy of ServiceAccounts.

Called by the generic store. It calls nothing: there is little to check. Tokens are made by the handler of `/token`.
Source: kubernetes pkg/registry/core/serviceaccount/strategy.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.api.core_v1 import ObjectReference, ServiceAccount

ENFORCE_MOUNTABLE = "kubernetes.io/enforce-mountable-secrets"


class ServiceAccountStrategy(Strategy[ServiceAccount]):
    returns_deleted_object = True

    def prepare_for_create(self, obj: ServiceAccount, ctx: WriteContext) -> None:
        """A secret is named, and nothing more is kept of the reference."""
        obj.secrets = [ObjectReference(name=secret.name) for secret in obj.secrets]

    def prepare_for_update(self, obj: ServiceAccount, old: ServiceAccount, ctx: WriteContext) -> None:
        self.prepare_for_create(obj, ctx)

    def warnings_on_create(self, obj: ServiceAccount) -> list[str]:
        if ENFORCE_MOUNTABLE not in obj.metadata.annotations:
            return []
        return [
            f"metadata.annotations[{ENFORCE_MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate "
            "access to mounted secrets"
        ]

    def warnings_on_update(self, obj: ServiceAccount, old: ServiceAccount) -> list[str]:
        """Only for who adds the annotation."""
        return [] if ENFORCE_MOUNTABLE in old.metadata.annotations else self.warnings_on_create(obj)
