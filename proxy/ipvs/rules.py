"""The sets and the iptables rules of the IPVS dataplane. Rules never change while the proxy runs: the sets do.

Called by `lower` (the names of sets) and by `kernel` (which writes the rules). It calls nothing; pure text.
It leaves out everything about single Services. Names are kube-proxy's where it has the same set.

Hooks in the order a packet to a virtual IP meets them:

    mangle PREROUTING   KUBE-IPVS-DROP      source ranges; externalTrafficPolicy Local with nobody here
    nat    PREROUTING   KUBE-SERVICES       who must be masqueraded gets the mark
    filter INPUT        KUBE-IPVS-FILTER    a virtual IP answers on its Services' ports only
    (IPVS chooses a pod)
    nat    POSTROUTING  KUBE-POSTROUTING    the marked, and pods that reach themselves, are masqueraded
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.model.traffic import Traffic

CLUSTER_IP = "KUBE-CLUSTER-IP"
EXTERNAL_IP, EXTERNAL_IP_LOCAL = "KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"
LOAD_BALANCER, LOAD_BALANCER_LOCAL = "KUBE-LOAD-BALANCER", "KUBE-LOAD-BALANCER-LOCAL"
LOAD_BALANCER_FW, LOAD_BALANCER_SOURCE_CIDR = "KUBE-LOAD-BALANCER-FW", "KUBE-LOAD-BALANCER-SOURCE-CIDR"
NODE_PORT, NODE_PORT_LOCAL = "KUBE-NODE-PORT", "KUBE-NODE-PORT-LOCAL"
LOOP_BACK = "KUBE-LOOP-BACK"
NO_LOCAL, NO_LOCAL_EXTERNAL = "KUBE-NO-LOCAL", "KUBE-NO-LOCAL-EXTERNAL"
NO_ENDPOINTS = "KUBE-NO-ENDPOINTS"
IPVS_IPS = "KUBE-IPVS-IPS"

_TYPES = {
    CLUSTER_IP: "hash:ip,port", EXTERNAL_IP: "hash:ip,port", EXTERNAL_IP_LOCAL: "hash:ip,port",
    LOAD_BALANCER: "hash:ip,port", LOAD_BALANCER_LOCAL: "hash:ip,port", LOAD_BALANCER_FW: "hash:ip,port",
    LOAD_BALANCER_SOURCE_CIDR: "hash:ip,port,net", NODE_PORT: "hash:ip,port", NODE_PORT_LOCAL: "hash:ip,port",
    LOOP_BACK: "hash:ip,port,ip", NO_LOCAL: "hash:ip,port", NO_LOCAL_EXTERNAL: "hash:ip,port", IPVS_IPS: "hash:ip",
    NO_ENDPOINTS: "hash:ip,port",
}  # fmt: skip

CLOSED_PORT = 1
"""tcpmux: no node listens there."""


class Table(NamedTuple):
    """One iptables table: our chains with their rules, and the jumps to them from the built-in chains."""

    name: str
    chains: dict[str, list[str]]
    jumps: list[tuple[str, str]]


def set_name(base: str, family: int) -> str:
    """`KUBE-CLUSTER-IP`, and `KUBE-6-CLUSTER-IP` for IPv6. Names end at 31 characters, as upstream's."""
    return base if family == 4 else base.replace("KUBE-", "KUBE-6-", 1)[:31]


def sets(family: int) -> dict[str, str]:
    """The name and type of every set of a family."""
    return {set_name(base, family): kind for base, kind in _TYPES.items()}


def create_sets(family: int) -> str:
    """Input of `ipset restore -exist`."""
    inet = "inet" if family == 4 else "inet6"
    return "".join(f"create {name} {kind} family {inet} maxelem 1048576\n" for name, kind in sets(family).items())


def tables(family: int, traffic: Traffic) -> list[Table]:
    """All rules of a family. Where pods cannot be told from others, nobody is masqueraded on a cluster IP."""
    return [_mangle(family, traffic), _nat(family, traffic), _filter(family, traffic)]


def _match(family: int, base: str, directions: str = "dst,dst") -> str:
    return f"-m set --match-set {set_name(base, family)} {directions}"


