"""What is wrong with a NetworkPolicy, in Kubernetes' words and order.

Called by the NetworkPolicy strategy. It calls the shared rules for addresses, ports and label selectors. Whether
anything enforces the policy is no question here. Source: kubernetes pkg/apis/networking/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from apiserver.registry.validation.addresses import parse_sloppy_cidr, validate_cidr, warn_of_cidr
from apiserver.registry.validation.ports import PROTOCOLS, validate_port_number, validate_port_number_or_name
from kube.api.networking_v1 import IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required
from kube.apimachinery.labels import validate_label_selector

SPEC = Path("spec")
POLICY_TYPES = ("Ingress", "Egress")
_TOO_MANY_TYPES = "may not specify more than two policyTypes"
_NOT_WITHIN = "must be a strict subset of `cidr`"


def validate_network_policy(policy: NetworkPolicy, old: NetworkPolicy | None = None) -> list[FieldError]:
    """A new policy, or (`old`) what an update makes of one: CIDRs that were there before may stay as they are."""
    known = {cidr for _, block in _blocks(old) for cidr in (block.cidr, *block.except_)} if old else set[str]()
    found = validate_label_selector(policy.spec.podSelector, SPEC["podSelector"])
    for ports, peers, path, to_or_from in _rules(policy):
        found += [e for i, port in enumerate(ports) for e in _validate_port(port, path["ports"][i])]
        found += [e for i, peer in enumerate(peers) for e in _validate_peer(peer, path[to_or_from][i], known)]
    return found + _validate_types(policy.spec.policyTypes, SPEC["policyTypes"])


def warnings_of(policy: NetworkPolicy) -> list[str]:
    """CIDRs in an unusual form."""
    return [
        warning
        for path, block in _blocks(policy)
        for cidr, place in (
            (block.cidr, path["cidr"]),
            *((cidr, path["except"][i]) for i, cidr in enumerate(block.except_)),
        )
        for warning in warn_of_cidr(cidr, place)
    ]


def _rules(policy: NetworkPolicy) -> Iterator[tuple[list[NetworkPolicyPort], list[NetworkPolicyPeer], Path, str]]:
    """Each rule's ports and peers, with the rule's path and the name of the field that holds the peers."""
    for index, ingress in enumerate(policy.spec.ingress):
        yield ingress.ports, ingress.from_, SPEC["ingress"][index], "from"
    for index, egress in enumerate(policy.spec.egress):
        yield egress.ports, egress.to, SPEC["egress"][index], "to"


def _blocks(policy: NetworkPolicy) -> Iterator[tuple[Path, IPBlock]]:
    for _, peers, path, to_or_from in _rules(policy):
        for index, peer in enumerate(peers):
            if peer.ipBlock is not None:
                yield path[to_or_from][index]["ipBlock"], peer.ipBlock


def _validate_port(port: NetworkPolicyPort, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    if port.protocol is not None and port.protocol not in PROTOCOLS:
        found.append(not_supported(path["protocol"], port.protocol, PROTOCOLS))
    if not isinstance(port.port, int) and port.endPort is not None:
        lacking = "not specified" if port.port is None else "non-numeric"
        found.append(invalid_value(path["endPort"], port.endPort, f"may not be specified when `port` is {lacking}"))
    if port.port is not None:
        found += validate_port_number_or_name(port.port, path["port"])
    if isinstance(port.port, int) and port.endPort is not None:
        if port.endPort < port.port:
            found.append(invalid_value(path["endPort"], port.endPort, "must be greater than or equal to `port`"))
        found += validate_port_number(port.endPort, path["endPort"])
    return found


def _validate_peer(peer: NetworkPolicyPeer, path: Path, known: Collection[str]) -> list[FieldError]:
    """Pods, by their labels and their namespaces', or a block of addresses."""
    found = []
    for field in ("podSelector", "namespaceSelector"):
        found += validate_label_selector(getattr(peer, field), path[field])
    if peer.ipBlock is not None:
        found += _validate_block(peer.ipBlock, path["ipBlock"], known)
    selects_pods = peer.podSelector is not None or peer.namespaceSelector is not None
    if peer.ipBlock is None and not selects_pods:
        found.append(required(path, "must specify a peer"))
    if peer.ipBlock is not None and selects_pods:
        found.append(forbidden(path, "may not specify both ipBlock and another peer"))
    return found


def _validate_block(block: IPBlock, path: Path, known: Collection[str]) -> list[FieldError]:
    if not block.cidr:
        return [required(path["cidr"])]
    found = validate_cidr(block.cidr, path["cidr"], known)
    if (whole := parse_sloppy_cidr(block.cidr)) is None:
        return found
    for index, text in enumerate(block.except_):
        place = path["except"][index]
        found += validate_cidr(text, place, known)
        if (part := parse_sloppy_cidr(text)) is None:
            continue
        network, inner = whole[1], part[1]
        within = network.version == inner.version and inner.network_address in network
        if not within or inner.prefixlen <= network.prefixlen:
            found.append(invalid_value(place, text, _NOT_WITHIN))
    return found


def _validate_types(types: list[str], path: Path) -> list[FieldError]:
    if len(types) > len(POLICY_TYPES):
        return [invalid_value(path, types, _TOO_MANY_TYPES)]
    return [
        not_supported(path[index], kind, POLICY_TYPES) for index, kind in enumerate(types) if kind not in POLICY_TYPES
    ]
