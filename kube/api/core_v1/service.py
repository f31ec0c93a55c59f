"""Service and its load balancer status. Types only; see `kube.apimachinery.types` for how to read them."""

from typing import Annotated

from kube.api.core_v1.enums import (
    IPFamily,
    IPFamilyPolicy,
    LoadBalancerIPMode,
    Protocol,
    ServiceAffinity,
    ServiceExternalTrafficPolicy,
    ServiceInternalTrafficPolicy,
    ServiceType,
)
from kube.apimachinery.meta_v1 import Condition, Object
from kube.apimachinery.types import APIModel, Int32, IntOrString, always, wire


class ServicePort(APIModel):
    name: Annotated[str, wire(1)] = ""
    protocol: Annotated[Protocol, wire(2)] = ""
    appProtocol: Annotated[str | None, wire(6)] = None
    port: Annotated[Int32, wire(3)] = always(0)
    targetPort: Annotated[IntOrString, wire(4, required=False)] = always(0)
    nodePort: Annotated[Int32, wire(5)] = 0


class ClientIPConfig(APIModel):
    timeoutSeconds: Annotated[Int32 | None, wire(1)] = None


class SessionAffinityConfig(APIModel):
    clientIP: Annotated[ClientIPConfig | None, wire(1)] = None


class ServiceSpec(APIModel):
    ports: Annotated[
        list[ServicePort],
        wire(1, patch_strategy="merge", merge_key="port", list_type="map", list_map_keys=("port", "protocol")),
    ] = []
    selector: Annotated[dict[str, str], wire(2, map_type="atomic")] = {}
    clusterIP: Annotated[str, wire(3)] = ""
    clusterIPs: Annotated[list[str], wire(18, list_type="atomic")] = []
    type: Annotated[ServiceType, wire(4)] = ""
    externalIPs: Annotated[list[str], wire(5, list_type="atomic")] = []
    sessionAffinity: Annotated[ServiceAffinity, wire(7)] = ""
    loadBalancerIP: Annotated[str, wire(8)] = ""
    loadBalancerSourceRanges: Annotated[list[str], wire(9, list_type="atomic")] = []
    externalName: Annotated[str, wire(10)] = ""
    externalTrafficPolicy: Annotated[ServiceExternalTrafficPolicy, wire(11)] = ""
    healthCheckNodePort: Annotated[Int32, wire(12)] = 0
    publishNotReadyAddresses: Annotated[bool, wire(13)] = False
    sessionAffinityConfig: Annotated[SessionAffinityConfig | None, wire(14)] = None
    ipFamilies: Annotated[list[IPFamily], wire(19, list_type="atomic")] = []
    ipFamilyPolicy: Annotated[IPFamilyPolicy | None, wire(17)] = None
    allocateLoadBalancerNodePorts: Annotated[bool | None, wire(20)] = None
    loadBalancerClass: Annotated[str | None, wire(21)] = None
    internalTrafficPolicy: Annotated[ServiceInternalTrafficPolicy | None, wire(22)] = None
    trafficDistribution: Annotated[str | None, wire(23)] = None


class PortStatus(APIModel):
    port: Annotated[Int32, wire(1)] = always(0)
    protocol: Annotated[Protocol, wire(2)] = always("")
    error: Annotated[str | None, wire(3)] = None


class LoadBalancerIngress(APIModel):
    ip: Annotated[str, wire(1)] = ""
    hostname: Annotated[str, wire(2)] = ""
    ipMode: Annotated[LoadBalancerIPMode | None, wire(3)] = None
    ports: Annotated[list[PortStatus], wire(4, list_type="atomic")] = []


class LoadBalancerStatus(APIModel):
    ingress: Annotated[list[LoadBalancerIngress], wire(1, list_type="atomic")] = []


class ServiceStatus(APIModel):
    loadBalancer: Annotated[LoadBalancerStatus, wire(1)] = always(LoadBalancerStatus)
    conditions: Annotated[
        list[Condition], wire(2, patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",))
    ] = []


class Service(Object):
    spec: Annotated[ServiceSpec, wire(2)] = always(ServiceSpec)
    status: Annotated[ServiceStatus, wire(3)] = always(ServiceStatus)
