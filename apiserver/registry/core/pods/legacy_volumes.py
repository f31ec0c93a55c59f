"""What is wrong with the sources of volumes that particular storage systems serve.

Called by the validation of volumes. Most of these systems are gone from Kubernetes; their fields are still judged.
Source: kubernetes pkg/apis/core/validation/validation.go, validateISCSIVolumeSource and its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from apiserver.registry.validation.names import validate_dns_label, validate_dns_subdomain
from kube.apimachinery.errors import FieldError, Path, invalid_value, not_supported, required, too_long
from kube.apimachinery.validation import is_dns1123_subdomain, is_in_range

_REQUIRED = {
    "gcePersistentDisk": ("pdName",),
    "awsElasticBlockStore": ("volumeID",),
    "iscsi": ("targetPortal", "iqn"),
    "glusterfs": ("endpoints", "path"),
    "rbd": ("monitors", "image"),
    "cinder": ("volumeID",),
    "cephfs": ("monitors",),
    "flexVolume": ("driver",),
    "azureFile": ("secretName", "shareName"),
    "vsphereVolume": ("volumePath",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "storageos": ("volumeName",),
    "scaleIO": ("gateway", "system", "volumeName"),
}
LEGACY = frozenset(_REQUIRED) | {"fc", "flocker", "quobyte"}
_IQN = {
    "iqn": re.compile(r"iqn\.[0-9]{4}-[0-9]{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)"),
    "eui": re.compile(r"eui\.[0-9a-fA-F]{16}"),
    "naa": re.compile(r"naa\.[0-9a-fA-F]{32}"),
}
_IQN_START = "must be valid format starting with iqn, eui, or naa"
_CACHING = frozenset({"None", "ReadOnly", "ReadWrite"})
_DISKS = frozenset({"Shared", "Dedicated", "Managed"})
_MANAGED_URI = "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
_BLOB_URI = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
_REGISTRY = "must be a host:port pair or multiple pairs separated by commas"


def validate_legacy_source(kind: str, source: Any, path: Path) -> list[FieldError]:
    """`kind`: the field of the volume that holds the source. The path of a GCE disk is misspelt, as in Kubernetes."""
    path = path["persistentDisk"] if kind == "gcePersistentDisk" else path[kind]
    found = [required(path[name]) for name in _REQUIRED.get(kind, ()) if not getattr(source, name)]
    check = _MORE.get(kind)
    return found + check(source, path) if check else found


def validate_csi_driver(name: str, path: Path) -> list[FieldError]:
    found = [] if name else [required(path)]
    if len(name.encode()) > 63:
        found.append(too_long(path, 63))
    return found + [invalid_value(path, name, why) for why in is_dns1123_subdomain(name.lower())]


def validate_secret_ref(ref: Any, path: Path) -> list[FieldError]:
    return [required(path["name"])] if ref is not None and not ref.name else []


def _partition(source: Any, path: Path) -> list[FieldError]:
    return [invalid_value(path["partition"], source.partition, why) for why in is_in_range(source.partition, 0, 255)]


def _iscsi(source: Any, path: Path) -> list[FieldError]:
    found = _iqn(source.iqn, path["iqn"]) if source.iqn else []
    found += [invalid_value(path["lun"], source.lun, why) for why in is_in_range(source.lun, 0, 255)]
    if (source.chapAuthDiscovery or source.chapAuthSession) and source.secretRef is None:
        found.append(required(path["secretRef"]))
    if source.initiatorName is not None:
        found += _iqn(source.initiatorName, path["initiatorname"])
    return found


def _iqn(name: str, path: Path) -> list[FieldError]:
    rule = _IQN.get(name[:3])
    if rule is None:
        return [invalid_value(path, name, _IQN_START)]
    return [] if rule.fullmatch(name) else [invalid_value(path, name, "must be valid format")]


def _fc(source: Any, path: Path) -> list[FieldError]:
    found, at = [], path["targetWWNs"]
    if not source.targetWWNs and not source.wwids:
        found.append(required(at, "must specify either targetWWNs or wwids, but not both"))
    if source.targetWWNs and source.wwids:
        why = "targetWWNs and wwids can not be specified simultaneously"
        found.append(invalid_value(at, source.targetWWNs, why))
    if source.targetWWNs:
        if source.lun is None:
            found.append(required(path["lun"], "lun is required if targetWWNs is specified"))
        else:
            found += [invalid_value(path["lun"], source.lun, why) for why in is_in_range(source.lun, 0, 255)]
    return found


def _flocker(source: Any, path: Path) -> list[FieldError]:
    found = []
    if not source.datasetName and not source.datasetUUID:
        found.append(required(path, "one of datasetName and datasetUUID is required"))
    if source.datasetName and source.datasetUUID:
        why = "datasetName and datasetUUID can not be specified simultaneously"
        found.append(invalid_value(path, "resource", why))
    if "/" in source.datasetName:
        found.append(invalid_value(path["datasetName"], source.datasetName, "must not contain '/'"))
    return found


def _quobyte(source: Any, path: Path) -> list[FieldError]:
    found = []
    if not source.registry:
        found.append(required(path["registry"], _REGISTRY))
    elif len(source.tenant) >= 65:
        found.append(required(path["tenant"], "must be a UUID and may not exceed a length of 64 characters"))
    else:
        bad = [pair for pair in source.registry.split(",") if pair.count(":") != 1]
        found += [invalid_value(path["registry"], source.registry, _REGISTRY) for _ in bad]
    return found if source.volume else [*found, required(path["volume"])]


def _flex(source: Any, path: Path) -> list[FieldError]:
    why = "kubernetes.io and k8s.io namespaces are reserved"
    return [
        invalid_value(path["options"].key(key), key, why)
        for key in sorted(source.options)
        if f".{key.split('/')[0].lower()}".endswith((".kubernetes.io", ".k8s.io"))
    ]


def _azure_disk(source: Any, path: Path) -> list[FieldError]:
    found = []
    for name, known in (("cachingMode", _CACHING), ("kind", _DISKS)):
        value = getattr(source, name)
        if value is not None and value not in known:
            found.append(not_supported(path[name], value, known))
    uri = source.diskURI
    if source.kind == "Managed" and not uri.startswith("/subscriptions/"):
        found.append(not_supported(path["diskURI"], uri, [_MANAGED_URI]))
    if source.kind not in (None, "Managed") and not uri.startswith("https://"):
        found.append(not_supported(path["diskURI"], uri, [_BLOB_URI]))
    return found


def _storage_os(source: Any, path: Path) -> list[FieldError]:
    found = []
    for name in ("volumeName", "volumeNamespace"):
        if value := getattr(source, name):
            found += validate_dns_label(value, path[name])
    return found + validate_secret_ref(source.secretRef, path["secretRef"])


def _cinder(source: Any, path: Path) -> list[FieldError]:
    return validate_secret_ref(source.secretRef, path["secretRef"])


def validate_csi(source: Any, path: Path) -> list[FieldError]:
    found = validate_csi_driver(source.driver, path["driver"])
    ref = source.nodePublishSecretRef
    if ref is None:
        return found
    if not ref.name:
        return [*found, required(path["nodePublishSecretRef"]["name"])]
    return found + validate_dns_subdomain(ref.name, path["name"])


_MORE: dict[str, Callable[[Any, Path], list[FieldError]]] = {
    "gcePersistentDisk": _partition,
    "awsElasticBlockStore": _partition,
    "iscsi": _iscsi,
    "fc": _fc,
    "flocker": _flocker,
    "quobyte": _quobyte,
    "flexVolume": _flex,
    "azureDisk": _azure_disk,
    "storageos": _storage_os,
    "cinder": _cinder,
}
