"""Which Services select a pod, and which pods a Service selects, without looking at all of either.

Called by the endpointslice and endpoints controllers. Pure. A selector matches only pods that have each of its
pairs, so both sides are indexed by single `key=value` pairs: a pod's few labels lead to the Services that could
select it, and a Service's rarest pair to the pods that it could select.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controllers.pods import is_ready, is_terminal
from kube.api.core_v1 import Pod, Service
from kube.apimachinery.labels import is_subset
from kube.informer import Informer


def services_by_label(service: Service) -> Iterable[str]:
    """An index function for Services: the first pair of the selector, within the namespace."""
    if not service.spec.selector:
        return ()
    key, value = min(service.spec.selector.items())
    return (f"{service.metadata.namespace}/{key}={value}",)


def services_of(services: Informer, namespace: str, labels: Mapping[str, str]) -> list[Service]:
    """The Services whose selector matches these labels. `services` has the index `by_label`."""
    return [
        service
        for key, value in labels.items()
        for service in services.by_index("by_label", f"{namespace}/{key}={value}")
        if is_subset(service.spec.selector, labels)
    ]


def pods_of(pods: Informer, service: Service) -> list[Pod]:
    """The pods that the Service selects. `pods` has the index `by_label`."""
    selector, namespace = service.spec.selector, service.metadata.namespace
    if not selector:
        return []
    found = min((pods.by_index("by_label", f"{namespace}/{key}={value}") for key, value in selector.items()), key=len)
    return [pod for pod in found if is_subset(selector, pod.metadata.labels)]


def endpoint_facts(pod: Pod) -> tuple:
    """What of a pod shows in its endpoint; two states with equal facts need no sync."""
    return (
        is_ready(pod),
        pod.metadata.deletionTimestamp is not None,
        is_terminal(pod),
        pod.spec.nodeName,
        [ip.ip for ip in pod.status.podIPs] or pod.status.podIP,
        pod.spec.hostname,
        pod.spec.subdomain,
        pod.metadata.labels,
    )
