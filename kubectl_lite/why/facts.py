"""Everything that `why` knows about a Service, as plain JSON, and the questions that several steps ask of it. Pure.

Filled by `gather`, or by a test out of a manifest. It calls nothing. What could not be asked is empty, and `not_asked`
says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kubectl_lite.why import objects

Json = dict[str, Any]
PROXY_NAME = "service.kubernetes.io/service-proxy-name"


@dataclass(frozen=True)
class NodeFacts:
    """What one node said. `proxy`: the proxy's own answer, or None and `proxy_error`. `listening`: the node's own
    sockets. `cluster_ip`, `node_port`: connections from here to the cluster IP, and to here from another node."""

    proxy: Json | None = None
    proxy_error: str = ""
    listening: tuple[Json, ...] = ()
    cluster_ip: tuple[Json, ...] = ()
    node_port: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Facts:
    namespace: str
    name: str
    service: Json | None = None
    same_name: tuple[Json, ...] = ()
    """Services of this name in every namespace."""
    neighbours: tuple[str, ...] = ()
    """Names of the other Services here."""
    port: str = ""
    """The port that is asked for, by number or name; empty for all."""
    address_owner: str = ""
    """`NAMESPACE/NAME` of the Service to which the cluster IP was given, by its IPAddress."""
    pods: tuple[Json, ...] = ()
    workloads: tuple[Json, ...] = ()
    """Deployments, StatefulSets and DaemonSets of the namespace."""
    last_words: Mapping[str, str] = field(default_factory=dict)
    """Pod -> the last line that its container wrote before it ended."""
    managers: Json | None = None
    """The Lease of the controller manager."""
    node_leases: tuple[Json, ...] = ()
    """Those of the kubelets, asked for when nobody renews that one."""
    endpoint_tries: tuple[Json, ...] = ()
    """Connections from a node to endpoints that are no pods of the selector, or to all when something failed."""
    matching_elsewhere: tuple[Json, ...] = ()
    """Pods of other namespaces that the selector would match."""
    slices: tuple[Json, ...] = ()
    nodes: tuple[Json, ...] = ()
    events: tuple[Json, ...] = ()
    service_cidrs: tuple[Json, ...] = ()
    addresses_in_use: int = 0
    dns_service: Json | None = None
    dns_slices: tuple[Json, ...] = ()
    dns_answer: Json | None = None
    cluster_domain: str = "cluster.local"
    listening: Mapping[str, tuple[Json, ...] | str] = field(default_factory=dict)
    """Pod -> its listening sockets, or why they are not known."""
    by_node: Mapping[str, NodeFacts] = field(default_factory=dict)
    client: str = ""
    """The address that asks from outside."""
    home: str = "default"
    """The namespace in which a command line without `-n` works."""
    now: float = 0.0
    not_asked: tuple[str, ...] = ()

    # ---- the Service ----

    @property
    def spec(self) -> Json:
        return (self.service or {}).get("spec") or {}

    @property
    def type(self) -> str:
        return self.spec.get("type") or "ClusterIP"

    @property
    def is_headless(self) -> bool:
        return self.spec.get("clusterIP") == "None"

    @property
    def ports(self) -> list[Json]:
        return self.spec.get("ports") or []

    @property
    def selector(self) -> dict[str, str]:
        return self.spec.get("selector") or {}

    @property
    def command(self) -> str:
        """The beginning of a command line about this Service."""
        return f"-n {self.namespace}" if self.namespace != self.home else ""

    def line(self, *words: str) -> str:
        """`kubectl_lite WORDS`, in the Service's namespace."""
        return " ".join(filter(None, ("kubectl_lite", *words, self.command)))

    def patch(self, body: str, type_: str = "") -> str:
        """The command that patches the Service's spec."""
        words = ["kubectl_lite patch service", self.name, self.command, type_, f"-p '{{\"spec\":{body}}}'"]
        return " ".join(filter(None, words))

    # ---- its pods ----

    @cached_property
    def selected(self) -> list[Json]:
        """The pods that the selector matches, without those that have ended."""
        return [p for p in self.pods if self.selector and objects.matches(self.selector, p) and not objects.is_over(p)]

    @property
    def living(self) -> list[Json]:
        return [pod for pod in self.selected if not objects.is_terminating(pod)]

    @property
    def ready(self) -> list[Json]:
        return [pod for pod in self.living if objects.is_ready(pod)]

    def said_of(self, pod: Json, *reasons: str, containing: str = "") -> str:
        """The last message among the events of these reasons about the pod; empty when there is none."""
        told = [e.get("message") or e.get("note", "") for e in self.events
                if e.get("reason") in reasons and objects.regards(e, "Pod", objects.name(pod))]  # fmt: skip
        return next((text for text in reversed(told) if containing in text), "")

    # ---- its endpoints ----

    def endpoints(self) -> Iterator[tuple[Json, Json]]:
        """(slice, endpoint) of every endpoint."""
        for one in self.slices:
            for endpoint in one.get("endpoints") or ():
                yield one, endpoint

    @cached_property
    def ready_endpoints(self) -> list[Json]:
        return [e for _, e in self.endpoints() if objects.endpoint_condition(e, "ready")]

    @property
    def ready_nodes(self) -> list[str]:
        return [objects.name(node) for node in self.nodes if objects.is_ready(node)]

    @property
    def families(self) -> list[str]:
        """`IPv4`, `IPv6`: of the Service."""
        return self.spec.get("ipFamilies") or ["IPv4"]

    @property
    def other_proxy(self) -> str:
        """The proxy that alone serves the Service, when that is not ours."""
        return (((self.service or {}).get("metadata") or {}).get("labels") or {}).get(PROXY_NAME, "")

    def expected(self, port: Json, family: str, protocol: str) -> set[str]:
        """`ADDRESS` of each ready endpoint in slices of that family which have the Service's port, by its name."""
        return {
            address for one in self.slices for p in one.get("ports") or () for e in one.get("endpoints") or ()
            if one.get("addressType", "IPv4") == family and (p.get("name") or "") == (port.get("name") or "")
            and (p.get("protocol") or "TCP") == protocol and objects.endpoint_condition(e, "ready")
            for address in e["addresses"]
        }  # fmt: skip

    def nodes_without_endpoint(self) -> list[str]:
        """Ready nodes that have no ready endpoint of the Service."""
        have = {endpoint.get("nodeName") for endpoint in self.ready_endpoints}
        return [node for node in self.ready_nodes if node not in have]
