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
    """A file or directory of the node."""

    path: Annotated[str, wire(1, "The path on the node.")] = always("")
    type: Annotated[
        HostPathType | None, wire(2, "What must be there, or is made: Directory, DirectoryOrCreate, File, Socket, ...")
    ] = None


class EmptyDirVolumeSource(APIModel):
    """A directory that is empty at first and goes with the pod."""

    medium: Annotated[StorageMedium, wire(1, "Memory for a file system in memory; empty for the node's disk.")] = ""
    sizeLimit: Annotated[Quantity | None, wire(2, "How much it may hold.")] = None


class SecretVolumeSource(APIModel):
    """The keys of a Secret, as files."""

    secretName: Annotated[str, wire(1, "The name of the Secret.")] = ""
    items: Annotated[
        list[KeyToPath],
        wire(2, "Which keys, and under which paths; without it every key under its own name.", list_type="atomic"),
    ] = []
    defaultMode: Annotated[Int32 | None, wire(3, "The mode of the files, 0644 by default.")] = None
    optional: Annotated[bool | None, wire(4, "Whether the pod starts without the Secret or a key of it.")] = None


class NFSVolumeSource(APIModel):
    """A directory of an NFS server."""

    server: Annotated[str, wire(1, "The server's name or address.")] = always("")
    path: Annotated[str, wire(2, "The exported path.")] = always("")
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False


class ISCSIVolumeSource(APIModel):
    """A disk that an iSCSI target serves."""

    targetPortal: Annotated[str, wire(1, "The address of the target, with its port unless that is 3260.")] = always("")
    iqn: Annotated[str, wire(2, "The qualified name of the target.")] = always("")
    lun: Annotated[Int32, wire(3, "The number of the disk at the target.")] = always(0)
    iscsiInterface: Annotated[str, wire(4, "The initiator's interface, default (tcp) if empty.")] = ""
    fsType: Annotated[str, wire(5, "The file system of the disk, ext4 by default.")] = ""
    readOnly: Annotated[bool, wire(6, "Whether it is mounted for reading only.")] = False
    portals: Annotated[list[str], wire(7, "More addresses of the target.", list_type="atomic")] = []
    chapAuthDiscovery: Annotated[bool, wire(8, "Whether discovery is authenticated with CHAP.")] = False
    chapAuthSession: Annotated[bool, wire(11, "Whether the session is authenticated with CHAP.")] = False
    secretRef: Annotated[LocalObjectReference | None, wire(10, "The Secret with the names and passwords for CHAP.")] = (
        None
    )
    initiatorName: Annotated[str | None, wire(12, "The qualified name that the node gives itself.")] = None


class PersistentVolumeClaimVolumeSource(APIModel):
    """The volume that a claim of the namespace is bound to."""

    claimName: Annotated[str, wire(1, "The name of the claim.")] = always("")
    readOnly: Annotated[bool, wire(2, "Whether it is mounted for reading only.")] = False


class DownwardAPIVolumeFile(APIModel):
    """One file with a fact about the pod."""

    path: Annotated[str, wire(1, "The path of the file, below the mount.")] = always("")
    fieldRef: Annotated[ObjectFieldSelector | None, wire(2, "A field of the pod.")] = None
    resourceFieldRef: Annotated[ResourceFieldSelector | None, wire(3, "A request or limit of a container.")] = None
    mode: Annotated[Int32 | None, wire(4, "The mode of the file.")] = None


class DownwardAPIVolumeSource(APIModel):
    """Facts about the pod, as files."""

    items: Annotated[list[DownwardAPIVolumeFile], wire(1, "The files.", list_type="atomic")] = []
    defaultMode: Annotated[Int32 | None, wire(2, "The mode of the files, 0644 by default.")] = None


class ConfigMapVolumeSource(APIModel):
    """The keys of a ConfigMap, as files."""

    name: Annotated[str, wire(1, "The name of the ConfigMap.", inline=(1,))] = ""
    items: Annotated[
        list[KeyToPath],
        wire(2, "Which keys, and under which paths; without it every key under its own name.", list_type="atomic"),
    ] = []
    defaultMode: Annotated[Int32 | None, wire(3, "The mode of the files, 0644 by default.")] = None
    optional: Annotated[bool | None, wire(4, "Whether the pod starts without the ConfigMap or a key of it.")] = None


class SecretProjection(APIModel):
    """Keys of a Secret, as files."""

    name: Annotated[str, wire(1, "The name of the Secret.", inline=(1,))] = ""
    items: Annotated[list[KeyToPath], wire(2, "Which keys, and under which paths.", list_type="atomic")] = []
    optional: Annotated[bool | None, wire(4, "Whether it may be absent.")] = None


class DownwardAPIProjection(APIModel):
    """Facts about the pod, as files."""

    items: Annotated[list[DownwardAPIVolumeFile], wire(1, "The files.", list_type="atomic")] = []


