"""Volume sources of particular storage systems, kept for completeness.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import AzureDataDiskCachingMode, AzureDataDiskKind
from kube.api.core_v1.references import LocalObjectReference
from kube.apimachinery.types import APIModel, Int32, Nil, Slice, always, wire


class GCEPersistentDiskVolumeSource(APIModel):
    pdName: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""
    partition: Annotated[Int32, wire(3)] = 0
    readOnly: Annotated[bool, wire(4)] = False


class AWSElasticBlockStoreVolumeSource(APIModel):
    volumeID: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""
    partition: Annotated[Int32, wire(3)] = 0
    readOnly: Annotated[bool, wire(4)] = False


class GitRepoVolumeSource(APIModel):
    repository: Annotated[str, wire(1)] = always("")
    revision: Annotated[str, wire(2)] = ""
    directory: Annotated[str, wire(3)] = ""


class GlusterfsVolumeSource(APIModel):
    endpoints: Annotated[str, wire(1)] = always("")
    path: Annotated[str, wire(2)] = always("")
    readOnly: Annotated[bool, wire(3)] = False


class RBDVolumeSource(APIModel):
    monitors: Annotated[Slice[str], wire(1, list_type="atomic")] = always(Nil)
    image: Annotated[str, wire(2)] = always("")
    fsType: Annotated[str, wire(3)] = ""
    pool: Annotated[str, wire(4)] = ""
    user: Annotated[str, wire(5)] = ""
    keyring: Annotated[str, wire(6)] = ""
    secretRef: Annotated[LocalObjectReference | None, wire(7)] = None
    readOnly: Annotated[bool, wire(8)] = False


class FlexVolumeSource(APIModel):
    driver: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""
    secretRef: Annotated[LocalObjectReference | None, wire(3)] = None
    readOnly: Annotated[bool, wire(4)] = False
    options: Annotated[dict[str, str], wire(5)] = {}


class CinderVolumeSource(APIModel):
    volumeID: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""
    readOnly: Annotated[bool, wire(3)] = False
    secretRef: Annotated[LocalObjectReference | None, wire(4)] = None


class CephFSVolumeSource(APIModel):
    monitors: Annotated[Slice[str], wire(1, list_type="atomic")] = always(Nil)
    path: Annotated[str, wire(2)] = ""
    user: Annotated[str, wire(3)] = ""
    secretFile: Annotated[str, wire(4)] = ""
    secretRef: Annotated[LocalObjectReference | None, wire(5)] = None
    readOnly: Annotated[bool, wire(6)] = False


class FlockerVolumeSource(APIModel):
    datasetName: Annotated[str, wire(1)] = ""
    datasetUUID: Annotated[str, wire(2)] = ""


class FCVolumeSource(APIModel):
    targetWWNs: Annotated[list[str], wire(1, list_type="atomic")] = []
    lun: Annotated[Int32, wire(2)] = 0
    fsType: Annotated[str, wire(3)] = ""
    readOnly: Annotated[bool, wire(4)] = False
    wwids: Annotated[list[str], wire(5, list_type="atomic")] = []


class AzureFileVolumeSource(APIModel):
    secretName: Annotated[str, wire(1)] = always("")
    shareName: Annotated[str, wire(2)] = always("")
    readOnly: Annotated[bool, wire(3)] = False


class VsphereVirtualDiskVolumeSource(APIModel):
    volumePath: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""
    storagePolicyName: Annotated[str, wire(3)] = ""
    storagePolicyID: Annotated[str, wire(4)] = ""


class QuobyteVolumeSource(APIModel):
    registry: Annotated[str, wire(1)] = always("")
    volume: Annotated[str, wire(2)] = always("")
    readOnly: Annotated[bool, wire(3)] = False
    user: Annotated[str, wire(4)] = ""
    group: Annotated[str, wire(5)] = ""
    tenant: Annotated[str, wire(6)] = ""


class AzureDiskVolumeSource(APIModel):
    diskName: Annotated[str, wire(1)] = always("")
    diskURI: Annotated[str, wire(2)] = always("")
    cachingMode: Annotated[AzureDataDiskCachingMode | None, wire(3)] = None
    fsType: Annotated[str | None, wire(4)] = None
    readOnly: Annotated[bool | None, wire(5)] = None
    kind: Annotated[AzureDataDiskKind | None, wire(6)] = None


class PhotonPersistentDiskVolumeSource(APIModel):
    pdID: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""


class PortworxVolumeSource(APIModel):
    volumeID: Annotated[str, wire(1)] = always("")
    fsType: Annotated[str, wire(2)] = ""
    readOnly: Annotated[bool, wire(3)] = False


class ScaleIOVolumeSource(APIModel):
    gateway: Annotated[str, wire(1)] = always("")
    system: Annotated[str, wire(2)] = always("")
    secretRef: Annotated[LocalObjectReference, wire(3, required=True)] = always(LocalObjectReference)
    sslEnabled: Annotated[bool, wire(4)] = False
    protectionDomain: Annotated[str, wire(5)] = ""
    storagePool: Annotated[str, wire(6)] = ""
    storageMode: Annotated[str, wire(7)] = ""
    volumeName: Annotated[str, wire(8)] = ""
    fsType: Annotated[str, wire(9)] = ""
    readOnly: Annotated[bool, wire(10)] = False


class StorageOSVolumeSource(APIModel):
    volumeName: Annotated[str, wire(1)] = ""
    volumeNamespace: Annotated[str, wire(2)] = ""
    fsType: Annotated[str, wire(3)] = ""
    readOnly: Annotated[bool, wire(4)] = False
    secretRef: Annotated[LocalObjectReference | None, wire(5)] = None
