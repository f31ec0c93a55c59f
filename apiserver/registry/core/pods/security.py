"""Security contexts of Pods and containers, and what a Pod shares with its host.

Called by the validation of Pod specs. It calls the rules for numbers, paths and Windows.
Source: kubernetes pkg/apis/core/validation, ValidateSecurityContext, ValidatePodSecurityContext, validateHostUsers.
"""

from __future__ import annotations

import re

from apiserver.registry.core.pods.internal import Internal
from apiserver.registry.core.pods.paths import validate_descending
from apiserver.registry.core.pods.windows import validate_windows_options
from kube.api.core_v1 import (
    AppArmorProfile,
    Container,
    PodSecurityContext,
    PodSpec,
    SeccompProfile,
    SecurityContext,
    Sysctl,
)
from kube.apimachinery.errors import (
    FieldError,
    Path,
    duplicate,
    forbidden,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from kube.apimachinery.validation import is_in_range

_ESCALATION = "cannot set `allowPrivilegeEscalation` to false and "
_SECCOMP = ("Localhost", "RuntimeDefault", "Unconfined")
_CHANGE_POLICIES = frozenset({"OnRootMismatch", "Always"})
_GROUP_POLICIES = frozenset({"Merge", "Strict"})
_SELINUX_POLICIES = frozenset({"MountOption", "Recursive"})
_UNMASKED = "`hostUsers` must be false to use `Unmasked`"
_PATH_MAX = 4095
_SYSCTL_PART = "[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?"
_SYSCTL = re.compile(rf"({_SYSCTL_PART}[./])*{_SYSCTL_PART}")
_SYSCTL_SHOWN = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$"


def validate_container_security(
    context: SecurityContext | None, path: Path, *, host_users: bool = True
) -> list[FieldError]:
    """`host_users`: the Pod has no user namespace of its own."""
    if context is None:
        return []
    found = _validate_ids(context, ("runAsUser", "runAsGroup"), path)
    if context.procMount is not None and context.procMount not in ("Default", "Unmasked"):
        found.append(not_supported(path["procMount"], context.procMount, ("Default", "Unmasked")))
    if host_users and context.procMount == "Unmasked":
        found.append(invalid_value(path["procMount"], context.procMount, _UNMASKED))
    found += _validate_seccomp(context.seccompProfile, path["seccompProfile"])
    if context.allowPrivilegeEscalation is False:
        if context.privileged:
            found.append(invalid_value(path, Internal(context), f"{_ESCALATION}`privileged` to true"))
        if context.capabilities is not None and "CAP_SYS_ADMIN" in context.capabilities.add:
            found.append(invalid_value(path, Internal(context), f"{_ESCALATION}`capabilities.Add` CAP_SYS_ADMIN"))
    found += validate_windows_options(context.windowsOptions, path["windowsOptions"])
    return found + _validate_app_armor(context.appArmorProfile, path["appArmorProfile"])


def validate_pod_security(spec: PodSpec, path: Path) -> list[FieldError]:
    context = spec.securityContext or PodSecurityContext()
    found = _validate_ids(context, ("fsGroup", "runAsUser", "runAsGroup"), path)
    for index, group in enumerate(context.supplementalGroups):
        found += [invalid_value(path["supplementalGroups"][index], group, why) for why in _id(group)]
    if spec.shareProcessNamespace and spec.hostPID:
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        found.append(invalid_value(path["shareProcessNamespace"], True, why))
    found += _validate_sysctls(context.sysctls, spec, path["sysctls"])
    found += _validate_policy(context, "fsGroupChangePolicy", _CHANGE_POLICIES, path)
    found += _validate_seccomp(context.seccompProfile, path["seccompProfile"])
    found += validate_windows_options(context.windowsOptions, path["windowsOptions"])
    found += _validate_app_armor(context.appArmorProfile, path["appArmorProfile"])
    found += _validate_policy(context, "supplementalGroupsPolicy", _GROUP_POLICIES, path)
    return found + _validate_policy(context, "seLinuxChangePolicy", _SELINUX_POLICIES, path)


def _validate_policy(
    context: PodSecurityContext, name: str, known: frozenset[str], path: Path
) -> list[FieldError]:
    policy = getattr(context, name)
    return [] if policy is None or policy in known else [not_supported(path[name], policy, known)]


def _validate_ids(
    context: SecurityContext | PodSecurityContext, names: tuple[str, ...], path: Path
) -> list[FieldError]:
    given = [(name, getattr(context, name)) for name in names]
    return [invalid_value(path[n], value, why) for n, value in given if value is not None for why in _id(value)]


def _id(value: int) -> list[str]:
    return is_in_range(value, 0, 2**31 - 1)


def _validate_seccomp(profile: SeccompProfile | None, path: Path) -> list[FieldError]:
    if profile is None:
        return []
    at, given = path["localhostProfile"], profile.localhostProfile
    if profile.type == "Localhost":
        if given is None:
            return [required(at, "must be set when seccomp type is Localhost")]
        return validate_descending(given, at)
    found = []
    if not profile.type:
        found.append(required(path["type"], "type is required when seccompProfile is set"))
    elif profile.type not in _SECCOMP:
        found.append(not_supported(path["type"], profile.type, _SECCOMP))
    if given is not None:
        found.append(invalid_value(at, Internal(profile), "can only be set when seccomp type is Localhost"))
    return found


def _validate_app_armor(profile: AppArmorProfile | None, path: Path) -> list[FieldError]:
    if profile is None:
        return []
    given = profile.localhostProfile
    if profile.type == "Localhost":
        return _validate_local_app_armor(given, path["localhostProfile"])
    if not profile.type:
        return [required(path["type"], "type is required when appArmorProfile is set")]
    if profile.type not in _SECCOMP:
        return [not_supported(path["type"], profile.type, _SECCOMP)]
    why = "can only be set when AppArmor type is Localhost"
    return [] if given is None else [invalid_value(path["localhostProfile"], given, why)]


def _validate_local_app_armor(name: str | None, path: Path) -> list[FieldError]:
    if name is None or not name:
        return [required(path, "must be set when AppArmor type is Localhost")]
    found = []
    if name != name.strip():
        found.append(invalid_value(path, name, "must not be padded with whitespace"))
    if len(name.encode()) > _PATH_MAX:
        found.append(too_long(path, _PATH_MAX))
    return found


def _validate_sysctls(sysctls: list[Sysctl], spec: PodSpec, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    seen: set[str] = set()
    for index, sysctl in enumerate(sysctls):
        at = path[index]["name"]
        if not sysctl.name:
            found.append(required(at))
        elif len(sysctl.name) > 253 or not _SYSCTL.fullmatch(sysctl.name):
            why = f"must have at most 253 characters and match regex {_SYSCTL_SHOWN}"
            found.append(invalid_value(at, sysctl.name, why))
        elif sysctl.name in seen:
            found.append(duplicate(at, sysctl.name))
        namespace = _sysctl_namespace(sysctl.name)
        for field, shared in (("hostNetwork", "net"), ("hostIPC", "ipc")):
            if namespace == shared and getattr(spec, field):
                found.append(invalid_value(at, sysctl.name, f"may not be specified when '{field}' is true"))
        seen.add(sysctl.name)
    return found


def _sysctl_namespace(name: str) -> str:
    """Which of the kernel's namespaces has the setting: `net`, `ipc`, or none that is known."""
    name = name.replace("/", ".")
    if name in ("kernel.sem",) or name.startswith(("kernel.shm", "kernel.msg", "fs.mqueue.")):
        return "ipc"
    return "net" if name.startswith("net.") else ""


# ---- the host ----


def validate_host_ports(spec: PodSpec, path: Path, *, in_pod: bool) -> list[FieldError]:
    """On the host's network a port is the host's. A template may leave it open; the Pod made of it gets it."""
    if not spec.hostNetwork:
        return []
    found: list[FieldError] = []
    for name in ("containers", "initContainers"):
        for index, container in enumerate(getattr(spec, name)):
            found += _validate_ports(container, path[name][index]["ports"], in_pod)
    return found


def _validate_ports(container: Container, path: Path, in_pod: bool) -> list[FieldError]:
    why = "must match `containerPort` when `hostNetwork` is true"
    return [
        invalid_value(path[index]["hostPort"], port.hostPort, why)
        for index, port in enumerate(container.ports)
        if (in_pod or port.hostPort) and port.hostPort != port.containerPort
    ]


def validate_host_users(spec: PodSpec, path: Path) -> list[FieldError]:
    """A user namespace of its own excludes the host's other namespaces."""
    if spec.hostUsers is not False:
        return []
    shared = {"HostPID": spec.hostPID, "HostIPC": spec.hostIPC, "HostNetwork": spec.hostNetwork}
    return [forbidden(path[name], "when `hostUsers` is false") for name, given in shared.items() if given]
