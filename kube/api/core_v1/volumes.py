"""Volume and the sources that it can have.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import HostPathType, PullPolicy, StorageMedium
from kube.api.core_v1.legacy_volumes import (
    AWSElasticBlockStoreVolumeSource,
    AzureDiskVolumeSource,
    AzureFileVolumeSource,
    CephFSVolumeSource,
    CinderVolumeSource,
    FCVolumeSource,
    FlexVolumeSource,
    FlockerVolumeSource,
    GCEPersistentDiskVolumeSource,
    GitRepoVolumeSource,
    GlusterfsVolumeSource,
    PhotonPersistentDiskVolumeSource,
    PortworxVolumeSource,
    QuobyteVolumeSource,
    RBDVolumeSource,
    ScaleIOVolumeSource,
    StorageOSVolumeSource,
    VsphereVirtualDiskVolumeSource,
)
from kube.api.core_v1.persistent_volume_claim import PersistentVolumeClaimTemplate
from kube.api.core_v1.references import LocalObjectReference
from kube.api.core_v1.selectors import KeyToPath, ObjectFieldSelector, ResourceFieldSelector
from kube.apimachinery.meta_v1 import LabelSelector
from kube.apimachinery.types import APIModel, Int32, Int64, Quantity, always, wire


class HostPathVolumeSource(APIModel):
    path: Annotated[str, wire(1)] = always("")
    type: Annotated[HostPathType | None, wire(2)] = None


class EmptyDirVolumeSource(APIModel):
    medium: Annotated[StorageMedium, wire(1)] = ""
    sizeLimit: Annotated[Quantity | None, wire(2)] = None


class SecretVolumeSource(APIModel):
    secretName: Annotated[str, wire(1)] = ""
    items: Annotated[list[KeyToPath], wire(2, list_type="atomic")] = []
    defaultMode: Annotated[Int32 | None, wire(3)] = None
    optional: Annotated[bool | None, wire(4)] = None


class NFSVolumeSource(APIModel):
    server: Annotated[str, wire(1)] = always("")
    path: Annotated[str, wire(2)] = always("")
    readOnly: Annotated[bool, wire(3)] = False


class ISCSIVolumeSource(APIModel):
    targetPortal: Annotated[str, wire(1)] = always("")
    iqn: Annotated[str, wire(2)] = always("")
    lun: Annotated[Int32, wire(3)] = always(0)
    iscsiInterface: Annotated[str, wire(4)] = ""
    fsType: Annotated[str, wire(5)] = ""
    readOnly: Annotated[bool, wire(6)] = False
    portals: Annotated[list[str], wire(7, list_type="atomic")] = []
    chapAuthDiscovery: Annotated[bool, wire(8)] = False
    chapAuthSession: Annotated[bool, wire(11)] = False
    secretRef: Annotated[LocalObjectReference | None, wire(10)] = None
    initiatorName: Annotated[str | None, wire(12)] = None


class PersistentVolumeClaimVolumeSource(APIModel):
    claimName: Annotated[str, wire(1)] = always("")
    readOnly: Annotated[bool, wire(2)] = False


class DownwardAPIVolumeFile(APIModel):
    path: Annotated[str, wire(1)] = always("")
    fieldRef: Annotated[ObjectFieldSelector | None, wire(2)] = None
    resourceFieldRef: Annotated[ResourceFieldSelector | None, wire(3)] = None
    mode: Annotated[Int32 | None, wire(4)] = None


class DownwardAPIVolumeSource(APIModel):
    items: Annotated[list[DownwardAPIVolumeFile], wire(1, list_type="atomic")] = []
    defaultMode: Annotated[Int32 | None, wire(2)] = None


class ConfigMapVolumeSource(APIModel):
    name: Annotated[str, wire(1, inline=(1,))] = ""
    items: Annotated[list[KeyToPath], wire(2, list_type="atomic")] = []
    defaultMode: Annotated[Int32 | None, wire(3)] = None
    optional: Annotated[bool | None, wire(4)] = None


class SecretProjection(APIModel):
    name: Annotated[str, wire(1, inline=(1,))] = ""
    items: Annotated[list[KeyToPath], wire(2, list_type="atomic")] = []
    optional: Annotated[bool | None, wire(4)] = None


class DownwardAPIProjection(APIModel):
    items: Annotated[list[DownwardAPIVolumeFile], wire(1, list_type="atomic")] = []


class ConfigMapProjection(APIModel):
    name: Annotated[str, wire(1, inline=(1,))] = ""
    items: Annotated[list[KeyToPath], wire(2, list_type="atomic")] = []
    optional: Annotated[bool | None, wire(4)] = None


class ServiceAccountTokenProjection(APIModel):
    audience: Annotated[str, wire(1)] = ""
    expirationSeconds: Annotated[Int64 | None, wire(2)] = None
    path: Annotated[str, wire(3)] = always("")


class ClusterTrustBundleProjection(APIModel):
    name: Annotated[str | None, wire(1)] = None
    signerName: Annotated[str | None, wire(2)] = None
    labelSelector: Annotated[LabelSelector | None, wire(3)] = None
    optional: Annotated[bool | None, wire(5)] = None
    path: Annotated[str, wire(4)] = always("")


class PodCertificateProjection(APIModel):
    signerName: Annotated[str, wire(1)] = always("")
    keyType: Annotated[str, wire(2)] = always("")
    maxExpirationSeconds: Annotated[Int32 | None, wire(3)] = None
    credentialBundlePath: Annotated[str, wire(4)] = ""
    keyPath: Annotated[str, wire(5)] = ""
    certificateChainPath: Annotated[str, wire(6)] = ""
    userAnnotations: Annotated[dict[str, str], wire(7)] = {}


class VolumeProjection(APIModel):
    secret: Annotated[SecretProjection | None, wire(1)] = None
    downwardAPI: Annotated[DownwardAPIProjection | None, wire(2)] = None
    configMap: Annotated[ConfigMapProjection | None, wire(3)] = None
    serviceAccountToken: Annotated[ServiceAccountTokenProjection | None, wire(4)] = None
    clusterTrustBundle: Annotated[ClusterTrustBundleProjection | None, wire(5)] = None
    podCertificate: Annotated[PodCertificateProjection | None, wire(6)] = None


class ProjectedVolumeSource(APIModel):
    sources: Annotated[list[VolumeProjection], wire(1, list_type="atomic")] = []
    defaultMode: Annotated[Int32 | None, wire(2)] = None


class CSIVolumeSource(APIModel):
    driver: Annotated[str, wire(1)] = always("")
    readOnly: Annotated[bool | None, wire(2)] = None
    fsType: Annotated[str | None, wire(3)] = None
    volumeAttributes: Annotated[dict[str, str], wire(4)] = {}
    nodePublishSecretRef: Annotated[LocalObjectReference | None, wire(5)] = None


class EphemeralVolumeSource(APIModel):
    volumeClaimTemplate: Annotated[PersistentVolumeClaimTemplate | None, wire(1)] = None


class ImageVolumeSource(APIModel):
    reference: Annotated[str, wire(1)] = ""
    pullPolicy: Annotated[PullPolicy, wire(2)] = ""


class Volume(APIModel):
    name: Annotated[str, wire(1)] = always("")
    hostPath: Annotated[HostPathVolumeSource | None, wire(1, inline=(2,))] = None
    emptyDir: Annotated[EmptyDirVolumeSource | None, wire(2, inline=(2,))] = None
    gcePersistentDisk: Annotated[GCEPersistentDiskVolumeSource | None, wire(3, inline=(2,))] = None
    awsElasticBlockStore: Annotated[AWSElasticBlockStoreVolumeSource | None, wire(4, inline=(2,))] = None
    gitRepo: Annotated[GitRepoVolumeSource | None, wire(5, inline=(2,))] = None
    secret: Annotated[SecretVolumeSource | None, wire(6, inline=(2,))] = None
    nfs: Annotated[NFSVolumeSource | None, wire(7, inline=(2,))] = None
    iscsi: Annotated[ISCSIVolumeSource | None, wire(8, inline=(2,))] = None
    glusterfs: Annotated[GlusterfsVolumeSource | None, wire(9, inline=(2,))] = None
    persistentVolumeClaim: Annotated[PersistentVolumeClaimVolumeSource | None, wire(10, inline=(2,))] = None
    rbd: Annotated[RBDVolumeSource | None, wire(11, inline=(2,))] = None
    flexVolume: Annotated[FlexVolumeSource | None, wire(12, inline=(2,))] = None
    cinder: Annotated[CinderVolumeSource | None, wire(13, inline=(2,))] = None
    cephfs: Annotated[CephFSVolumeSource | None, wire(14, inline=(2,))] = None
    flocker: Annotated[FlockerVolumeSource | None, wire(15, inline=(2,))] = None
    downwardAPI: Annotated[DownwardAPIVolumeSource | None, wire(16, inline=(2,))] = None
    fc: Annotated[FCVolumeSource | None, wire(17, inline=(2,))] = None
    azureFile: Annotated[AzureFileVolumeSource | None, wire(18, inline=(2,))] = None
    configMap: Annotated[ConfigMapVolumeSource | None, wire(19, inline=(2,))] = None
    vsphereVolume: Annotated[VsphereVirtualDiskVolumeSource | None, wire(20, inline=(2,))] = None
    quobyte: Annotated[QuobyteVolumeSource | None, wire(21, inline=(2,))] = None
    azureDisk: Annotated[AzureDiskVolumeSource | None, wire(22, inline=(2,))] = None
    photonPersistentDisk: Annotated[PhotonPersistentDiskVolumeSource | None, wire(23, inline=(2,))] = None
    projected: Annotated[ProjectedVolumeSource | None, wire(26, inline=(2,))] = None
    portworxVolume: Annotated[PortworxVolumeSource | None, wire(24, inline=(2,))] = None
    scaleIO: Annotated[ScaleIOVolumeSource | None, wire(25, inline=(2,))] = None
    storageos: Annotated[StorageOSVolumeSource | None, wire(27, inline=(2,))] = None
    csi: Annotated[CSIVolumeSource | None, wire(28, inline=(2,))] = None
    ephemeral: Annotated[EphemeralVolumeSource | None, wire(29, inline=(2,))] = None
    image: Annotated[ImageVolumeSource | None, wire(30, inline=(2,))] = None