class ConfigMapProjection(APIModel):
    """Keys of a ConfigMap, as files."""

    name: Annotated[str, wire(1, "The name of the ConfigMap.", inline=(1,))] = ""
    items: Annotated[list[KeyToPath], wire(2, "Which keys, and under which paths.", list_type="atomic")] = []
    optional: Annotated[bool | None, wire(4, "Whether it may be absent.")] = None


class ServiceAccountTokenProjection(APIModel):
    """A token of the pod's service account, in a file."""

    audience: Annotated[str, wire(1, "Who shall accept the token; the API server by default.")] = ""
    expirationSeconds: Annotated[Int64 | None, wire(2, "For how long each token is good, at least 10 minutes.")] = None
    path: Annotated[str, wire(3, "The path of the token's file, below the mount.")] = always("")


class ClusterTrustBundleProjection(APIModel):
    """Certificates of authorities to trust, in a file."""

    name: Annotated[str | None, wire(1, "The name of one ClusterTrustBundle.")] = None
    signerName: Annotated[str | None, wire(2, "All bundles of this signer, instead of one by name.")] = None
    labelSelector: Annotated[
        LabelSelector | None, wire(3, "Which bundles of the signer; none when absent, all when empty.")
    ] = None
    optional: Annotated[bool | None, wire(5, "Whether the pod starts without the bundles.")] = None
    path: Annotated[str, wire(4, "The path of the file, below the mount.")] = always("")


class PodCertificateProjection(APIModel):
    """A key and a certificate of the pod's own, renewed before it expires."""

    signerName: Annotated[str, wire(1, "The signer that is asked for the certificate.")] = always("")
    keyType: Annotated[str, wire(2, "The key: RSA3072, RSA4096, ECDSAP256, ECDSAP384, ECDSAP521 or ED25519.")] = always(
        ""
    )
    maxExpirationSeconds: Annotated[
        Int32 | None, wire(3, "For how long a certificate may be good, 24 hours by default.")
    ] = None
    credentialBundlePath: Annotated[
        str, wire(4, "The path of a file with the key and the certificates, below the mount.")
    ] = ""
    keyPath: Annotated[str, wire(5, "The path of a file with the key alone, below the mount.")] = ""
    certificateChainPath: Annotated[
        str, wire(6, "The path of a file with the certificates alone, below the mount.")
    ] = ""
    userAnnotations: Annotated[dict[str, str], wire(7, "What the signer is told besides.")] = {}


class VolumeProjection(APIModel):
    """One of the sources of a projected volume; exactly one field is given."""

    secret: Annotated[SecretProjection | None, wire(1, "Keys of a Secret.")] = None
    downwardAPI: Annotated[DownwardAPIProjection | None, wire(2, "Facts about the pod.")] = None
    configMap: Annotated[ConfigMapProjection | None, wire(3, "Keys of a ConfigMap.")] = None
    serviceAccountToken: Annotated[
        ServiceAccountTokenProjection | None,
        wire(4, "A token of the pod's service account, renewed before it expires."),
    ] = None
    clusterTrustBundle: Annotated[
        ClusterTrustBundleProjection | None, wire(5, "Certificates of authorities to trust.")
    ] = None
    podCertificate: Annotated[PodCertificateProjection | None, wire(6, "A certificate of the pod's own.")] = None


class ProjectedVolumeSource(APIModel):
    """Several sources in one directory."""

    sources: Annotated[list[VolumeProjection], wire(1, "What is put into the directory.", list_type="atomic")] = []
    defaultMode: Annotated[Int32 | None, wire(2, "The mode of the files, 0644 by default.")] = None


class CSIVolumeSource(APIModel):
    """A volume that a CSI driver of the node makes for the pod."""

    driver: Annotated[str, wire(1, "The name of the driver.")] = always("")
    readOnly: Annotated[bool | None, wire(2, "Whether it is mounted for reading only.")] = None
    fsType: Annotated[str | None, wire(3, "The file system.")] = None
    volumeAttributes: Annotated[dict[str, str], wire(4, "What the driver wants to know.")] = {}
    nodePublishSecretRef: Annotated[LocalObjectReference | None, wire(5, "A Secret that the driver is handed.")] = None


class EphemeralVolumeSource(APIModel):
    """A claim that is made for the pod and goes with it."""

    volumeClaimTemplate: Annotated[PersistentVolumeClaimTemplate | None, wire(1, "What the claim looks like.")] = None


class ImageVolumeSource(APIModel):
    """The content of an image."""

    reference: Annotated[str, wire(1, "The image's name.")] = ""
    pullPolicy: Annotated[PullPolicy, wire(2, "When the image is pulled: Always, IfNotPresent or Never.")] = ""


