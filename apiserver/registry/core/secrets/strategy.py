"""The strategy of Secrets: `stringData` is a way of writing `data`, and the type is for life.

Called by the generic store. It calls its validation. Source: kubernetes pkg/registry/core/secret/strategy.go.
"""

from __future__ import annotations

import base64

from apiserver.registry.core.secrets.validation import validate_secret
from apiserver.registry.generic.strategy import Strategy
from apiserver.registry.validation.bags import validate_immutable_bag
from kube.api.core_v1 import Secret
from kube.apimachinery.errors import FieldError, Path
from kube.apimachinery.validation import validate_immutable


class SecretStrategy(Strategy[Secret]):
    field_labels = frozenset({"type"})

    def default(self, obj: Secret) -> None:
        for key, text in obj.stringData.items():
            obj.data[key] = base64.b64encode(text.encode()).decode()
        obj.stringData = {}
        obj.type = obj.type or "Opaque"

    def validate(self, obj: Secret) -> list[FieldError]:
        return validate_secret(obj)

    def validate_update(self, obj: Secret, old: Secret) -> list[FieldError]:
        found = validate_immutable(obj.type, old.type, Path("type"))
        return found + validate_immutable_bag(obj, old, ("data",)) + validate_secret(obj)

    def fields(self, obj: Secret) -> dict[str, str]:
        return {"type": obj.type}
