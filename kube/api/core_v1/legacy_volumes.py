"""Volume sources of particular storage systems, kept for completeness.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import AzureDataDiskCachingMode, AzureDataDiskKind
from kube.api.core_v1.references import LocalObjectReference
from kube.apimachinery.types import APIModel, Int32, Nil, Slice, always, wire


class GCEPersistentDiskVolumeSource(APIModel):
    """A persistent disk of Google Compute Engine."""

    pdName: Annotated[str, wire(1, "The name of the disk.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the disk, ext4 by default.")] = ""
    partition: Annotated[Int32, wire(3, "The partition to mount; 0 is the whole disk.")] = 0
    readOnly: Annotated[bool, wire(4, "Whether it is mounted for reading only.")] = False


class AWSElasticBlockStoreVolumeSource(APIModel):
    """A volume of AWS Elastic Block Store."""

    volumeID: Annotated[str, wire(1, "The ID of the volume.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the volume, ext4 by default.")] = ""
    partition: Annotated[Int32, wire(3, "The partition to mount; 0 is the whole volume.")] = 0
    readOnly: Annotated[bool, wire(4, "Whether it is mounted for reading only.")] = False


class GitRepoVolumeSource(APIModel):
    """A directory into which a git repository is cloned."""

    repository: Annotated[str, wire(1, "The URL of the repository.")] = always("")
    revision: Annotated[str, wire(2, "The commit to check out.")] = ""
    directory: Annotated[str, wire(3, "The directory to clone into, below the mount; a dot for the mount itself.")] = ""


class GlusterfsVolumeSource(APIModel):
    """A volume of a GlusterFS cluster."""

    endpoints: Annotated[str, wire(1, "The name of the Endpoints that lead to the cluster.")] = always("")
    path: Annotated[str, wire(2, "The name of the volume.")] = always("")
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False


class RBDVolumeSource(APIModel):
    """A block device of a Ceph cluster."""

    monitors: Annotated[Slice[str], wire(1, "The addresses of the cluster's monitors.", list_type="atomic")] = always(
        Nil
    )
    image: Annotated[str, wire(2, "The name of the image.")] = always("")
    fsType: Annotated[str, wire(3, "The file system of the device, ext4 by default.")] = ""
    pool: Annotated[str, wire(4, "The pool of the image, rbd by default.")] = ""
    user: Annotated[str, wire(5, "The user, admin by default.")] = ""
    keyring: Annotated[str, wire(6, "The path of the user's keyring on the node, /etc/ceph/keyring by default.")] = ""
    secretRef: Annotated[
        LocalObjectReference | None, wire(7, "The Secret with the user's key, instead of the keyring.")
    ] = None
    readOnly: Annotated[bool, wire(8, "Whether it is mounted for reading only.")] = False


class FlexVolumeSource(APIModel):
    """A volume that a FlexVolume driver of the node makes."""

    driver: Annotated[str, wire(1, "The name of the driver.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the volume; the driver has a default.")] = ""
    secretRef: Annotated[LocalObjectReference | None, wire(3, "A Secret that the driver is handed.")] = None
    readOnly: Annotated[bool, wire(4, "Whether it is mounted for reading only.")] = False
    options: Annotated[dict[str, str], wire(5, "What the driver wants to know.")] = {}


class CinderVolumeSource(APIModel):
    """A volume of OpenStack Cinder."""

    volumeID: Annotated[str, wire(1, "The ID of the volume.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the volume, ext4 by default.")] = ""
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False
    secretRef: Annotated[LocalObjectReference | None, wire(4, "The Secret with what is needed to reach OpenStack.")] = (
        None
    )


class CephFSVolumeSource(APIModel):
    """A directory of a Ceph file system."""

    monitors: Annotated[Slice[str], wire(1, "The addresses of the cluster's monitors.", list_type="atomic")] = always(
        Nil
    )
    path: Annotated[str, wire(2, "The directory to mount, / by default.")] = ""
    user: Annotated[str, wire(3, "The user, admin by default.")] = ""
    secretFile: Annotated[str, wire(4, "The path of the user's key on the node, /etc/ceph/user.secret by default.")] = (
        ""
    )
    secretRef: Annotated[
        LocalObjectReference | None, wire(5, "The Secret with the user's key, instead of the file.")
    ] = None
    readOnly: Annotated[bool, wire(6, "Whether it is mounted for reading only.")] = False


class FlockerVolumeSource(APIModel):
    """A dataset of Flocker."""

    datasetName: Annotated[str, wire(1, "The name of the dataset; deprecated.")] = ""
    datasetUUID: Annotated[str, wire(2, "The UUID of the dataset.")] = ""


class FCVolumeSource(APIModel):
    """A disk on a Fibre Channel network."""

    targetWWNs: Annotated[list[str], wire(1, "The world wide names of the target.", list_type="atomic")] = []
    lun: Annotated[Int32 | None, wire(2, "The number of the disk at the target.")] = None
    fsType: Annotated[str, wire(3, "The file system of the disk, ext4 by default.")] = ""
    readOnly: Annotated[bool, wire(4, "Whether it is mounted for reading only.")] = False
    wwids: Annotated[
        list[str], wire(5, "World wide identifiers of the disk, instead of targetWWNs and lun.", list_type="atomic")
    ] = []


class AzureFileVolumeSource(APIModel):
    """A share of Azure File."""

    secretName: Annotated[str, wire(1, "The name of the Secret with the storage account's name and key.")] = always("")
    shareName: Annotated[str, wire(2, "The name of the share.")] = always("")
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False


class VsphereVirtualDiskVolumeSource(APIModel):
    """A virtual disk of vSphere."""

    volumePath: Annotated[str, wire(1, "The path of the disk in its datastore.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the disk, ext4 by default.")] = ""
    storagePolicyName: Annotated[str, wire(3, "The name of the storage policy.")] = ""
    storagePolicyID: Annotated[str, wire(4, "The ID of the storage policy of that name.")] = ""


class QuobyteVolumeSource(APIModel):
    """A volume of Quobyte."""

    registry: Annotated[str, wire(1, "The addresses of the registries, host:port, joined by commas.")] = always("")
    volume: Annotated[str, wire(2, "The name of the volume.")] = always("")
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False
    user: Annotated[str, wire(4, "The user to mount as, by default the owner of the volume.")] = ""
    group: Annotated[str, wire(5, "The group to mount as; none by default.")] = ""
    tenant: Annotated[str, wire(6, "The tenant that owns the volume.")] = ""


class AzureDiskVolumeSource(APIModel):
    """A data disk of Azure."""

    diskName: Annotated[str, wire(1, "The name of the disk.")] = always("")
    diskURI: Annotated[str, wire(2, "The URI of the disk.")] = always("")
    cachingMode: Annotated[
        AzureDataDiskCachingMode | None, wire(3, "How the host caches the disk: None, ReadOnly or ReadWrite.")
    ] = None
    fsType: Annotated[str | None, wire(4, "The file system of the disk, ext4 by default.")] = None
    readOnly: Annotated[bool | None, wire(5, "Whether it is mounted for reading only.")] = None
    kind: Annotated[AzureDataDiskKind | None, wire(6, "Where the disk is kept: Shared, Dedicated or Managed.")] = None


class PhotonPersistentDiskVolumeSource(APIModel):
    """A persistent disk of the Photon controller."""

    pdID: Annotated[str, wire(1, "The ID of the disk.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the disk, ext4 by default.")] = ""


class PortworxVolumeSource(APIModel):
    """A volume of Portworx."""

    volumeID: Annotated[str, wire(1, "The ID of the volume.")] = always("")
    fsType: Annotated[str, wire(2, "The file system of the volume, ext4 by default.")] = ""
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False


class ScaleIOVolumeSource(APIModel):
    """A volume of ScaleIO."""

    gateway: Annotated[str, wire(1, "The address of the gateway's API.")] = always("")
    system: Annotated[str, wire(2, "The name of the storage system.")] = always("")
    secretRef: Annotated[
        LocalObjectReference, wire(3, "The Secret with the user's name and password.", required=True)
    ] = always(LocalObjectReference)
    sslEnabled: Annotated[bool, wire(4, "Whether the gateway is spoken to with TLS.")] = False
    protectionDomain: Annotated[str, wire(5, "The protection domain of the storage.")] = ""
    storagePool: Annotated[str, wire(6, "The storage pool in that domain.")] = ""
    storageMode: Annotated[str, wire(7, "ThickProvisioned or ThinProvisioned, the default.")] = ""
    volumeName: Annotated[str, wire(8, "The name of the volume.")] = ""
    fsType: Annotated[str, wire(9, "The file system of the volume, xfs by default.")] = ""
    readOnly: Annotated[bool, wire(10, "Whether it is mounted for reading only.")] = False


class StorageOSVolumeSource(APIModel):
    """A volume of StorageOS."""

    volumeName: Annotated[str, wire(1, "The name of the volume, unique within its StorageOS namespace.")] = ""
    volumeNamespace: Annotated[str, wire(2, "The StorageOS namespace of the volume, by default that of the pod.")] = ""
    fsType: Annotated[str, wire(3, "The file system of the volume, ext4 by default.")] = ""
    readOnly: Annotated[bool, wire(4, "Whether it is mounted for reading only.")] = False
    secretRef: Annotated[LocalObjectReference | None, wire(5, "The Secret with what is needed to reach StorageOS.")] = (
        None
    )
