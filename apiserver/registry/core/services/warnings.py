"""What a Service's writer is warned of, although it is stored.

Called by the Service strategy. It calls the shared warnings about addresses.
Source: kubernetes pkg/api/service/warnings.go.
"""

from __future__ import annotations

from apiserver.registry.core.services.claims import is_headless, needs_cluster_ip
from apiserver.registry.core.services.validation import TOPOLOGY_HINTS, TOPOLOGY_MODE
from apiserver.registry.validation.addresses import warn_of_cidr, warn_of_ip
from kube.api.core_v1 import Service
from kube.apimachinery.errors import Path

SPEC = Path("spec")


def warnings_of(service: Service) -> list[str]:
    return [*_of_annotations(service), *_of_headless(service), *_of_addresses(service), *_of_ignored_fields(service)]


def _of_annotations(service: Service) -> list[str]:
    if TOPOLOGY_HINTS not in service.metadata.annotations:
        return []
    return [f"annotation {TOPOLOGY_HINTS} is deprecated, please use {TOPOLOGY_MODE} instead"]


def _of_headless(service: Service) -> list[str]:
    if service.spec.type != "ClusterIP" or not is_headless(service):
        return []
    spec, warnings = service.spec, []
    if spec.loadBalancerIP:
        warnings.append("spec.loadBalancerIP is ignored for headless services")
    if spec.externalIPs:
        warnings.append("spec.externalIPs is ignored for headless services")
    if spec.sessionAffinity != "None":
        warnings.append("spec.SessionAffinity is ignored for headless services")
    return warnings


def _of_addresses(service: Service) -> list[str]:
    spec, warnings = service.spec, []
    if needs_cluster_ip(service) and not is_headless(service):
        warnings += [w for i, ip in enumerate(spec.clusterIPs) for w in warn_of_ip(ip, SPEC["clusterIPs"][i])]
    if spec.externalIPs:
        warnings.append("spec.externalIPs is deprecated and may no longer be implemented in some clusters")
    warnings += [w for i, ip in enumerate(spec.externalIPs) for w in warn_of_ip(ip, SPEC["externalIPs"][i])]
    if spec.loadBalancerIP:
        warnings += warn_of_ip(spec.loadBalancerIP, SPEC["loadBalancerIP"])
    for index, cidr in enumerate(spec.loadBalancerSourceRanges):
        warnings += warn_of_cidr(cidr, SPEC["loadBalancerSourceRanges"][index])
    return warnings


def _of_ignored_fields(service: Service) -> list[str]:
    spec, warnings = service.spec, []
    if spec.type == "ExternalName" and spec.externalIPs:
        warnings.append('spec.externalIPs is ignored when spec.type is "ExternalName"')
    if spec.type != "ExternalName" and spec.externalName:
        warnings.append('spec.externalName is ignored when spec.type is not "ExternalName"')
    if spec.trafficDistribution == "PreferClose":
        warnings.append('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
    return warnings
