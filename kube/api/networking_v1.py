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
    group: Annotated[str, wire(1, "The API group of the owner.")] = ""
    resource: Annotated[str, wire(2, "The resource of the owner, in the plural.")] = always("")
    namespace: Annotated[str, wire(3, "The namespace of the owner.")] = ""
    name: Annotated[str, wire(4, "The name of the owner.")] = always("")


class IPAddressSpec(APIModel):
    parentRef: Annotated[ParentReference | None, wire(1, "The object that uses it, a Service.", required=True)] = (
        always(None)
    )


class IPAddress(Object):
    """A cluster address in use; its name is the address."""

    spec: Annotated[IPAddressSpec, wire(2, "Whom the address belongs to.", required=True)] = always(IPAddressSpec)


class ServiceBackendPort(APIModel):
    atomic = True

    name: Annotated[str, wire(1)] = ""
    number: Annotated[Int32, wire(2)] = 0


class IngressServiceBackend(APIModel):
    name: Annotated[str, wire(1)] = always("")
    port: Annotated[ServiceBackendPort, wire(2)] = always(ServiceBackendPort)


class IngressBackend(APIModel):
    service: Annotated[IngressServiceBackend | None, wire(4)] = None
    resource: Annotated[TypedLocalObjectReference | None, wire(3)] = None


class IngressTLS(APIModel):
    hosts: Annotated[list[str], wire(1, list_type="atomic")] = []
    secretName: Annotated[str, wire(2)] = ""


class HTTPIngressPath(APIModel):
    path: Annotated[str, wire(1, inline=(1,))] = ""
    pathType: Annotated[PathType | None, wire(3, inline=(1,), required=True)] = always(None)
    backend: Annotated[IngressBackend, wire(2, inline=(1,), required=True)] = always(IngressBackend)


class HTTPIngressRuleValue(APIModel):
    paths: Annotated[Slice[HTTPIngressPath], wire(1, list_type="atomic")] = always(Nil)


class IngressRule(APIModel):
    host: Annotated[str, wire(1)] = ""
    http: Annotated[HTTPIngressRuleValue | None, wire(2)] = None


class IngressSpec(APIModel):
    ingressClassName: Annotated[str | None, wire(4)] = None
    defaultBackend: Annotated[IngressBackend | None, wire(1)] = None
    tls: Annotated[list[IngressTLS], wire(2, list_type="atomic")] = []
    rules: Annotated[list[IngressRule], wire(3, list_type="atomic")] = []


class IngressPortStatus(APIModel):
    port: Annotated[Int32, wire(1)] = always(0)
    protocol: Annotated[Protocol, wire(2)] = always("")
    error: Annotated[str | None, wire(3)] = None


class IngressLoadBalancerIngress(APIModel):
    ip: Annotated[str, wire(1)] = ""
    hostname: Annotated[str, wire(2)] = ""
    ports: Annotated[list[IngressPortStatus], wire(4, list_type="atomic")] = []


class IngressLoadBalancerStatus(APIModel):
    ingress: Annotated[list[IngressLoadBalancerIngress], wire(1, list_type="atomic")] = []


class IngressStatus(APIModel):
    loadBalancer: Annotated[IngressLoadBalancerStatus, wire(1)] = always(IngressLoadBalancerStatus)


class Ingress(Object):
    spec: Annotated[IngressSpec, wire(2)] = always(IngressSpec)
    status: Annotated[IngressStatus, wire(3)] = always(IngressStatus)


class IngressClassParametersReference(APIModel):
    apiGroup: Annotated[str | None, wire(1)] = None
    kind: Annotated[str, wire(2)] = always("")
    name: Annotated[str, wire(3)] = always("")
    scope: Annotated[str | None, wire(4)] = None
    namespace: Annotated[str | None, wire(5)] = None


class IngressClassSpec(APIModel):
    controller: Annotated[str, wire(1)] = ""
    parameters: Annotated[IngressClassParametersReference | None, wire(2)] = None


class IngressClass(Object):
    spec: Annotated[IngressClassSpec, wire(2)] = always(IngressClassSpec)


class NetworkPolicyPort(APIModel):
    protocol: Annotated[Protocol | None, wire(1)] = None
    port: Annotated[IntOrString | None, wire(2)] = None
    endPort: Annotated[Int32 | None, wire(3)] = None


class IPBlock(APIModel):
    cidr: Annotated[str, wire(1)] = always("")
    except_: Annotated[list[str], wire(2, list_type="atomic")] = Field(default_factory=list, alias="except")


class NetworkPolicyPeer(APIModel):
    podSelector: Annotated[LabelSelector | None, wire(1)] = None
    namespaceSelector: Annotated[LabelSelector | None, wire(2)] = None
    ipBlock: Annotated[IPBlock | None, wire(3)] = None


class NetworkPolicyIngressRule(APIModel):
    ports: Annotated[list[NetworkPolicyPort], wire(1, list_type="atomic")] = []
    from_: Annotated[list[NetworkPolicyPeer], wire(2, list_type="atomic")] = Field(default_factory=list, alias="from")


class NetworkPolicyEgressRule(APIModel):
    ports: Annotated[list[NetworkPolicyPort], wire(1, list_type="atomic")] = []
    to: Annotated[list[NetworkPolicyPeer], wire(2, list_type="atomic")] = []


class NetworkPolicySpec(APIModel):
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
    cidrs: Annotated[list[str], wire(1, "The ranges, one for each IP family.", list_type="atomic")] = []


class ServiceCIDRStatus(APIModel):
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
