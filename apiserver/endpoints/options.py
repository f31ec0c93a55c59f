"""The query parameters of each verb as typed options, refused in Kubernetes' words when they make no sense.

Called by the handlers. It calls only the error constructors, and leaves alone what only storage can judge (whether a
revision still exists). Unknown parameters are ignored, as in Kubernetes. Source: apimachinery's metav1 validation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from apiserver.endpoints.request_info import is_true
from kube.apimachinery import errors
from kube.apimachinery.errors import BadRequest, FieldError, Path
from kube.apimachinery.meta_v1 import DeleteOptions, Preconditions, StatusDetails

_MAX_MANAGER = 128
_EXACT, _NOT_OLDER = "Exact", "NotOlderThan"


def invalid_options(kind: str, found: Sequence[FieldError]) -> errors.Invalid:
    """422 for options, which are kinds of meta.k8s.io."""
    texts = list(dict.fromkeys(str(e) for e in found))
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    details = StatusDetails(group="meta.k8s.io", kind=kind, causes=[e.cause for e in found])
    return errors.Invalid(f'{kind}.meta.k8s.io "" is invalid: {text}', details)


def parse_int(text: str) -> int:
    """A decimal number as Go's ParseInt reads it. Raises BadRequest with its words."""
    body = text[1:] if text[:1] in ("-", "+") else text
    if not (body.isascii() and body.isdigit()):
        raise BadRequest(f"strconv.ParseInt: parsing {errors.quoted(text)}: invalid syntax")
    return int(text)


# ---- writes ----


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """Options of create, update and patch."""

    dry_run: bool = False
    field_manager: str = ""
    field_validation: str = "Warn"
    force: bool | None = None


def write_options(kind: str, query: dict[str, str], raw_query: bytes, *, apply: bool = False) -> WriteOptions:
    """`kind` is CreateOptions, UpdateOptions or PatchOptions. Raises Invalid."""
    if not query:
        found: list[FieldError] = []
        if apply:
            found = [_manager_required()]
    else:
        found = list(_write_errors(kind, query, raw_query, apply))
    if found:
        raise invalid_options(kind, found)
    force = query.get("force")
    return WriteOptions(
        dry_run="dryRun" in query and query["dryRun"] == "All",
        field_manager=query.get("fieldManager", ""),
        field_validation=query.get("fieldValidation") or "Warn",
        force=None if force is None else is_true(force),
    )


def _manager_required() -> FieldError:
    return errors.required(Path("fieldManager"), "is required for apply patch")


def _write_errors(kind: str, query: dict[str, str], raw_query: bytes, apply: bool) -> list[FieldError]:
    found: list[FieldError] = []
    if kind == "PatchOptions" and "force" in query and not apply:
        found.append(errors.forbidden(Path("force"), "may not be specified for non-apply patch"))
    manager = query.get("fieldManager", "")
    if apply and not manager:
        found.append(_manager_required())
    found += manager_errors(manager)
    found += dry_run_errors(_values(raw_query, "dryRun") if "dryRun" in query else [])
    validation = query.get("fieldValidation", "")
    if validation not in ("", "Ignore", "Strict", "Warn"):
        found.append(errors.not_supported(Path("fieldValidation"), validation, ("", "Ignore", "Strict", "Warn")))
    return found


def manager_errors(manager: str) -> list[FieldError]:
    """At most 128 bytes, printable."""
    path = Path("fieldManager")
    if len(manager.encode()) > _MAX_MANAGER:
        return [errors.too_long(path, _MAX_MANAGER)]
    for position, char in enumerate(manager):
        if not char.isprintable():
            detail = f"invalid character U+{ord(char):04X} (at position {position})"
            return [FieldError("FieldValueInvalid", str(path), f"Invalid value: {_go_quoted(manager)}: {detail}")]
    return []


def _go_quoted(text: str) -> str:
    """A string as Go's %q prints it."""
    special = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char in special:
            out.append(special[char])
        elif char.isprintable():
            out.append(char)
        else:
            out.append(f"\\x{ord(char):02x}" if ord(char) < 0x80 else f"\\u{ord(char):04x}")
    return '"' + "".join(out) + '"'


def dry_run_errors(values: Sequence[str]) -> list[FieldError]:
    """Only `All` is known."""
    if all(v == "All" for v in values):
        return []
    return [errors.not_supported(Path("dryRun"), list(values), ("All",))]


def _values(raw_query: bytes, name: str) -> list[str]:
    return parse_qs(raw_query.decode("latin-1"), keep_blank_values=True).get(name, [])


# ---- deletes ----

_POLICIES = ("Foreground", "Background", "Orphan")


