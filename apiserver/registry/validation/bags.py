"""ConfigMaps and Secrets: keys that can be file names, a limit of size, and `immutable`.

Called by the validation of both. It calls the rule for keys. What a type of Secret must hold is with Secrets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value
from kube.apimachinery.validation import is_config_map_key

MAX_SIZE = 1024 * 1024


class Bag(Protocol):
    immutable: bool | None


def validate_keys(bag: Mapping[str, str], path: Path) -> list[FieldError]:
    return [invalid_value(path.key(key), key, why) for key in sorted(bag) for why in is_config_map_key(key)]


def validate_immutable_bag(new: Bag, old: Bag, fields: Iterable[str]) -> list[FieldError]:
    """Once `immutable` is true, neither it nor the contents change."""
    if not old.immutable:
        return []
    changed = [] if new.immutable else ["immutable"]
    changed += [field for field in fields if getattr(new, field) != getattr(old, field)]
    return [forbidden(Path(field), "field is immutable when `immutable` is set") for field in changed]


def base64_size(text: str) -> int:
    """The bytes that a base64 text stands for."""
    return len(text) * 3 // 4 - text[-2:].count("=")
