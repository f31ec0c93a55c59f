"""What a Pod may not say when it says for which operating system it is.

Called by the validation of Pod specs. It calls nothing. Source: KEP-2802; kubernetes pkg/apis/core/validation,
validateLinux and validateWindows.
"""

from __future__ import annotations

from collections.abc import Iterator

from kube.api.core_v1 import PodSecurityContext, PodSpec, SecurityContext
from kube.apimachinery.errors import FieldError, Path, forbidden, not_supported, required

_SYSTEMS = frozenset({"linux", "windows"})
_NOT_LINUX = "windows options cannot be set for a linux pod"
_NOT_WINDOWS = "cannot be set for a windows pod"
# In the order in which Kubernetes looks; those of the first line and `shareProcessNamespace` stand in the spec itself.
_OF_SPEC = frozenset({"hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"})
_LINUX_POD = (
    "appArmorProfile", "seLinuxOptions", "hostUsers", "hostPID", "hostIPC", "seccompProfile", "fsGroup",
    "fsGroupChangePolicy", "sysctls", "shareProcessNamespace", "runAsUser", "runAsGroup", "supplementalGroups",
    "supplementalGroupsPolicy",
)  # fmt: skip
_LINUX_CONTAINER = (
    "appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem", "privileged",
    "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup",
)  # fmt: skip


def validate_os(spec: PodSpec, path: Path) -> list[FieldError]:
    if spec.os is None:
        return []
    if not spec.os.name:
        return [required(path["os"]["name"], "cannot be empty")]
    if spec.os.name == "linux":
        return _validate_linux(spec, path)
    if spec.os.name == "windows":
        return _validate_windows(spec, path)
    return [not_supported(path["os"], spec.os.name, _SYSTEMS)]


def _validate_linux(spec: PodSpec, path: Path) -> list[FieldError]:
    contexts = [(spec.securityContext, path["securityContext"]), *_of_containers(spec, path)]
    return [
        forbidden(at["windowsOptions"], _NOT_LINUX)
        for context, at in contexts
        if context is not None and context.windowsOptions is not None
    ]


def _validate_windows(spec: PodSpec, path: Path) -> list[FieldError]:
    found = []
    context = spec.securityContext or PodSecurityContext()
    for name in _LINUX_POD:
        holder, at = (spec, path) if name in _OF_SPEC else (context, path["securityContext"])
        if _is_set(getattr(holder, name), name):
            found.append(forbidden(at[name], _NOT_WINDOWS))
    for security, at in _of_containers(spec, path):
        given = [n for n in _LINUX_CONTAINER if security is not None and getattr(security, n) is not None]
        found += [forbidden(at[name], _NOT_WINDOWS) for name in given]
    return found


def _is_set(value: object, name: str) -> bool:
    """Pointers count when they are there, plain booleans when they are true, lists when they hold something."""
    return bool(value) if name in ("hostPID", "hostIPC") or isinstance(value, list) else value is not None


def _of_containers(spec: PodSpec, path: Path) -> Iterator[tuple[SecurityContext | None, Path]]:
    for name in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(getattr(spec, name)):
            yield container.securityContext, path[name][index]["securityContext"]