def _mangle(family: int, traffic: Traffic) -> Table:
    from_outside = traffic.from_outside_iptables
    allowed = _match(family, LOAD_BALANCER_SOURCE_CIDR, "dst,dst,src")
    return Table(
        "mangle",
        {
            "KUBE-IPVS-DROP": [
                f"{_match(family, NO_LOCAL)} -j DROP",
                f"{from_outside}-m addrtype ! --src-type LOCAL {_match(family, NO_LOCAL_EXTERNAL)} -j DROP",
                f"{_match(family, LOAD_BALANCER_FW)} -j KUBE-SOURCE-RANGES",
            ],
            "KUBE-SOURCE-RANGES": [f"{allowed} -j RETURN", "-j DROP"],
            "KUBE-IPVS-DROP-OUT": [f"{_match(family, NO_LOCAL)} -j DROP"],
        },
        [("PREROUTING", "KUBE-IPVS-DROP"), ("OUTPUT", "KUBE-IPVS-DROP-OUT")],
    )


def _nat(family: int, traffic: Traffic) -> Table:
    mark = f"{traffic.mark:#x}"
    masquerade_all = [f"{_match(family, s)} -j KUBE-MARK-MASQ" for s in (EXTERNAL_IP, LOAD_BALANCER, NODE_PORT)]
    own = [
        f"{_match(family, s)} -j KUBE-MARK-MASQ"
        for s in (CLUSTER_IP, EXTERNAL_IP_LOCAL, LOAD_BALANCER_LOCAL, NODE_PORT_LOCAL)
    ]
    who = "" if traffic.masquerade_all else traffic.from_outside_iptables
    known = traffic.masquerade_all or traffic.from_outside_iptables
    off_cluster = [f"{who}{_match(family, CLUSTER_IP)} -j KUBE-MARK-MASQ"] if known else []
    return Table(
        "nat",
        {
            "KUBE-MARK-MASQ": [f"-j MARK --set-xmark {mark}/{mark}"],
            "KUBE-SERVICES": [*off_cluster, *masquerade_all],
            # A connection of the node itself leaves with the virtual IP as its source, since that is local here.
            "KUBE-SERVICES-OUT": [*_refuse_own(family), *own, *masquerade_all],
            "KUBE-POSTROUTING": [
                f"{_match(family, LOOP_BACK, 'dst,dst,src')} -j MASQUERADE --random-fully",
                f"-m mark ! --mark {mark}/{mark} -j RETURN",
                f"-j MARK --set-xmark {mark}/0x0",
                "-j MASQUERADE --random-fully",
            ],
        },
        [
            ("PREROUTING", "KUBE-SERVICES"),
            ("OUTPUT", "KUBE-SERVICES-OUT"),
            ("POSTROUTING", "KUBE-POSTROUTING"),
        ],
    )


def _refuse_own(family: int) -> list[str]:
    """IPVS sees the node's own packets before any REJECT could, and its ICMPv6 error does not reach the process. So
    they are sent to a port of this node where nobody listens, whose refusal does."""
    if family == 4:
        return []
    to_nobody = f"-j REDIRECT --to-ports {CLOSED_PORT}"
    return [f"-p {protocol} {_match(family, NO_ENDPOINTS)} {to_nobody}" for protocol in ("tcp", "udp", "sctp")]


def _filter(family: int, traffic: Traffic) -> Table:
    answered = (CLUSTER_IP, EXTERNAL_IP, EXTERNAL_IP_LOCAL, LOAD_BALANCER, LOAD_BALANCER_LOCAL)
    mark = f"{traffic.mark:#x}"
    return Table(
        "filter",
        {
            "KUBE-IPVS-FILTER": [
                "-m conntrack ! --ctstate NEW -j RETURN",
                f"{_match(family, NO_ENDPOINTS)} -j KUBE-REFUSE",
                *(f"{_match(family, s)} -j RETURN" for s in answered),
                f"{_match(family, IPVS_IPS, 'dst')} -j KUBE-REFUSE",
            ],
            # A reset is sent for every packet; ICMP errors are rationed by the kernel, and some clients would wait.
            "KUBE-REFUSE": ["-p tcp -j REJECT --reject-with tcp-reset", "-j REJECT"],
            # Where the forward policy is DROP, what this proxy sends on must pass.
            "KUBE-FORWARD": [
                f"-m mark --mark {mark}/{mark} -j ACCEPT",
                "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            ],
        },
        [("INPUT", "KUBE-IPVS-FILTER"), ("FORWARD", "KUBE-FORWARD")],
    )
