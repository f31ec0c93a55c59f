"""Volumes of a Pod, and how its containers mount them.

Called by the validation of Pod specs. It calls the rules for paths and for references to the Pod's own fields. Sources
that need a cloud or a storage driver are counted, but their own fields are not looked into. Source: kubernetes
pkg/apis/core/validation, ValidateVolumes, ValidateVolumeMounts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from apiserver.registry.core.pods.claim_templates import validate_claim_template
from apiserver.registry.core.pods.environment import VOLUME_FIELDS, validate_field_ref, validate_resource_ref
from apiserver.registry.core.pods.legacy_volumes import LEGACY, validate_csi, validate_legacy_source
from apiserver.registry.core.pods.paths import (
    validate_descending,
    validate_mode,
    validate_no_backsteps,
    validate_not_reserved,
)
from apiserver.registry.validation.names import validate_dns_label
from kube.api.core_v1 import (
    Container,
    DownwardAPIVolumeFile,
    EphemeralContainer,
    KeyToPath,
    ProjectedVolumeSource,
    Volume,
    VolumeMount,
)
from kube.apimachinery import quantity
from kube.apimachinery.errors import (
    FieldError,
    Path,
    duplicate,
    forbidden,
    invalid_value,
    not_found_value,
    not_supported,
    required,
)
from kube.apimachinery.validation import is_dns1123_subdomain

AnyContainer = Container | EphemeralContainer
_HOST_PATH_TYPES = frozenset(
    {"", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"}
)
_MISSPELT = {"downwardAPI": "downwarAPI", "cephfs": "cephFS"}
"""Paths as Kubernetes has them, where a second source is one too many."""
_ISCSI_LENGTH = (
    "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters "
    "if iscsi.initiatorName is specified."
)
_PROPAGATIONS = frozenset({"Bidirectional", "HostToContainer", "None"})
_RECURSIVE = ("Disabled", "Enabled", "IfPossible")
_BLOCK_ONLY = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode"
# The order in which sources are looked for: the second one found is the one too many.
_SOURCES = (
    "emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi",
    "glusterfs", "flocker", "persistentVolumeClaim", "rbd", "cinder", "cephfs", "quobyte", "downwardAPI", "fc",
    "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk",
    "storageos", "projected", "scaleIO", "csi", "ephemeral", "image",
)  # fmt: skip


def validate_volumes(
    volumes: list[Volume], path: Path, pod: str = ""
) -> tuple[dict[str, Volume], list[FieldError]]:
    """The good volumes by name, which mounts may refer to, and what is wrong with the others. `pod`: the Pod's name,
    from which those of the claims for its ephemeral volumes follow."""
    good: dict[str, Volume] = {}
    found: list[FieldError] = []
    created = {f"{pod}-{volume.name}" for volume in volumes if pod and volume.ephemeral is not None}
    for index, volume in enumerate(volumes):
        at = path[index]
        wrong = _validate_source(volume, at)
        if pod and volume.name and volume.ephemeral is not None:
            wrong += _validate_claim_name(volume.name, f"{pod}-{volume.name}", at["name"])
        wrong += validate_dns_label(volume.name, at["name"]) if volume.name else [required(at["name"])]
        if volume.name in good:
            wrong.append(duplicate(at["name"], volume.name))
        if not wrong:
            good[volume.name] = volume
        found += wrong
        claim = volume.persistentVolumeClaim
        if claim is not None and claim.claimName in created:
            place = at["persistentVolumeClaim"]["claimName"]
            why = "must not reference a PVC that gets created for an ephemeral volume"
            found.append(invalid_value(place, claim.claimName, why))
    return good, found


def _validate_claim_name(volume: str, claim: str, path: Path) -> list[FieldError]:
    return [invalid_value(path, volume, f'PVC name "{claim}": {why}') for why in is_dns1123_subdomain(claim)]


def _validate_source(volume: Volume, path: Path) -> list[FieldError]:
    given = [name for name in _SOURCES if getattr(volume, name) is not None]
    if not given:
        return [required(path, "must specify a volume type")]
    first, *others = given
    source = getattr(volume, first)
    found = validate_legacy_source(first, source, path) if first in LEGACY else []
    if (check := _CHECKS.get(first)) is not None:
        found += check(source, path[first])
    found += [forbidden(path[_MISSPELT.get(n, n)], "may not specify more than 1 volume type") for n in others]
    if (disk := volume.iscsi) is not None and disk.initiatorName is not None:
        found += _validate_iscsi_length(volume.name, disk.targetPortal, path["name"])
    return found


def _validate_iscsi_length(name: str, portal: str, path: Path) -> list[FieldError]:
    return [] if len(f"{name}:{portal}".encode()) <= 64 else [invalid_value(path, name, _ISCSI_LENGTH)]


# ---- sources ----


def _validate_empty_dir(source: Any, path: Path) -> list[FieldError]:
    if source.sizeLimit is None or quantity.parse(source.sizeLimit).amount >= 0:
        return []
    return [forbidden(path["sizeLimit"], "SizeLimit field must be a valid resource quantity")]


def _validate_host_path(source: Any, path: Path) -> list[FieldError]:
    if not source.path:
        return [required(path["path"])]
    found = validate_no_backsteps(source.path, path["path"])
    if source.type is not None and source.type not in _HOST_PATH_TYPES:
        found.append(not_supported(path["type"], source.type, _HOST_PATH_TYPES))
    return found


def _validate_secret(source: Any, path: Path) -> list[FieldError]:
    found = [] if source.secretName else [required(path["secretName"])]
    return found + validate_mode(source.defaultMode, path["defaultMode"]) + _validate_items(source.items, path["items"])


def _validate_config_map(source: Any, path: Path) -> list[FieldError]:
    found = [] if source.name else [required(path["name"])]
    return found + validate_mode(source.defaultMode, path["defaultMode"]) + _validate_items(source.items, path["items"])


def _validate_items(items: list[KeyToPath], path: Path) -> list[FieldError]:
    return [error for index, item in enumerate(items) for error in _validate_item(item, path[index])]


def _validate_item(item: KeyToPath, path: Path) -> list[FieldError]:
    found = [] if item.key else [required(path["key"])]
    if not item.path:
        found.append(required(path["path"]))
    return found + validate_not_reserved(item.path, path["path"]) + validate_mode(item.mode, path["mode"])


def _validate_downward(source: Any, path: Path) -> list[FieldError]:
    found = validate_mode(source.defaultMode, path["defaultMode"])
    return found + [error for file in source.items for error in _validate_file(file, path)]


def _validate_file(file: DownwardAPIVolumeFile, path: Path) -> list[FieldError]:
    found = [] if file.path else [required(path["path"])]
    found += validate_not_reserved(file.path, path["path"])
    if file.fieldRef is not None:
        found += validate_field_ref(file.fieldRef, VOLUME_FIELDS, path["fieldRef"])
        if file.resourceFieldRef is not None:
            why = "fieldRef and resourceFieldRef can not be specified simultaneously"
            found.append(invalid_value(path, "resource", why))
    elif file.resourceFieldRef is not None:
        found += validate_resource_ref(file.resourceFieldRef, path["resourceFieldRef"], in_volume=True)
    else:
        found.append(required(path, "one of fieldRef and resourceFieldRef is required"))
    return found + validate_mode(file.mode, path["mode"])


def _validate_projected(source: ProjectedVolumeSource, path: Path) -> list[FieldError]:
    found = validate_mode(source.defaultMode, path["defaultMode"])
    taken: set[str] = set()

    def take(name: str, said: str) -> list[FieldError]:
        if not name:
            return []
        again = name in taken
        taken.add(name)
        return [invalid_value(path, said, "conflicting duplicate paths")] if again else []

    for index, one in enumerate(source.sources):
        at = path["sources"][index]
        for kind in ("secret", "configMap"):
            projection = getattr(one, kind)
            if projection is None:
                continue
            if not projection.name:
                found.append(required(at[kind]["name"]))
            for number, item in enumerate(projection.items):
                found += _validate_item(item, at[kind]["items"][number]) + take(item.path, projection.name)
        if one.downwardAPI is not None:
            for file in one.downwardAPI.items:
                found += _validate_file(file, at["downwardAPI"]) + take(file.path, file.path)
        if one.serviceAccountToken is not None:
            found += _validate_token(one.serviceAccountToken, at["serviceAccountToken"], path["path"])
        if sum(getattr(one, name) is not None for name in type(one).model_fields) > 1:
            found.append(forbidden(at, "may not specify more than 1 volume type per source"))
    return found


def _validate_token(token: Any, path: Path, at: Path) -> list[FieldError]:
    """`at`: where Kubernetes says that the token's path is."""
    found, seconds = [], token.expirationSeconds
    if seconds is not None and seconds < 600:
        why = "may not specify a duration less than 10 minutes"
        found.append(invalid_value(path["expirationSeconds"], seconds, why))
    if seconds is not None and seconds > 1 << 32:
        why = "may not specify a duration larger than 2^32 seconds"
        found.append(invalid_value(path["expirationSeconds"], seconds, why))
    return found + (validate_not_reserved(token.path, at) if token.path else [required(at)])


