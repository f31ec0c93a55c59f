"""Probes and lifecycle handlers of a container.

Called by the validation of containers. It calls the rules for ports. Source: kubernetes pkg/apis/core/validation,
validateProbe, validateLifecycle, validateHandler.
"""

from __future__ import annotations

from apiserver.registry.validation.ports import validate_port_number, validate_port_number_or_name
from kube.api.core_v1 import HTTPGetAction, Lifecycle, LifecycleHandler, Probe
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required
from kube.apimachinery.validation import regex_text, validate_nonnegative
from kube.apimachinery.validation.names import matches

_SCHEMES = frozenset({"HTTP", "HTTPS"})
_HEADER = "[-A-Za-z0-9]+"
_HEADER_TEXT = "a valid HTTP header must consist of alphanumeric characters or '-'"
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")


def validate_liveness(probe: Probe | None, grace: int, path: Path) -> list[FieldError]:
    """Also of startup probes: one success is enough for them."""
    found = _validate_probe(probe, grace, path)
    if probe is not None and probe.successThreshold != 1:
        found.append(invalid_value(path["successThreshold"], probe.successThreshold, "must be 1"))
    return found


def validate_readiness(probe: Probe | None, grace: int, path: Path) -> list[FieldError]:
    found = _validate_probe(probe, grace, path)
    if probe is not None and probe.terminationGracePeriodSeconds is not None:
        at, seconds = path["terminationGracePeriodSeconds"], probe.terminationGracePeriodSeconds
        found.append(invalid_value(at, seconds, "must not be set for readinessProbes"))
    return found


def validate_lifecycle(lifecycle: Lifecycle | None, grace: int, path: Path) -> list[FieldError]:
    if lifecycle is None:
        return []
    found: list[FieldError] = []
    for name in ("postStart", "preStop"):
        handler = getattr(lifecycle, name)
        if handler is not None:
            found += _validate_handler(handler, grace, path[name])
    return found


def _validate_probe(probe: Probe | None, grace: int, path: Path) -> list[FieldError]:
    if probe is None:
        return []
    found = _validate_handler(probe, grace, path)
    for name in _COUNTS:
        found += validate_nonnegative(getattr(probe, name), path[name])
    seconds = probe.terminationGracePeriodSeconds
    if seconds is not None and seconds <= 0:
        found.append(invalid_value(path["terminationGracePeriodSeconds"], seconds, "must be greater than 0"))
    return found


def _validate_handler(handler: Probe | LifecycleHandler, grace: int, path: Path) -> list[FieldError]:
    """Just one of exec, httpGet, tcpSocket, grpc, sleep; only the first is looked into."""
    given = [n for n in ("exec", "httpGet", "tcpSocket", "grpc", "sleep") if getattr(handler, n, None) is not None]
    if not given:
        return [required(path, "must specify a handler type")]
    first, *others = given
    found = _validate_action(first, getattr(handler, first), grace, path[first])
    return found + [forbidden(path[name], "may not specify more than 1 handler type") for name in others]


def _validate_action(kind: str, action: object, grace: int, path: Path) -> list[FieldError]:
    if kind == "exec":
        return [] if action.command else [required(path["command"])]
    if kind == "httpGet":
        return _validate_http(action, path)
    if kind == "tcpSocket":
        return validate_port_number_or_name(action.port, path["port"])
    if kind == "grpc":
        return validate_port_number(action.port, path["port"])
    if 0 <= action.seconds <= grace:
        return []
    return [
        invalid_value(
            path, action.seconds, f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        )
    ]


def _validate_http(action: HTTPGetAction, path: Path) -> list[FieldError]:
    found = [] if action.path else [required(path["path"])]
    found += validate_port_number_or_name(action.port, path["port"])
    if action.scheme not in _SCHEMES:
        found.append(not_supported(path["scheme"], action.scheme, _SCHEMES))
    for header in action.httpHeaders:
        if not matches(_HEADER, header.name):
            found.append(
                invalid_value(path["httpHeaders"], header.name, regex_text(_HEADER_TEXT, _HEADER, "X-Header-Name"))
            )
    return found
