"""networking.k8s.io/v1: IPAddress, ServiceCIDR, NetworkPolicy and Ingress.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from pydantic import Field

from kube.api.core_v1.enums import Protocol
from kube.api.core_v1.references import TypedLocalObjectReference
from kube.apimachinery.meta_v1 import Condition, LabelSelector, Object
from kube.apimachinery.types import APIModel, GoType, Int32, IntOrString, Nil, Slice, always, wire

PathType = Annotated[str, GoType("v1.PathType")]
PolicyType = Annotated[str, GoType("v1.PolicyType")]


class ParentReference(APIModel):
    """The object that uses an address."""

    group: Annotated[str, wire(1, "The API group of the owner.")] = ""
    resource: Annotated[str, wire(2, "The resource of the owner, in the plural.")] = always("")
    namespace: Annotated[str, wire(3, "The namespace of the owner.")] = ""
    name: Annotated[str, wire(4, "The name of the owner.")] = always("")


class IPAddressSpec(APIModel):
    """Whom an address belongs to."""

    parentRef: Annotated[ParentReference | None, wire(1, "The object that uses it, a Service.", required=True)] = (
        always(None)
    )


class IPAddress(Object):
    """A cluster address in use; its name is the address."""

    spec: Annotated[IPAddressSpec, wire(2, "Whom the address belongs to.", required=True)] = always(IPAddressSpec)


class ServiceBackendPort(APIModel):
    """A Service's port, by name or by number."""

    atomic = True

    name: Annotated[str, wire(1, "The name of the port.")] = ""
    number: Annotated[Int32, wire(2, "The number of the port.")] = 0


class IngressServiceBackend(APIModel):
    """A Service and one of its ports."""

    name: Annotated[str, wire(1, "The name of the Service.")] = always("")
    port: Annotated[ServiceBackendPort, wire(2, "The port, by name or by number.")] = always(ServiceBackendPort)


class IngressBackend(APIModel):
    """Who answers: a Service or another object."""

    service: Annotated[IngressServiceBackend | None, wire(4, "A Service of the namespace.")] = None
    resource: Annotated[
        TypedLocalObjectReference | None, wire(3, "An object of another kind in the namespace, instead of a Service.")
    ] = None


class IngressTLS(APIModel):
    """A certificate, and the hosts it is for."""

    hosts: Annotated[list[str], wire(1, "The names in the certificate.", list_type="atomic")] = []
    secretName: Annotated[str, wire(2, "The Secret with the key and the certificate.")] = ""


class HTTPIngressPath(APIModel):
    """A path, and who answers it."""

    path: Annotated[str, wire(1, "The path, which begins with a slash.", inline=(1,))] = ""
    pathType: Annotated[
        PathType | None,
        wire(3, "How paths are compared: Exact, Prefix or ImplementationSpecific.", inline=(1,), required=True),
    ] = always(None)
    backend: Annotated[IngressBackend, wire(2, "Who answers.", inline=(1,), required=True)] = always(IngressBackend)


class HTTPIngressRuleValue(APIModel):
    """Paths, and who answers them."""

    paths: Annotated[Slice[HTTPIngressPath], wire(1, "The paths.", list_type="atomic")] = always(Nil)


class IngressRule(APIModel):
    """The paths of one host."""

    host: Annotated[str, wire(1, "The host's name, possibly with a * as its first part; all hosts when empty.")] = ""
    http: Annotated[HTTPIngressRuleValue | None, wire(2, "The paths.")] = None


class IngressSpec(APIModel):
    """Hosts, paths and the Services behind them."""

    ingressClassName: Annotated[str | None, wire(4, "The name of the IngressClass.")] = None
    defaultBackend: Annotated[IngressBackend | None, wire(1, "Who answers what no rule fits.")] = None
    tls: Annotated[list[IngressTLS], wire(2, "Certificates, and the hosts they are for.", list_type="atomic")] = []
    rules: Annotated[list[IngressRule], wire(3, "Hosts and paths.", list_type="atomic")] = []


class IngressPortStatus(APIModel):
    """How a port of a load balancer fares."""

    port: Annotated[Int32, wire(1, "The number of the port.")] = always(0)
    protocol: Annotated[Protocol, wire(2, "TCP, UDP or SCTP.")] = always("")
    error: Annotated[str | None, wire(3, "What is wrong with it, in one word.")] = None


class IngressLoadBalancerIngress(APIModel):
    """One address of a load balancer."""

    ip: Annotated[str, wire(1, "The IP address.")] = ""
    hostname: Annotated[str, wire(2, "The host name.")] = ""
    ports: Annotated[list[IngressPortStatus], wire(4, "How its ports fare.", list_type="atomic")] = []


class IngressLoadBalancerStatus(APIModel):
    """Where a load balancer is reached."""

    ingress: Annotated[list[IngressLoadBalancerIngress], wire(1, "Its addresses.", list_type="atomic")] = []


class IngressStatus(APIModel):
    """Where an Ingress is reached."""

    loadBalancer: Annotated[IngressLoadBalancerStatus, wire(1, "The load balancer in front of it.")] = always(
        IngressLoadBalancerStatus
    )