class Volume(APIModel):
    """A directory or disk that containers of a pod can mount; exactly one source is given."""

    name: Annotated[str, wire(1, "The name by which containers mount the volume.")] = always("")
    hostPath: Annotated[HostPathVolumeSource | None, wire(1, "A file or directory of the node.", inline=(2,))] = None
    emptyDir: Annotated[
        EmptyDirVolumeSource | None, wire(2, "A directory that lives as long as the pod.", inline=(2,))
    ] = None
    gcePersistentDisk: Annotated[
        GCEPersistentDiskVolumeSource | None,
        wire(3, "Deprecated: a persistent disk of Google Compute Engine.", inline=(2,)),
    ] = None
    awsElasticBlockStore: Annotated[
        AWSElasticBlockStoreVolumeSource | None,
        wire(4, "Deprecated: a volume of AWS Elastic Block Store.", inline=(2,)),
    ] = None
    gitRepo: Annotated[
        GitRepoVolumeSource | None,
        wire(5, "Deprecated: a directory into which a git repository is cloned.", inline=(2,)),
    ] = None
    secret: Annotated[SecretVolumeSource | None, wire(6, "The keys of a Secret, as files.", inline=(2,))] = None
    nfs: Annotated[NFSVolumeSource | None, wire(7, "A directory of an NFS server.", inline=(2,))] = None
    iscsi: Annotated[ISCSIVolumeSource | None, wire(8, "A disk that an iSCSI target serves.", inline=(2,))] = None
    glusterfs: Annotated[
        GlusterfsVolumeSource | None, wire(9, "Deprecated: a volume of a GlusterFS cluster.", inline=(2,))
    ] = None
    persistentVolumeClaim: Annotated[
        PersistentVolumeClaimVolumeSource | None,
        wire(10, "The volume that a claim of the namespace is bound to.", inline=(2,)),
    ] = None
    rbd: Annotated[RBDVolumeSource | None, wire(11, "Deprecated: a block device of a Ceph cluster.", inline=(2,))] = (
        None
    )
    flexVolume: Annotated[
        FlexVolumeSource | None,
        wire(12, "Deprecated: a volume that a FlexVolume driver of the node makes.", inline=(2,)),
    ] = None
    cinder: Annotated[CinderVolumeSource | None, wire(13, "Deprecated: a volume of OpenStack Cinder.", inline=(2,))] = (
        None
    )
    cephfs: Annotated[
        CephFSVolumeSource | None, wire(14, "Deprecated: a directory of a Ceph file system.", inline=(2,))
    ] = None
    flocker: Annotated[FlockerVolumeSource | None, wire(15, "Deprecated: a dataset of Flocker.", inline=(2,))] = None
    downwardAPI: Annotated[DownwardAPIVolumeSource | None, wire(16, "Facts about the pod, as files.", inline=(2,))] = (
        None
    )
    fc: Annotated[FCVolumeSource | None, wire(17, "A disk on a Fibre Channel network.", inline=(2,))] = None
    azureFile: Annotated[AzureFileVolumeSource | None, wire(18, "Deprecated: a share of Azure File.", inline=(2,))] = (
        None
    )
    configMap: Annotated[ConfigMapVolumeSource | None, wire(19, "The keys of a ConfigMap, as files.", inline=(2,))] = (
        None
    )
    vsphereVolume: Annotated[
        VsphereVirtualDiskVolumeSource | None, wire(20, "Deprecated: a virtual disk of vSphere.", inline=(2,))
    ] = None
    quobyte: Annotated[QuobyteVolumeSource | None, wire(21, "Deprecated: a volume of Quobyte.", inline=(2,))] = None
    azureDisk: Annotated[AzureDiskVolumeSource | None, wire(22, "Deprecated: a data disk of Azure.", inline=(2,))] = (
        None
    )
    photonPersistentDisk: Annotated[
        PhotonPersistentDiskVolumeSource | None,
        wire(23, "Deprecated: a persistent disk of the Photon controller.", inline=(2,)),
    ] = None
    projected: Annotated[ProjectedVolumeSource | None, wire(26, "Several sources in one directory.", inline=(2,))] = (
        None
    )
    portworxVolume: Annotated[
        PortworxVolumeSource | None, wire(24, "Deprecated: a volume of Portworx.", inline=(2,))
    ] = None
    scaleIO: Annotated[ScaleIOVolumeSource | None, wire(25, "Deprecated: a volume of ScaleIO.", inline=(2,))] = None
    storageos: Annotated[StorageOSVolumeSource | None, wire(27, "Deprecated: a volume of StorageOS.", inline=(2,))] = (
        None
    )
    csi: Annotated[
        CSIVolumeSource | None, wire(28, "A volume that a CSI driver of the node makes for the pod.", inline=(2,))
    ] = None
    ephemeral: Annotated[
        EphemeralVolumeSource | None, wire(29, "A claim that is made for the pod and goes with it.", inline=(2,))
    ] = None
    image: Annotated[ImageVolumeSource | None, wire(30, "The content of an image.", inline=(2,))] = None
