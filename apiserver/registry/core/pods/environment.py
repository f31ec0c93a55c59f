"""Environment variables of a container, and the references to a Pod's own fields that they share with volumes.

Called by the validation of containers and of downward-API volumes. It calls the rules for names. Source: kubernetes
pkg/apis/core/validation, ValidateEnv, and pkg/apis/core/pods for the field paths.
"""

from __future__ import annotations

import re

from apiserver.registry.core.pods.paths import validate_given_name, validate_key, validate_object_name
from apiserver.registry.validation.names import validate_qualified_name
from kube.api.core_v1 import EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, ResourceFieldSelector
from kube.apimachinery import quantity
from kube.apimachinery.errors import FieldError, Path, invalid_value, not_supported, required
from kube.apimachinery.validation import is_env_var_name

ENV_FIELDS = frozenset(
    {
        "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
        "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
    }
)  # fmt: skip
VOLUME_FIELDS = frozenset(
    {"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid"}
)
_CONVERTIBLE = ENV_FIELDS | VOLUME_FIELDS | {"spec.restartPolicy", "spec.schedulerName", "status.phase"}
_SUBSCRIPT = re.compile(r"^(.*)\['(.*)'\]$", re.DOTALL)
_RESOURCES = frozenset(
    f"{kind}.{name}" for kind in ("limits", "requests") for name in ("cpu", "memory", "ephemeral-storage")
)
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_SIZES = ["1", *("1" + unit for unit in ("k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"))]
_ONE_OF = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
_ONLY_ONE = "may not have more than one field specified at a time"


def validate_env(env: list[EnvVar], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, variable in enumerate(env):
        at = path[index]
        if not variable.name:
            found.append(required(at["name"]))
        else:
            found += [invalid_value(at["name"], variable.name, why) for why in is_env_var_name(variable.name)]
        if variable.valueFrom is not None:
            found += _validate_source(variable.valueFrom, variable.value, at["valueFrom"])
    return found


def _validate_source(source: EnvVarSource, value: str, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    if source.fieldRef is not None:
        found += validate_field_ref(source.fieldRef, ENV_FIELDS, path["fieldRef"])
    if source.resourceFieldRef is not None:
        found += validate_resource_ref(source.resourceFieldRef, path["resourceFieldRef"], in_volume=False)
    for name in ("configMapKeyRef", "secretKeyRef"):
        selector = getattr(source, name)
        if selector is not None:
            found += validate_object_name(selector.name, path[name]["name"])
            found += validate_key(selector.key, path[name]["key"])
    given = sum(getattr(source, name) is not None for name in type(source).model_fields)
    if not given:
        found.append(invalid_value(path, "", _ONE_OF))
    if value and given:
        found.append(invalid_value(path, "", "may not be specified when `value` is not empty"))
    elif given > 1:
        found.append(invalid_value(path, "", _ONLY_ONE))
    return found


def validate_env_from(sources: list[EnvFromSource], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, source in enumerate(sources):
        at = path[index]
        if source.prefix:
            found += [invalid_value(at["prefix"], source.prefix, why) for why in is_env_var_name(source.prefix)]
        given = [name for name in ("configMapRef", "secretRef") if getattr(source, name) is not None]
        for name in given:
            found += validate_given_name(getattr(source, name).name, at[name]["name"])
        if not given:
            found.append(invalid_value(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif len(given) > 1:
            found.append(invalid_value(path, "", _ONLY_ONE))
    return found


# ---- fields of the Pod itself ----


def validate_field_ref(ref: ObjectFieldSelector, supported: frozenset[str], path: Path) -> list[FieldError]:
    if not ref.apiVersion:
        return [required(path["apiVersion"])]
    if not ref.fieldPath:
        return [required(path["fieldPath"])]
    subscripted = _SUBSCRIPT.match(ref.fieldPath)
    name, subscript = subscripted.groups() if subscripted else (ref.fieldPath, None)
    if why := _why_not_a_field(ref.apiVersion, ref.fieldPath, name, subscript):
        return [invalid_value(path["fieldPath"], ref.fieldPath, f"error converting fieldPath: {why}")]
    if subscript is not None:
        return validate_qualified_name(subscript.lower() if name.endswith("annotations") else subscript, path)
    name = "spec.nodeName" if name == "spec.host" else name
    return [] if name in supported else [not_supported(path["fieldPath"], name, supported)]


def _why_not_a_field(version: str, field_path: str, name: str, subscript: str | None) -> str:
    if version != "v1":
        return f"unsupported pod version: {version}"
    if subscript is not None and name not in ("metadata.annotations", "metadata.labels"):
        return f"field label does not support subscript: {field_path}"
    return "" if name in _CONVERTIBLE or name == "spec.host" else f"field label not supported: {field_path}"


def validate_resource_ref(ref: ResourceFieldSelector, path: Path, *, in_volume: bool) -> list[FieldError]:
    found: list[FieldError] = []
    if in_volume and not ref.containerName:
        found.append(required(path["containerName"]))
    elif not ref.resource:
        found.append(required(path["resource"]))
    elif ref.resource not in _RESOURCES and not ref.resource.startswith(_HUGE_PAGES):
        found.append(not_supported(path["resource"], ref.resource, _RESOURCES))
    return found + _validate_divisor(ref.resource, ref.divisor, path)


def _validate_divisor(resource: str, divisor: str, path: Path) -> list[FieldError]:
    name = resource.partition(".")[2]
    allowed = ["1m", "1"] if name == "cpu" else _SIZES
    what = {"cpu": "cpu", "memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(
        name, "hugepages" if name.startswith("hugepages-") else ""
    )
    if not what or not divisor or not quantity.parse(divisor).amount:
        return []
    if quantity.parse(divisor).amount in [quantity.parse(value).amount for value in allowed]:
        return []
    listed = " and ".join(allowed) if name == "cpu" else ", ".join(allowed)
    why = f"only divisor's values {listed} are supported with the {what} resource"
    return [invalid_value(path["divisor"], resource, why)]
