"""The strategy of ConfigMaps.

Called by the generic store. It calls the rules that ConfigMaps share with Secrets.
Source: kubernetes pkg/apis/core/validation/validation.go, ValidateConfigMap.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy
from apiserver.registry.validation.bags import MAX_SIZE, base64_size, validate_immutable_bag, validate_keys
from kube.api.core_v1 import ConfigMap
from kube.apimachinery.errors import FieldError, Path, invalid_value, too_long

DATA, BINARY_DATA = Path("data"), Path("binaryData")
WHOLE = Path("[]")  # how Kubernetes writes the path of the object itself


class ConfigMapStrategy(Strategy[ConfigMap]):
    def validate(self, obj: ConfigMap) -> list[FieldError]:
        return _validate_data(obj) + validate_keys(obj.binaryData, BINARY_DATA) + _validate_size(obj)

    def validate_update(self, obj: ConfigMap, old: ConfigMap) -> list[FieldError]:
        return validate_immutable_bag(obj, old, ("data", "binaryData")) + self.validate(obj)


def _validate_data(obj: ConfigMap) -> list[FieldError]:
    found: list[FieldError] = []
    for key in sorted(obj.data):
        found += validate_keys({key: ""}, DATA)
        if key in obj.binaryData:
            found.append(invalid_value(DATA.key(key), key, "duplicate of key present in binaryData"))
    return found


def _validate_size(obj: ConfigMap) -> list[FieldError]:
    size = sum(len(text.encode()) for text in obj.data.values())
    size += sum(map(base64_size, obj.binaryData.values()))
    return [too_long(WHOLE, MAX_SIZE)] if size > MAX_SIZE else []
