"""The resolv.conf of a pod, by its dnsPolicy and dnsConfig. Pure.

Called by `kubelet.pods.worker`. Source: kubernetes.io/docs/concepts/services-networking/dns-pod-service/.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from kube.api.core_v1 import Pod

MOST_NAMESERVERS = 3


@dataclass(frozen=True)
class Resolver:
    """The content of a resolv.conf."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = field(default=())

    def text(self) -> str:
        lines = [f"nameserver {address}" for address in self.nameservers]
        if self.searches:
            lines.insert(0, "search " + " ".join(self.searches))
        if self.options:
            lines.append("options " + " ".join(self.options))
        return "\n".join(lines) + "\n" if lines else ""


def parse(text: str) -> Resolver:
    """The node's own resolv.conf."""
    found: dict[str, list[str]] = {"nameserver": [], "search": [], "options": []}
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) > 1 and words[0] in found:
            if words[0] == "search":
                found["search"] = []
            found[words[0]] += words[1:]
    return Resolver(tuple(found["nameserver"]), tuple(found["search"]), tuple(found["options"]))


def resolver(pod: Pod, cluster_dns: Sequence[str], domain: str, node: Resolver) -> Resolver:
    """What the pod's resolv.conf says."""
    policy = pod.spec.dnsPolicy or "ClusterFirst"
    if policy == "ClusterFirst" and pod.spec.hostNetwork:
        policy = "Default"
    if policy == "None":
        made = Resolver()
    elif policy == "Default" or not cluster_dns:
        made = node
    else:
        own = (f"{pod.metadata.namespace}.svc.{domain}", f"svc.{domain}", domain)
        made = Resolver(tuple(cluster_dns), _unique((*own, *node.searches)), ("ndots:5",))
    return _with_config(pod, made)


def _with_config(pod: Pod, made: Resolver) -> Resolver:
    config = pod.spec.dnsConfig
    if config is None:
        return made
    given = {option.name: option.value for option in config.options}
    kept = [option for option in made.options if option.partition(":")[0] not in given]
    added = [name if value is None or value == "" else f"{name}:{value}" for name, value in given.items()]
    return Resolver(
        _unique((*made.nameservers, *config.nameservers))[:MOST_NAMESERVERS],
        _unique((*made.searches, *config.searches)),
        (*kept, *added),
    )


def _unique(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


def hostname_and_domain(pod: Pod, cluster_domain: str) -> tuple[str, str]:
    """The pod's host name, and its domain when it has a subdomain. Or the name that it wants to see, whole."""
    if pod.spec.hostnameOverride:
        return pod.spec.hostnameOverride, ""
    hostname = (pod.spec.hostname or pod.metadata.name)[:63].rstrip("-.")
    subdomain = pod.spec.subdomain
    return hostname, f"{subdomain}.{pod.metadata.namespace}.svc.{cluster_domain}" if subdomain else ""
