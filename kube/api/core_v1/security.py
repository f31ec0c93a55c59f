"""Security contexts of pods and containers.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import (
    AppArmorProfileType,
    Capability,
    PodFSGroupChangePolicy,
    PodSELinuxChangePolicy,
    ProcMountType,
    SeccompProfileType,
    SupplementalGroupsPolicy,
)
from kube.apimachinery.types import APIModel, Int64, always, wire


class Capabilities(APIModel):
    """POSIX capabilities given and taken away."""

    add: Annotated[list[Capability], wire(1, "Capabilities to add.", list_type="atomic")] = []
    drop: Annotated[list[Capability], wire(2, "Capabilities to drop; ALL for every one.", list_type="atomic")] = []


class SELinuxOptions(APIModel):
    """The SELinux label of a container."""

    user: Annotated[str, wire(1, "The user part.")] = ""
    role: Annotated[str, wire(2, "The role part.")] = ""
    type: Annotated[str, wire(3, "The type part.")] = ""
    level: Annotated[str, wire(4, "The level part.")] = ""


class WindowsSecurityContextOptions(APIModel):
    """What is particular to Windows."""

    gmsaCredentialSpecName: Annotated[str | None, wire(1, "The name of the GMSA credential spec.")] = None
    gmsaCredentialSpec: Annotated[str | None, wire(2, "The GMSA credential spec itself.")] = None
    runAsUserName: Annotated[
        str | None, wire(3, "The user that the first process runs as; that of the image by default.")
    ] = None
    hostProcess: Annotated[
        bool | None, wire(4, "Whether it runs as a process of the host; all containers of a pod or none.")
    ] = None


class SeccompProfile(APIModel):
    """Which system calls are allowed."""

    type: Annotated[SeccompProfileType, wire(1, "RuntimeDefault, Unconfined or Localhost.")] = always("")
    localhostProfile: Annotated[str | None, wire(2, "The file of the profile on the node, for Localhost.")] = None


class AppArmorProfile(APIModel):
    """The AppArmor profile of a container."""

    type: Annotated[AppArmorProfileType, wire(1, "RuntimeDefault, Unconfined or Localhost.")] = always("")
    localhostProfile: Annotated[str | None, wire(2, "The name of the profile on the node, for Localhost.")] = None


class SecurityContext(APIModel):
    """The rights and the user of a container; what stands here wins over the pod's."""

    capabilities: Annotated[Capabilities | None, wire(1, "Capabilities to add and to drop.")] = None
    privileged: Annotated[bool | None, wire(2, "Whether it may do what root may on the node.")] = None
    seLinuxOptions: Annotated[SELinuxOptions | None, wire(3, "The SELinux context.")] = None
    windowsOptions: Annotated[WindowsSecurityContextOptions | None, wire(10, "For Windows.")] = None
    runAsUser: Annotated[Int64 | None, wire(4, "The user id that the process starts with.")] = None
    runAsGroup: Annotated[Int64 | None, wire(8, "The group id that the process starts with.")] = None
    runAsNonRoot: Annotated[bool | None, wire(5, "Whether the kubelet refuses to start it as root.")] = None
    readOnlyRootFilesystem: Annotated[bool | None, wire(6, "Whether its root file system is for reading only.")] = None
    allowPrivilegeEscalation: Annotated[
        bool | None, wire(7, "Whether a process may gain more rights than its parent has.")
    ] = None
    procMount: Annotated[ProcMountType | None, wire(9, "How /proc is mounted: Default or Unmasked.")] = None
    seccompProfile: Annotated[SeccompProfile | None, wire(11, "Which system calls it may make.")] = None
    appArmorProfile: Annotated[AppArmorProfile | None, wire(12, "The AppArmor profile.")] = None


class Sysctl(APIModel):
    """A kernel parameter of the pod."""

    name: Annotated[str, wire(1, "The setting's name, such as net.core.somaxconn.")] = always("")
    value: Annotated[str, wire(2, "The value.")] = always("")


class PodSecurityContext(APIModel):
    """The rights and users of all containers of a pod."""

    seLinuxOptions: Annotated[SELinuxOptions | None, wire(1, "The SELinux context of all containers.")] = None
    windowsOptions: Annotated[WindowsSecurityContextOptions | None, wire(8, "For Windows.")] = None
    runAsUser: Annotated[Int64 | None, wire(2, "The user id that processes start with.")] = None
    runAsGroup: Annotated[Int64 | None, wire(6, "The group id that processes start with.")] = None
    runAsNonRoot: Annotated[bool | None, wire(3, "Whether the kubelet refuses to start containers as root.")] = None
    supplementalGroups: Annotated[list[Int64], wire(4, "Further groups of the first process.", list_type="atomic")] = []
    supplementalGroupsPolicy: Annotated[
        SupplementalGroupsPolicy | None, wire(12, "Merge with the groups of the image, or Strict.")
    ] = None
    fsGroup: Annotated[Int64 | None, wire(5, "The group that owns the pod's volumes.")] = None
    sysctls: Annotated[list[Sysctl], wire(7, "Kernel settings of the pod's namespaces.", list_type="atomic")] = []
    fsGroupChangePolicy: Annotated[
        PodFSGroupChangePolicy | None, wire(9, "When volumes are given to the group: Always or OnRootMismatch.")
    ] = None
    seccompProfile: Annotated[SeccompProfile | None, wire(10, "Which system calls containers may make.")] = None
    appArmorProfile: Annotated[AppArmorProfile | None, wire(11, "The AppArmor profile of all containers.")] = None
    seLinuxChangePolicy: Annotated[
        PodSELinuxChangePolicy | None, wire(13, "How volumes get the SELinux label: MountOption or Recursive.")
    ] = None
