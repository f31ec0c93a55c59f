"""The table of cases: what is set up, who asks where, who answers and which source address it saw.

Clients: pod1 and pod2 on node1 (whose proxy is tested), node1 itself, and `outside`, a host that is no node. pod3 is on
node2, where no proxy runs; as a client it stands for a pod on another node whose packets come here.

Source addresses: pods keep theirs; whoever is masqueraded comes from node1: 10.244.1.1 (the bridge) as a pod on node1
sees it, 192.168.77.11 as one on node2 does.
"""

from __future__ import annotations

from tests.proxy.dataplane.matrix import MATRIX
from tests.proxy.dataplane.vocabulary import (
    BALANCER,
    BRIDGE,
    EXTERNAL_FRONTS,
    FRONTS,
    LAN,
    NODE_IP,
    OUTSIDE,
    POD1,
    POD2,
    POD3,
    VIP,
    Case,
    asks,
    full,
    not_ready,
    terminating,
)
from tests.proxy.objects import endpoint_slice, service

CASES = [
    Case(
        "a cluster IP keeps the source of pods and masquerades all others",
        (service(), endpoint_slice("myapp", [POD1, POD2, POD3])),
        (
            asks("pod1", VIP, 80, f"pod1 {BRIDGE}", "pod2 10.244.1.2", "pod3 10.244.1.2"),
            asks("pod2", VIP, 80, "pod1 10.244.1.3", f"pod2 {BRIDGE}", "pod3 10.244.1.3"),
            asks("node1", VIP, 80, f"pod1 {BRIDGE}", f"pod2 {BRIDGE}", f"pod3 {LAN}"),
            asks("outside", VIP, 80, f"pod1 {BRIDGE}", f"pod2 {BRIDGE}", f"pod3 {LAN}"),
        ),
    ),
    Case(
        "a pod on another node keeps its source",
        (service(), endpoint_slice("myapp", [POD1, POD2])),
        (asks("pod3", VIP, 80, "pod1 10.244.2.2", "pod2 10.244.2.2"),),
    ),
    Case(
        "externalTrafficPolicy Cluster masquerades everybody",
        (full(), endpoint_slice("myapp", [POD2, POD3])),
        tuple(
            asks(client, address, port, f"pod2 {BRIDGE}", f"pod3 {LAN}")
            for client in ("pod1", "node1", "outside")
            for address, port in EXTERNAL_FRONTS
        ),
    ),
    Case(
        "externalTrafficPolicy Local keeps the source of those outside and sends them to this node's pods",
        (full(externalTrafficPolicy="Local"), endpoint_slice("myapp", [POD2, POD3])),
        tuple(asks("outside", address, port, f"pod2 {OUTSIDE}") for address, port in EXTERNAL_FRONTS),
    ),
    Case(
        "externalTrafficPolicy Local with no pod here drops those outside and serves those inside",
        (full(externalTrafficPolicy="Local"), endpoint_slice("myapp", [POD3])),
        (
            *(asks("outside", address, port, "dropped") for address, port in EXTERNAL_FRONTS),
            *(asks("pod1", address, port, "pod3 10.244.1.2") for address, port in EXTERNAL_FRONTS),
            *(asks("node1", address, port, f"pod3 {LAN}") for address, port in EXTERNAL_FRONTS),
            asks("outside", VIP, 80, f"pod3 {LAN}"),
        ),
    ),
    Case(
        "internalTrafficPolicy Local stays on this node",
        (service(internalTrafficPolicy="Local"), endpoint_slice("myapp", [POD2, POD3])),
        (asks("pod1", VIP, 80, "pod2 10.244.1.2"), asks("node1", VIP, 80, f"pod2 {BRIDGE}")),
    ),
    Case(
        "internalTrafficPolicy Local with no pod here drops",
        (service(internalTrafficPolicy="Local"), endpoint_slice("myapp", [POD3])),
        (asks("pod1", VIP, 80, "dropped"), asks("node1", VIP, 80, "dropped")),
    ),
    Case(
        "no endpoints: refused at once, on every kind of address",
        (full(), endpoint_slice("myapp", [])),
        tuple(asks(c, a, p, "refused") for c in ("pod1", "node1", "outside") for a, p in FRONTS),
    ),
    Case(
        "endpoints that are not ready are no endpoints",
        (service(), endpoint_slice("myapp", [not_ready(POD1), not_ready(POD3)])),
        (asks("pod2", VIP, 80, "refused"),),
    ),
    Case(
        "terminating endpoints serve while nothing else is ready",
        (service(), endpoint_slice("myapp", [terminating(POD2), terminating(POD3, serving=False)])),
        (asks("pod1", VIP, 80, "pod2 10.244.1.2"),),
    ),
    Case(
        "terminating endpoints get nothing while others are ready",
        (service(), endpoint_slice("myapp", [terminating(POD2), POD3])),
        (asks("pod1", VIP, 80, "pod3 10.244.1.2"),),
    ),
    Case(
        "only the Service's ports answer on a virtual IP",
        (full(), endpoint_slice("myapp", [POD2])),
        tuple(asks(c, VIP, p, "refused") for c in ("pod1", "node1", "outside") for p in (22, 8080)),
    ),
    Case(
        "a load balancer's source ranges keep others out",
        (full(loadBalancerSourceRanges=["192.168.77.128/25"]), endpoint_slice("myapp", [POD2])),
        (asks("outside", BALANCER, 80, f"pod2 {BRIDGE}"), asks("pod1", BALANCER, 80, "dropped")),
    ),
    Case(
        "source ranges do not concern other addresses",
        (full(loadBalancerSourceRanges=["198.51.100.0/24"]), endpoint_slice("myapp", [POD2])),
        (
            asks("outside", BALANCER, 80, "dropped"),
            asks("outside", NODE_IP, 30080, f"pod2 {BRIDGE}"),
            asks("pod1", VIP, 80, "pod2 10.244.1.2"),
        ),
    ),
    Case(
        "hairpin: a pod reaches itself through every kind of address",
        (full(), endpoint_slice("myapp", [POD1])),
        tuple(asks("pod1", address, port, f"pod1 {BRIDGE}") for address, port in FRONTS),
    ),
    Case(
        "hints narrow to the zone",
        (
            service(),
            endpoint_slice(
                "myapp",
                [
                    POD2 | {"hints": {"forZones": [{"name": "zone-b"}]}},
                    POD3 | {"hints": {"forZones": [{"name": "zone-a"}]}},
                ],
            ),
        ),
        (asks("pod1", VIP, 80, "pod3 10.244.1.2"), asks("outside", VIP, 80, f"pod3 {LAN}")),
    ),
    Case(
        "hints on some endpoints only do not count",
        (service(), endpoint_slice("myapp", [POD2, POD3 | {"hints": {"forZones": [{"name": "zone-a"}]}}])),
        (asks("pod1", VIP, 80, "pod2 10.244.1.2", "pod3 10.244.1.2"),),
    ),
    Case(
        "hints narrow to the node",
        (
            service(),
            endpoint_slice(
                "myapp",
                [
                    POD2 | {"hints": {"forNodes": [{"name": "node1"}]}},
                    POD3 | {"hints": {"forNodes": [{"name": "node2"}]}},
                ],
            ),
        ),
        (asks("pod1", VIP, 80, "pod2 10.244.1.2"),),
    ),
]

ALL = CASES + MATRIX
