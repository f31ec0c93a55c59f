"""The texts of a pod's volumes, one kind of source a row of a table. Pure.

Called for `describe pod` and the pod templates of workloads. Sources whose text is more than named fields have a
function of their own. Titles and descriptions are kubectl's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kubectl_lite.describers.common import LONGEST, NONE, Json, Text
from kubectl_lite.printers.go_values import value_text

_READ_ONLY = ("ReadOnly", "readOnly", False)
_FS = ("FSType", "fsType", "")
_SECRET = ("SecretRef", "secretRef", None)

SOURCES: dict[str, tuple[str, tuple[tuple[str, str, Any], ...]]] = {
    "hostPath": ("HostPath (bare host directory volume)",
                 (("Path", "path", ""), ("HostPathType", "type", NONE))),
    "gcePersistentDisk": ("GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
                          (("PDName", "pdName", ""), _FS, ("Partition", "partition", 0), _READ_ONLY)),
    "awsElasticBlockStore": ("AWSElasticBlockStore (a Persistent Disk resource in AWS)",
                             (("VolumeID", "volumeID", ""), _FS, ("Partition", "partition", 0), _READ_ONLY)),
    "gitRepo": ("GitRepo (a volume that is pulled from git when the pod is created)",
                (("Repository", "repository", ""), ("Revision", "revision", ""))),
    "secret": ("Secret (a volume populated by a Secret)",
               (("SecretName", "secretName", ""), ("Optional", "optional", False))),
    "configMap": ("ConfigMap (a volume populated by a ConfigMap)",
                  (("Name", "name", ""), ("Optional", "optional", False))),
    "nfs": ("NFS (an NFS mount that lasts the lifetime of a pod)",
            (("Server", "server", ""), ("Path", "path", ""), _READ_ONLY)),
    "glusterfs": ("Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
                  (("EndpointsName", "endpoints", ""), ("Path", "path", ""), _READ_ONLY)),
    "persistentVolumeClaim": ("PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
                              (("ClaimName", "claimName", ""), _READ_ONLY)),
    "rbd": ("RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
            (("CephMonitors", "monitors", []), ("RBDImage", "image", ""), _FS, ("RBDPool", "pool", ""),
             ("RadosUser", "user", ""), ("Keyring", "keyring", ""), _SECRET, _READ_ONLY)),
    "quobyte": ("Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
                (("Registry", "registry", ""), ("Volume", "volume", ""), _READ_ONLY)),
    "azureDisk": ("AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
                  (("DiskName", "diskName", ""), ("DiskURI", "diskURI", ""), ("Kind", "kind", ""), _FS,
                   ("CachingMode", "cachingMode", ""), _READ_ONLY)),
    "vsphereVolume": ("vSphereVolume (a Persistent Disk resource in vSphere)",
                      (("VolumePath", "volumePath", ""), _FS, ("StoragePolicyName", "storagePolicyName", ""))),
    "cinder": ("Cinder (a Persistent Disk resource in OpenStack)",
               (("VolumeID", "volumeID", ""), _FS, _READ_ONLY, _SECRET)),
    "photonPersistentDisk": ("PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
                             (("PdID", "pdID", ""), _FS)),
    "portworxVolume": ("PortworxVolume (a Portworx Volume resource)", (("VolumeID", "volumeID", ""),)),
    "scaleIO": ("ScaleIO (a persistent volume backed by a block device in ScaleIO)",
                (("Gateway", "gateway", ""), ("System", "system", ""), ("Protection Domain", "protectionDomain", ""),
                 ("Storage Pool", "storagePool", ""), ("Storage Mode", "storageMode", ""),
                 ("VolumeName", "volumeName", ""), _FS, _READ_ONLY)),
    "cephfs": ("CephFS (a CephFS mount on the host that shares a pod's lifetime)",
               (("Monitors", "monitors", []), ("Path", "path", ""), ("User", "user", ""),
                ("SecretFile", "secretFile", ""), _SECRET, _READ_ONLY)),
    "storageos": ("StorageOS (a StorageOS Persistent Disk resource)",
                  (("VolumeName", "volumeName", ""), ("VolumeNamespace", "volumeNamespace", ""), _FS, _READ_ONLY)),
    "azureFile": ("AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
                  (("SecretName", "secretName", ""), ("ShareName", "shareName", ""), _READ_ONLY)),
    "flexVolume": ("FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
                   (("Driver", "driver", ""), _FS, _SECRET, _READ_ONLY, ("Options", "options", {}))),
    "flocker": ("Flocker (a Flocker volume mounted by the Flocker agent)",
                (("DatasetName", "datasetName", ""), ("DatasetUUID", "datasetUUID", ""))),
    "image": ("Image (a container image or OCI artifact)",
              (("Reference", "reference", ""), ("PullPolicy", "pullPolicy", ""))),
}  # fmt: skip


def volumes(out: Text, given: list[Json] | None, level: int) -> None:
    """`Volumes:` with each volume's kind and fields; `level` 1 for those of a template."""
    out(level, f"Volumes:{'' if given else chr(9) + NONE}")
    for volume in given or ():
        out(1, f"{' ' if level else ''}{volume['name']}:")
        for line in _volume(volume):
            out(2, line)