def _validate_claim(source: Any, path: Path) -> list[FieldError]:
    return [] if source.claimName else [required(path["claimName"])]


def _validate_nfs(source: Any, path: Path) -> list[FieldError]:
    found = [] if source.server else [required(path["server"])]
    if not source.path:
        found.append(required(path["path"]))
    if not source.path.startswith("/"):
        found.append(invalid_value(path["path"], source.path, "must be an absolute path"))
    return found


def _validate_git_repo(source: Any, path: Path) -> list[FieldError]:
    found = [] if source.repository else [required(path["repository"])]
    return found + validate_descending(source.directory, path["directory"])


def _validate_ephemeral(source: Any, path: Path) -> list[FieldError]:
    template, at = source.volumeClaimTemplate, path["volumeClaimTemplate"]
    return [required(at)] if template is None else validate_claim_template(template, at)


def _validate_image(source: Any, path: Path) -> list[FieldError]:
    found = [] if source.reference else [required(path["reference"])]
    policies = {"Always", "IfNotPresent", "Never"}
    if not source.pullPolicy:
        found.append(required(path["pullPolicy"]))
    elif source.pullPolicy not in policies:
        found.append(not_supported(path["pullPolicy"], source.pullPolicy, policies))
    return found


_CHECKS: dict[str, Callable[[Any, Path], list[FieldError]]] = {
    "emptyDir": _validate_empty_dir,
    "hostPath": _validate_host_path,
    "gitRepo": _validate_git_repo,
    "secret": _validate_secret,
    "nfs": _validate_nfs,
    "persistentVolumeClaim": _validate_claim,
    "downwardAPI": _validate_downward,
    "configMap": _validate_config_map,
    "projected": _validate_projected,
    "csi": validate_csi,
    "image": _validate_image,
    "ephemeral": _validate_ephemeral,
}

