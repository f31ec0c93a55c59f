"""A number or a percentage: `maxSurge: 1`, `maxSurge: 25%`.

Called by the Deployment controller, the disruption controller and by validation. It calls nothing.
Source: k8s.io/apimachinery `util/intstr`.
"""

from __future__ import annotations

import re

_PERCENT = re.compile(r"[0-9]+%")


def is_percent(value: int | str) -> bool:
    """Whether the value is a string of digits followed by `%`."""
    return isinstance(value, str) and bool(_PERCENT.fullmatch(value))


def scaled_value(value: int | str, total: int, *, round_up: bool) -> int:
    """The number itself, or that percentage of the total, rounded up or down. Raises ValueError on other strings."""
    if isinstance(value, int):
        return value
    if not is_percent(value):
        raise ValueError(f"invalid value for IntOrString: invalid type: string is not a percentage: {value!r}")
    product = int(value[:-1]) * total
    return -(-product // 100) if round_up else product // 100
