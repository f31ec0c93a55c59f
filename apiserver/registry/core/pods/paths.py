"""Paths on a container's file system, and names of things that containers refer to.

Called by the validation of volumes, mounts and environments of Pods. Pure.
"""

from __future__ import annotations

from kube.apimachinery.errors import FieldError, Path, invalid_value, required
from kube.apimachinery.validation import is_config_map_key, is_dns1123_subdomain

MODE = "must be a number between 0 and 0777 (octal), both inclusive"


def validate_no_backsteps(value: str, path: Path) -> list[FieldError]:
    return [invalid_value(path, value, "must not contain '..'")] if ".." in value.split("/") else []


def validate_descending(value: str, path: Path) -> list[FieldError]:
    """A relative path that does not lead out."""
    found = [invalid_value(path, value, "must be a relative path")] if value.startswith("/") else []
    return found + validate_no_backsteps(value, path)


def validate_not_reserved(value: str, path: Path) -> list[FieldError]:
    """As `validate_descending`, and not among the names that volumes keep for themselves (`..data`)."""
    found = validate_descending(value, path)
    if value.startswith("..") and not value.startswith("../") and value != "..":
        found.append(invalid_value(path, value, "must not start with '..'"))
    return found


def validate_mode(mode: int | None, path: Path) -> list[FieldError]:
    return [] if mode is None or 0 <= mode <= 0o777 else [invalid_value(path, mode, MODE)]


def validate_object_name(name: str, path: Path) -> list[FieldError]:
    """The name of a ConfigMap, a Secret or another object."""
    return [invalid_value(path, name, why) for why in is_dns1123_subdomain(name)]


def validate_given_name(name: str, path: Path) -> list[FieldError]:
    return validate_object_name(name, path) if name else [required(path)]


def validate_key(key: str, path: Path) -> list[FieldError]:
    """A key of a ConfigMap or a Secret."""
    return [invalid_value(path, key, why) for why in is_config_map_key(key)] if key else [required(path)]