# ---- mounts ----


def validate_mounts(container: AnyContainer, volumes: Mapping[str, Volume], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    places: set[str] = set()
    for index, mount in enumerate(container.volumeMounts):
        at = path[index]
        if not mount.name:
            found.append(required(at["name"]))
        if mount.name not in volumes:
            found.append(not_found_value(at["name"], mount.name))
        if not mount.mountPath:
            found.append(required(at["mountPath"]))
        if mount.mountPath in places:
            found.append(invalid_value(at["mountPath"], mount.mountPath, "must be unique"))
        places.add(mount.mountPath)
        found += _validate_beside_devices(mount, container, at)
        found += _validate_sub_path(mount, at, path)
        found += _validate_propagation(mount, container, path)
    return found


def _validate_beside_devices(mount: VolumeMount, container: Any, path: Path) -> list[FieldError]:
    found = []
    if any(device.name == mount.name for device in container.volumeDevices):
        found.append(invalid_value(path["name"], mount.name, "must not already exist in volumeDevices"))
    if any(device.devicePath == mount.mountPath for device in container.volumeDevices):
        why = "must not already exist as a path in volumeDevices"
        found.append(invalid_value(path["mountPath"], mount.mountPath, why))
    return found


def _validate_sub_path(mount: VolumeMount, path: Path, mounts: Path) -> list[FieldError]:
    found = validate_descending(mount.subPath, mounts["subPath"])
    if mount.subPathExpr:
        if mount.subPath:
            why = "subPathExpr and subPath are mutually exclusive"
            found.append(invalid_value(path["subPathExpr"], mount.subPathExpr, why))
        found += validate_descending(mount.subPathExpr, mounts["subPathExpr"])
    return found


def _validate_propagation(mount: VolumeMount, container: Any, mounts: Path) -> list[FieldError]:
    found, wanted = [], mount.mountPropagation
    if wanted is not None:
        at, security = mounts["mountPropagation"], container.securityContext
        if wanted not in _PROPAGATIONS:
            found.append(not_supported(at, wanted, _PROPAGATIONS))
        elif wanted == "Bidirectional" and not (security is not None and security.privileged):
            why = "Bidirectional mount propagation is available only to privileged containers"
            found.append(forbidden(at, why))
    at, recursive = mounts["recursiveReadOnly"], mount.recursiveReadOnly
    if recursive in ("Enabled", "IfPossible"):
        if not mount.readOnly:
            found.append(forbidden(at, "may only be specified when readOnly is true"))
        if wanted not in (None, "None"):
            found.append(forbidden(at, "may only be specified when mountPropagation is None or not specified"))
    elif recursive not in (None, "Disabled"):
        found.append(not_supported(at, recursive, _RECURSIVE))
    return found


def validate_devices(container: AnyContainer, volumes: Mapping[str, Volume], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    names: set[str] = set()
    places: set[str] = set()
    for index, device in enumerate(container.volumeDevices):
        at, volume = path[index], volumes.get(device.name)
        if not device.name:
            found.append(required(at["name"]))
        if device.name in names:
            found.append(invalid_value(at["name"], device.name, "must be unique"))
        if volume is None:
            found.append(not_found_value(at["name"], device.name))
        elif volume.persistentVolumeClaim is None and volume.ephemeral is None:
            found.append(invalid_value(at["name"], device.name, _BLOCK_ONLY))
        found += _validate_device_path(device.devicePath, places, at["devicePath"])
        if any(mount.name == device.name for mount in container.volumeMounts):
            found.append(invalid_value(at["name"], device.name, "must not already exist in volumeMounts"))
        if any(mount.mountPath == device.devicePath for mount in container.volumeMounts):
            why = "must not already exist as a path in volumeMounts"
            found.append(invalid_value(at["devicePath"], device.devicePath, why))
        names.add(device.name)
        places.add(device.devicePath)
    return found


def _validate_device_path(value: str, taken: set[str], path: Path) -> list[FieldError]:
    if not value:
        return [required(path)]
    found = [invalid_value(path, value, "must be unique")] if value in taken else []
    if validate_no_backsteps(value, path):
        found.append(invalid_value(path, value, "can not contain backsteps ('..')"))
    return found