def _volume(volume: Json) -> Iterator[str]:
    kind = next((k for k in volume if k != "name"), "")
    if kind in SOURCES:
        yield from _fields(volume[kind], *SOURCES[kind])
    elif kind in _SPECIAL:
        yield from _SPECIAL[kind](volume[kind])
    else:
        yield "<unknown>"


def _fields(source: Json, title: str, fields: tuple[tuple[str, str, Any], ...]) -> Iterator[str]:
    yield f"Type:\t{title}"
    for name, key, default in fields:
        yield f"{name}:\t{_shown(key, source.get(key, default))}"


def _shown(key: str, value: Any) -> str:
    """A value as Go prints it; a reference is printed as the pointer to a struct that it is."""
    if key == "secretRef":
        return "nil" if value is None else f"&LocalObjectReference{{Name:{value.get('name', '')},}}"
    return value_text(value)


# ---- sources with a text of their own ----


def _empty_dir(source: Json) -> Iterator[str]:
    yield "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)"
    yield f"Medium:\t{source.get('medium', '')}"
    limit = source.get("sizeLimit", "0")
    yield f"SizeLimit:\t{'<unset>' if limit == '0' else limit}"


def _iscsi(source: Json) -> Iterator[str]:
    fields = (("TargetPortal", "targetPortal", ""), ("IQN", "iqn", ""), ("Lun", "lun", 0),
              ("ISCSIInterface", "iscsiInterface", ""), _FS, _READ_ONLY, ("Portals", "portals", []),
              ("DiscoveryCHAPAuth", "chapAuthDiscovery", False), ("SessionCHAPAuth", "chapAuthSession", False),
              _SECRET, ("InitiatorName", "initiatorName", NONE))  # fmt: skip
    title = "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)"
    for line in _fields(source, title, fields):
        yield line.replace("ISCSIInterface:", "ISCSIInterface")


def _fibre_channel(source: Json) -> Iterator[str]:
    yield "Type:\tFC (a Fibre Channel disk)"
    yield f"TargetWWNs:\t{', '.join(source.get('targetWWNs') or ())}"
    yield f"LUN:\t{source.get('lun', NONE)}"
    yield f"FSType:\t{source.get('fsType', '')}"
    yield f"ReadOnly:\t{value_text(source.get('readOnly', False))}"


def _downward(source: Json) -> Iterator[str]:
    yield "Type:\tDownwardAPI (a volume populated by information about the pod)"
    yield "Items:"
    for item in source.get("items") or ():
        field = item["fieldRef"]["fieldPath"] if "fieldRef" in item else item["resourceFieldRef"]["resource"]
        yield f"  {field} -> {item['path']}"


def _projected(source: Json) -> Iterator[str]:
    yield "Type:\tProjected (a volume that contains injected data from multiple sources)"
    for part in source.get("sources") or ():
        if "secret" in part:
            yield f"SecretName:\t{part['secret'].get('name', '')}"
            yield f"Optional:\t{value_text(part['secret'].get('optional', False))}"
        elif "downwardAPI" in part:
            yield "DownwardAPI:\ttrue"
        elif "configMap" in part:
            yield f"ConfigMapName:\t{part['configMap'].get('name', '')}"
            yield f"Optional:\t{value_text(part['configMap'].get('optional', False))}"
        elif "serviceAccountToken" in part:
            yield f"TokenExpirationSeconds:\t{part['serviceAccountToken'].get('expirationSeconds', 3600)}"


def _csi(source: Json) -> Iterator[str]:
    yield from _fields(source, "CSI (a Container Storage Interface (CSI) volume source)",
                       (("Driver", "driver", ""), _FS, _READ_ONLY))  # fmt: skip
    attributes = [f"{k}={v}" for k, v in sorted((source.get("volumeAttributes") or {}).items())]
    yield from _nested("VolumeAttributes", [a if len(a) <= LONGEST else f"{a[:LONGEST]}..." for a in attributes], "")


def _nested(title: str, pairs: list[str], before_none: str = "    ") -> Iterator[str]:
    """Pairs below one another; kubectl indents each of them once more, and so it stands here."""
    yield f"{title}:\t" + (f"    {pairs[0]}" if pairs else before_none + NONE)
    for pair in pairs[1:]:
        yield f"    \t    {pair}"


def _ephemeral(source: Json) -> Iterator[str]:
    yield "Type:\tEphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)"
    template = source.get("volumeClaimTemplate") or {}
    spec, meta = template.get("spec") or {}, template.get("metadata") or {}
    yield f"StorageClass:\t{spec.get('storageClassName', '')}"
    yield f"Volume:\t{spec.get('volumeName', '')}"
    yield from _nested("Labels", [f"{k}={v}" for k, v in sorted((meta.get("labels") or {}).items())])
    yield from _nested("Annotations", [f"{k}: {v}" for k, v in sorted((meta.get("annotations") or {}).items())])
    yield "Capacity:\t"
    yield "Access Modes:\t"
    if spec.get("volumeMode"):
        yield f"VolumeMode:\t{spec['volumeMode']}"


_SPECIAL: dict[str, Callable[[Json], Iterator[str]]] = {
    "emptyDir": _empty_dir, "iscsi": _iscsi, "fc": _fibre_channel, "downwardAPI": _downward, "projected": _projected,
    "csi": _csi, "ephemeral": _ephemeral,
}  # fmt: skip
