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
    add: Annotated[list[Capability], wire(1, list_type="atomic")] = []
    drop: Annotated[list[Capability], wire(2, list_type="atomic")] = []


class SELinuxOptions(APIModel):
    user: Annotated[str, wire(1)] = ""
    role: Annotated[str, wire(2)] = ""
    type: Annotated[str, wire(3)] = ""
    level: Annotated[str, wire(4)] = ""


class WindowsSecurityContextOptions(APIModel):
    gmsaCredentialSpecName: Annotated[str | None, wire(1)] = None
    gmsaCredentialSpec: Annotated[str | None, wire(2)] = None
    runAsUserName: Annotated[str | None, wire(3)] = None
    hostProcess: Annotated[bool | None, wire(4)] = None


class SeccompProfile(APIModel):
    type: Annotated[SeccompProfileType, wire(1)] = always("")
    localhostProfile: Annotated[str | None, wire(2)] = None


class AppArmorProfile(APIModel):
    type: Annotated[AppArmorProfileType, wire(1)] = always("")
    localhostProfile: Annotated[str | None, wire(2)] = None


class SecurityContext(APIModel):
    capabilities: Annotated[Capabilities | None, wire(1)] = None
    privileged: Annotated[bool | None, wire(2)] = None
    seLinuxOptions: Annotated[SELinuxOptions | None, wire(3)] = None
    windowsOptions: Annotated[WindowsSecurityContextOptions | None, wire(10)] = None
    runAsUser: Annotated[Int64 | None, wire(4)] = None
    runAsGroup: Annotated[Int64 | None, wire(8)] = None
    runAsNonRoot: Annotated[bool | None, wire(5)] = None
    readOnlyRootFilesystem: Annotated[bool | None, wire(6)] = None
    allowPrivilegeEscalation: Annotated[bool | None, wire(7)] = None
    procMount: Annotated[ProcMountType | None, wire(9)] = None
    seccompProfile: Annotated[SeccompProfile | None, wire(11)] = None
    appArmorProfile: Annotated[AppArmorProfile | None, wire(12)] = None


class Sysctl(APIModel):
    name: Annotated[str, wire(1)] = always("")
    value: Annotated[str, wire(2)] = always("")


class PodSecurityContext(APIModel):
    seLinuxOptions: Annotated[SELinuxOptions | None, wire(1)] = None
    windowsOptions: Annotated[WindowsSecurityContextOptions | None, wire(8)] = None
    runAsUser: Annotated[Int64 | None, wire(2)] = None
    runAsGroup: Annotated[Int64 | None, wire(6)] = None
    runAsNonRoot: Annotated[bool | None, wire(3)] = None
    supplementalGroups: Annotated[list[Int64], wire(4, list_type="atomic")] = []
    supplementalGroupsPolicy: Annotated[SupplementalGroupsPolicy | None, wire(12)] = None
    fsGroup: Annotated[Int64 | None, wire(5)] = None
    sysctls: Annotated[list[Sysctl], wire(7, list_type="atomic")] = []
    fsGroupChangePolicy: Annotated[PodFSGroupChangePolicy | None, wire(9)] = None
    seccompProfile: Annotated[SeccompProfile | None, wire(10)] = None
    appArmorProfile: Annotated[AppArmorProfile | None, wire(11)] = None
    seLinuxChangePolicy: Annotated[PodSELinuxChangePolicy | None, wire(13)] = None
