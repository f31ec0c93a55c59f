"""Service and its load balancer status.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

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
    """One port of a Service."""

    name: Annotated[str, wire(1, "Names the port; needed where there are several.")] = ""
    protocol: Annotated[Protocol, wire(2, "TCP, UDP or SCTP.")] = ""
    appProtocol: Annotated[str | None, wire(6, "A hint to the protocol spoken over the port.")] = None
    port: Annotated[Int32, wire(3, "The port on the Service's addresses.")] = always(0)
    targetPort: Annotated[
        IntOrString, wire(4, "The port on the pods: a number, or the name of a container port.", required=False)
    ] = always(0)
    nodePort: Annotated[Int32, wire(5, "The port on every node, for NodePort and LoadBalancer.")] = 0


class ClientIPConfig(APIModel):
    """Details of session affinity by the client's address."""

    timeoutSeconds: Annotated[Int32 | None, wire(1, "How long a client stays with its pod.")] = None


class SessionAffinityConfig(APIModel):
    """Details of session affinity."""

    clientIP: Annotated[ClientIPConfig | None, wire(1, "For how long a client stays with its endpoint.")] = None


class ServiceSpec(APIModel):
    """How clients reach a Service, and which pods answer."""

    ports: Annotated[
        list[ServicePort],
        wire(
            1,
            "The ports of the Service.",
            patch_strategy="merge",
            merge_key="port",
            list_type="map",
            list_map_keys=("port", "protocol"),
        ),
    ] = []
    selector: Annotated[
        dict[str, str],
        wire(
            2,
            "Pods with these labels are the endpoints; empty for endpoints that somebody else manages.",
            map_type="atomic",
        ),
    ] = {}
    clusterIP: Annotated[
        str,
        wire(3, "The address inside the cluster, given by the server unless asked for; None for a headless Service."),
    ] = ""
    clusterIPs: Annotated[
        list[str],
        wire(
            18, "The addresses inside the cluster, one for each IP family; the first is clusterIP.", list_type="atomic"
        ),
    ] = []
    type: Annotated[ServiceType, wire(4, "ClusterIP, NodePort, LoadBalancer or ExternalName.")] = ""
    externalIPs: Annotated[
        list[str],
        wire(
            5, "Addresses, routed to nodes by other means, that nodes also accept for this Service.", list_type="atomic"
        ),
    ] = []
    sessionAffinity: Annotated[ServiceAffinity, wire(7, "ClientIP keeps a client with one pod; None does not.")] = ""
    loadBalancerIP: Annotated[str, wire(8, "Asks a load balancer for an address; deprecated.")] = ""
    loadBalancerSourceRanges: Annotated[
        list[str], wire(9, "The load balancer admits clients of these ranges only.", list_type="atomic")
    ] = []
    externalName: Annotated[
        str, wire(10, "The DNS name for which the Service is an alias, with type ExternalName.")
    ] = ""
    externalTrafficPolicy: Annotated[
        ServiceExternalTrafficPolicy,
        wire(
            11,
            "Local sends traffic from outside only to pods of the node where it arrives, and keeps the client's address.",
        ),
    ] = ""
    healthCheckNodePort: Annotated[Int32, wire(12, "Where a load balancer asks a node whether it has local pods.")] = 0
    publishNotReadyAddresses: Annotated[bool, wire(13, "DNS and endpoints name pods that are not ready too.")] = False
    sessionAffinityConfig: Annotated[SessionAffinityConfig | None, wire(14, "How session affinity works.")] = None
    ipFamilies: Annotated[
        list[IPFamily], wire(19, "IPv4, IPv6 or both, in the order of clusterIPs.", list_type="atomic")
    ] = []
    ipFamilyPolicy: Annotated[IPFamilyPolicy | None, wire(17, "SingleStack, PreferDualStack or RequireDualStack.")] = (
        None
    )
    allocateLoadBalancerNodePorts: Annotated[
        bool | None, wire(20, "Whether a LoadBalancer Service also gets node ports.")
    ] = None
    loadBalancerClass: Annotated[str | None, wire(21, "Which load balancer implementation shall serve it.")] = None
    internalTrafficPolicy: Annotated[
        ServiceInternalTrafficPolicy | None,
        wire(22, "Local sends traffic from inside only to pods of the client's own node."),
    ] = None
    trafficDistribution: Annotated[
        str | None, wire(23, "A preference for close endpoints, such as PreferSameZone or PreferSameNode.")
    ] = None


class PortStatus(APIModel):
    """How a port of a load balancer fares."""

    port: Annotated[Int32, wire(1, "The port's number.")] = always(0)
    protocol: Annotated[Protocol, wire(2, "TCP, UDP or SCTP.")] = always("")
    error: Annotated[str | None, wire(3, "Why the port could not be opened.")] = None


class LoadBalancerIngress(APIModel):
    """One way in through a load balancer."""

    ip: Annotated[str, wire(1, "The address, if it has one.")] = ""
    hostname: Annotated[str, wire(2, "The DNS name, if it has one.")] = ""
    ipMode: Annotated[LoadBalancerIPMode | None, wire(3, "VIP or Proxy: whether nodes may short-cut the address.")] = (
        None
    )
    ports: Annotated[list[PortStatus], wire(4, "The ports that the load balancer has opened.", list_type="atomic")] = []


class LoadBalancerStatus(APIModel):
    """Where a load balancer is reached."""

    ingress: Annotated[
        list[LoadBalancerIngress], wire(1, "The load balancer's points of entry.", list_type="atomic")
    ] = []


class ServiceStatus(APIModel):
    """How a Service fares."""

    loadBalancer: Annotated[LoadBalancerStatus, wire(1, "Where the load balancer listens.")] = always(
        LoadBalancerStatus
    )
    conditions: Annotated[
        list[Condition],
        wire(
            2,
            "The state of the Service.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []


class Service(Object):
    """A stable name and address in front of a changing set of pods."""

    spec: Annotated[ServiceSpec, wire(2, "What the Service shall be.")] = always(ServiceSpec)
    status: Annotated[ServiceStatus, wire(3, "What the load balancer, if there is one, has made of it.")] = always(
        ServiceStatus
    )
