"""Ports: numbers, names of container ports, protocols.

Called by the validation of Services, Endpoints, EndpointSlices and workloads. It calls `kube.apimachinery.validation`.
"""

from __future__ import annotations

from kube.apimachinery.errors import FieldError, Path, invalid_value, not_supported, required
from kube.apimachinery.validation import is_valid_port_name, is_valid_port_number

PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})


def validate_port_number(port: int, path: Path) -> list[FieldError]:
    return [invalid_value(path, port, why) for why in is_valid_port_number(port)]


def validate_port_number_or_name(port: int | str, path: Path) -> list[FieldError]:
    """A target port: 1-65535, or the name of a container's port."""
    problems = is_valid_port_name(port) if isinstance(port, str) else is_valid_port_number(port)
    return [invalid_value(path, port, why) for why in problems]


def validate_protocol(protocol: str, path: Path) -> list[FieldError]:
    if not protocol:
        return [required(path)]
    return [] if protocol in PROTOCOLS else [not_supported(path, protocol, PROTOCOLS)]
