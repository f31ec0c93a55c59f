"""Annotations of a Pod that mean something: to the kubelet, to controllers, or once did and are still judged.

Called by the validation of Pods and of templates. It calls the rules for paths and tolerations. Other annotations are
free text. Source: kubernetes pkg/apis/core/validation/validation.go, ValidatePodSpecificAnnotations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apiserver.registry.core.pods.paths import validate_descending
from kube.api.core_v1 import AppArmorProfile, Container, EphemeralContainer, PodSpec, SeccompProfile
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, quoted
from kube.apimachinery.meta_v1 import ObjectMeta

MIRROR = "kubernetes.io/config.mirror"
APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"
_LOCALHOST = "localhost/"
_INT32 = re.compile("-?[0-9]+")
AnyContainer = Container | EphemeralContainer


def containers_of(spec: PodSpec, path: Path) -> Iterator[tuple[AnyContainer, Path]]:
    """Every container with its path, in the order in which Kubernetes visits them."""
    for name in ("initContainers", "containers", "ephemeralContainers"):
        for index, container in enumerate(getattr(spec, name)):
            yield container, path[name][index]


def validate_pod_annotations(meta: ObjectMeta, spec: PodSpec, path: Path) -> list[FieldError]:
    """What is said in annotations alone. `path`: of the annotations."""
    if not meta.annotations:
        return []
    found = []
    mirrored = meta.annotations.get(MIRROR)
    if mirrored is not None and not spec.nodeName:
        why = "must set spec.nodeName if mirror pod annotation is set"
        found.append(invalid_value(path.key(MIRROR), mirrored, why))
    cost = meta.annotations.get(_DELETION_COST)
    if cost is not None and not _is_int32(cost):
        found.append(invalid_value(path.key(_DELETION_COST), cost, "must be a 32bit integer"))
    return found + _validate_seccomp(meta, path) + _validate_app_armor(meta, spec, path)


def _is_int32(text: str) -> bool:
    """No sign but a minus, and no zeros in front."""
    if not _INT32.fullmatch(text) or (text[0] == "0" and text != "0"):
        return False
    return -(2**31) <= int(text) < 2**31


def _validate_seccomp(meta: ObjectMeta, path: Path) -> list[FieldError]:
    found = []
    for key, profile in sorted(meta.annotations.items()):
        if key != SECCOMP_POD and not key.startswith(SECCOMP):
            continue
        if profile.startswith(_LOCALHOST):
            found += validate_descending(profile.removeprefix(_LOCALHOST), path[key])
        elif profile not in ("runtime/default", "docker/default", "unconfined"):
            found.append(invalid_value(path[key], profile, "must be a valid seccomp profile"))
    return found


def _validate_app_armor(meta: ObjectMeta, spec: PodSpec, path: Path) -> list[FieldError]:
    found = []
    for key, profile in sorted(meta.annotations.items()):
        if not key.startswith(APP_ARMOR):
            continue
        name = key.removeprefix(APP_ARMOR)
        if all(container.name != name for container, _ in containers_of(spec, path)):
            found.append(invalid_value(path.key(key), name, "container not found"))
        if profile not in ("", "runtime/default", "unconfined") and not profile.startswith(_LOCALHOST):
            found.append(invalid_value(path.key(key), profile, f"invalid AppArmor profile name: {quoted(profile)}"))
    return found


# ---- annotations that say what fields say too ----


def validate_profiles_agree(meta: ObjectMeta, spec: PodSpec, path: Path) -> list[FieldError]:
    """Of a new Pod: a profile in an annotation and in the field must be the same one. `path`: of the spec."""
    if not meta.annotations:
        return []
    context = spec.securityContext
    found = _compare("seccomp", meta.annotations.get(SECCOMP_POD), context and context.seccompProfile,
                     path["securityContext"]["seccompProfile"])  # fmt: skip
    for container, at in containers_of(spec, path):
        own = container.securityContext
        found += _compare("seccomp", meta.annotations.get(SECCOMP + container.name), own and own.seccompProfile,
                          at["securityContext"]["seccompProfile"])  # fmt: skip
    if spec.os is not None and spec.os.name == "windows":
        return found
    for container, at in containers_of(spec, path):
        own = container.securityContext
        profile = (own and own.appArmorProfile) or (context and context.appArmorProfile)
        found += _compare("apparmor", meta.annotations.get(APP_ARMOR + container.name), profile,
                          at["securityContext"]["appArmorProfile"])  # fmt: skip
    return found


def _compare(
    what: str, said: str | None, profile: SeccompProfile | AppArmorProfile | None, path: Path
) -> list[FieldError]:
    if said is None or profile is None:
        return []
    known = {"Unconfined": ("unconfined",), "RuntimeDefault": ("runtime/default",)}
    if what == "seccomp":
        known["RuntimeDefault"] = ("runtime/default", "docker/default")
    if profile.type == "Localhost":
        if not said.startswith(_LOCALHOST):
            return [forbidden(path["type"], f"{what} type in annotation and field must match")]
        if said.removeprefix(_LOCALHOST) != profile.localhostProfile:
            return [forbidden(path["localhostProfile"], f"{what} profile in annotation and field must match")]
    elif profile.type in known and said not in known[profile.type]:
        return [forbidden(path["type"], f"{what} type in annotation and field must match")]
    return []