class Ingress(Object):
    """How HTTP from outside reaches Services."""

    spec: Annotated[IngressSpec, wire(2, "Hosts, paths and the Services behind them.")] = always(IngressSpec)
    status: Annotated[IngressStatus, wire(3, "Where it is reached.")] = always(IngressStatus)


class IngressClassParametersReference(APIModel):
    """An object with parameters for a controller."""

    apiGroup: Annotated[
        str | None, wire(1, "The API group of the object; without it the kind must be one of the core group.")
    ] = None
    kind: Annotated[str, wire(2, "The kind of the object.")] = always("")
    name: Annotated[str, wire(3, "The name of the object.")] = always("")
    scope: Annotated[str | None, wire(4, "Cluster, the default, or Namespace.")] = None
    namespace: Annotated[str | None, wire(5, "The namespace of the object, with scope Namespace.")] = None


class IngressClassSpec(APIModel):
    """The controller of an IngressClass, and its parameters."""

    controller: Annotated[
        str, wire(1, "The name of the controller, such as example.com/ingress; cannot be changed.")
    ] = ""
    parameters: Annotated[
        IngressClassParametersReference | None, wire(2, "An object with more parameters for the controller.")
    ] = None


class IngressClass(Object):
    """A sort of Ingress, and the controller that looks after it."""

    spec: Annotated[IngressClassSpec, wire(2, "The controller and its parameters.")] = always(IngressClassSpec)


class NetworkPolicyPort(APIModel):
    """A port or a range of ports."""

    protocol: Annotated[Protocol | None, wire(1, "TCP, the default, UDP or SCTP.")] = None
    port: Annotated[
        IntOrString | None, wire(2, "The number of the port or the name of a container's port; all when absent.")
    ] = None
    endPort: Annotated[Int32 | None, wire(3, "The last port of a range that begins with port.")] = None


class IPBlock(APIModel):
    """A range of addresses, and what is left out of it."""

    cidr: Annotated[str, wire(1, "The range, such as 192.168.1.0/24 or 2001:db8::/64.")] = always("")
    except_: Annotated[list[str], wire(2, "Parts of the range that are left out.", list_type="atomic")] = Field(
        default_factory=list, alias="except"
    )


class NetworkPolicyPeer(APIModel):
    """Pods or addresses on the other side."""

    podSelector: Annotated[
        LabelSelector | None,
        wire(1, "Pods by their labels, in the policy's namespace or in those of namespaceSelector."),
    ] = None
    namespaceSelector: Annotated[
        LabelSelector | None, wire(2, "Namespaces by their labels; all pods there unless podSelector is given.")
    ] = None
    ipBlock: Annotated[IPBlock | None, wire(3, "Addresses; neither of the selectors may be given with it.")] = None


class NetworkPolicyIngressRule(APIModel):
    """Traffic that may come in."""

    ports: Annotated[
        list[NetworkPolicyPort], wire(1, "The ports it may come to; all when empty.", list_type="atomic")
    ] = []
    from_: Annotated[
        list[NetworkPolicyPeer], wire(2, "Where it may come from; from everywhere when empty.", list_type="atomic")
    ] = Field(default_factory=list, alias="from")


class NetworkPolicyEgressRule(APIModel):
    """Traffic that may go out."""

    ports: Annotated[
        list[NetworkPolicyPort], wire(1, "The ports it may go to; all when empty.", list_type="atomic")
    ] = []
    to: Annotated[list[NetworkPolicyPeer], wire(2, "Where it may go; everywhere when empty.", list_type="atomic")] = []


class NetworkPolicySpec(APIModel):
    """Which pods a policy is about, and what may reach them."""

    podSelector: Annotated[LabelSelector, wire(1, "The pods that the policy is about.")] = always(LabelSelector)
    ingress: Annotated[list[NetworkPolicyIngressRule], wire(2, "Traffic that may come in.", list_type="atomic")] = []
    egress: Annotated[list[NetworkPolicyEgressRule], wire(3, "Traffic that may go out.", list_type="atomic")] = []
    policyTypes: Annotated[
        list[PolicyType], wire(4, "What the policy decides: Ingress, Egress or both.", list_type="atomic")
    ] = []


class NetworkPolicy(Object):
    """Which connections pods accept and open."""

    spec: Annotated[NetworkPolicySpec, wire(2, "Which pods, and what may reach them.")] = always(NetworkPolicySpec)


class ServiceCIDRSpec(APIModel):
    """The ranges that addresses of Services are taken from."""

    cidrs: Annotated[list[str], wire(1, "The ranges, one for each IP family.", list_type="atomic")] = []


class ServiceCIDRStatus(APIModel):
    """Whether addresses are taken from the ranges."""

    conditions: Annotated[
        list[Condition],
        wire(
            1, "Ready, or why not.", patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",)
        ),
    ] = []


class ServiceCIDR(Object):
    """A range of addresses for Services."""

    spec: Annotated[ServiceCIDRSpec, wire(2, "The ranges.")] = always(ServiceCIDRSpec)
    status: Annotated[ServiceCIDRStatus, wire(3, "Whether addresses are taken from them.")] = always(ServiceCIDRStatus)