def delete_options_from_query(query: dict[str, str], raw_query: bytes) -> DeleteOptions:
    """DeleteOptions given as parameters, as some clients do. Raises BadRequest."""
    options = DeleteOptions()
    if "gracePeriodSeconds" in query:
        options.gracePeriodSeconds = parse_int(query["gracePeriodSeconds"])
    if "orphanDependents" in query:
        options.orphanDependents = is_true(query["orphanDependents"])
    if "propagationPolicy" in query:
        options.propagationPolicy = query["propagationPolicy"]
    if "dryRun" in query:
        options.dryRun = _values(raw_query, "dryRun")
    if "preconditions.uid" in query or "preconditions.resourceVersion" in query:
        options.preconditions = Preconditions(
            uid=query.get("preconditions.uid"), resourceVersion=query.get("preconditions.resourceVersion")
        )
    return options


def check_delete_options(options: DeleteOptions) -> None:
    """Raises Invalid."""
    found: list[FieldError] = []
    policy = options.propagationPolicy
    path = Path("propagationPolicy")
    if policy is not None and options.orphanDependents is not None:
        found.append(errors.invalid_value(path, policy, "orphanDependents and deletionPropagation cannot be both set"))
    if policy is not None and policy not in _POLICIES:
        values = ", ".join(f'"{p}"' for p in (*_POLICIES, "nil"))
        text = f"Unsupported value: {errors.quoted(policy)}: supported values: {values}"
        found.append(FieldError("FieldValueNotSupported", str(path), text))
    found += dry_run_errors(options.dryRun)
    if found:
        raise invalid_options("DeleteOptions", found)


# ---- reads ----


@dataclass(frozen=True, slots=True)
class ListOptions:
    """Options of list and watch. `revision` None: the latest; 0: any; N: not older, or `exact`."""

    label_selector: str = ""
    field_selector: str = ""
    limit: int = 0
    continue_token: str = ""
    resource_version: str = ""
    revision: int | None = None
    exact: bool = False
    timeout_seconds: int | None = None
    bookmarks: bool = False
    send_initial_events: bool | None = None


_NONE = ListOptions()


def parse_revision(text: str) -> int | None:
    """A resourceVersion parameter. Raises BadRequest for one that is no number, in the words of the real server."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit()):
        detail = f"strconv.ParseUint: parsing {errors.quoted(text)}: invalid syntax"
        raise BadRequest(f"resourceVersion: Invalid value: {errors.quoted(text)}: {detail}")
    return int(text)


def list_options(query: dict[str, str], *, watch: bool) -> ListOptions:
    """Reads and checks them. Raises BadRequest, Invalid."""
    if not query:
        return _NONE
    limit = parse_int(query["limit"]) if query.get("limit") else 0
    timeout = parse_int(query["timeoutSeconds"]) if query.get("timeoutSeconds") else None
    initial = is_true(query["sendInitialEvents"]) if query.get("sendInitialEvents") else None
    match = query.get("resourceVersionMatch", "")
    version = query.get("resourceVersion", "")
    if watch:
        found = _watch_errors(match, initial, bool(query.get("continue")))
    else:
        found = _list_errors(query, match, version, initial)
    if found:
        raise invalid_options("ListOptions", found)
    return ListOptions(
        label_selector=query.get("labelSelector", ""),
        field_selector=query.get("fieldSelector", ""),
        limit=max(0, limit),
        continue_token=query.get("continue", ""),
        resource_version=version,
        revision=parse_revision(version),
        exact=match == _EXACT,
        timeout_seconds=timeout,
        bookmarks=is_true(query.get("allowWatchBookmarks")),
        send_initial_events=initial,
    )


def _unsupported_match(match: str, supported: Sequence[str]) -> FieldError:
    values = ", ".join(f'"{v}"' for v in supported)
    text = f"Unsupported value: {errors.quoted(match)}: supported values: {values}"
    return FieldError("FieldValueNotSupported", "resourceVersionMatch", text)


def _watch_errors(match: str, initial: bool | None, continued: bool) -> list[FieldError]:
    path = Path("resourceVersionMatch")
    found = []
    if initial is not None and match != _NOT_OLDER:
        found.append(errors.forbidden(path, f"sendInitialEvents requires setting resourceVersionMatch to {_NOT_OLDER}"))
    if continued:
        found.append(errors.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
    if match and initial is None:
        text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        found.append(errors.forbidden(path, text))
    if match not in ("", _NOT_OLDER):
        found.append(_unsupported_match(match, (_NOT_OLDER,)))
    return found


def _list_errors(query: dict[str, str], match: str, version: str, initial: bool | None) -> list[FieldError]:
    path = Path("resourceVersionMatch")
    found = []
    if match:
        if not version:
            text = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            found.append(errors.forbidden(path, text))
        if query.get("continue"):
            found.append(errors.forbidden(path, "resourceVersionMatch is forbidden when continue is provided"))
        if match not in (_EXACT, _NOT_OLDER):
            found.append(_unsupported_match(match, (_EXACT, _NOT_OLDER, "")))
        if match == _EXACT and version == "0":
            text = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            found.append(errors.forbidden(path, text))
    if initial is not None:
        found.append(errors.forbidden(Path("sendInitialEvents"), "sendInitialEvents is forbidden for list"))
    return found
