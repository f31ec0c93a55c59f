# ruff: noqa: E501 (tables read better unbroken)
"""What may be written as a NetworkPolicy, in Kubernetes' words."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from apiserver.registry.networking.networkpolicies.strategy import NetworkPolicyStrategy
from kube.api.networking_v1 import NetworkPolicy
from tests.apiserver.registry.driver import create, parse, update

STRATEGY = NetworkPolicyStrategy()

# the spec, the errors (below spec)
CASES = r"""
- [{}, []]
- [{ingress: [{}], egress: [{}]}, []]
- [{ingress: [{ports: [{port: 80, endPort: 90}, {port: http}, {protocol: SCTP}]}]}, []]
- [{ingress: [{ports: [{protocol: ICMP, port: 0}]}]}, ['ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"', "ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"]]
- [{egress: [{ports: [{port: http, endPort: 5}, {endPort: 5}, {port: 9, endPort: 5}, {port: 9, endPort: 70000}]}]}, ["egress[0].ports[0].endPort: Invalid value: 5: may not be specified when `port` is non-numeric", "egress[0].ports[1].endPort: Invalid value: 5: may not be specified when `port` is not specified", "egress[0].ports[2].endPort: Invalid value: 5: must be greater than or equal to `port`", "egress[0].ports[3].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive"]]
- [{ingress: [{from: [{}, {podSelector: {}, namespaceSelector: {}}, {podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}, ["ingress[0].from[0]: Required value: must specify a peer", "ingress[0].from[2]: Forbidden: may not specify both ipBlock and another peer"]]
- [{egress: [{to: [{ipBlock: {cidr: ""}}, {ipBlock: {cidr: x, except: [y]}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.0.0.0/8, 11.0.0.0/16, y]}}]}]}, ["egress[0].to[0].ipBlock.cidr: Required value", 'egress[0].to[1].ipBlock.cidr: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)', 'egress[0].to[2].ipBlock.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`', 'egress[0].to[2].ipBlock.except[2]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`', 'egress[0].to[2].ipBlock.except[3]: Invalid value: "y": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']]
- [{policyTypes: [Egress, Both]}, ['policyTypes[1]: Unsupported value: "Both": supported values: "Ingress", "Egress"']]
- [{policyTypes: [Egress, Ingress, Egress]}, ['policyTypes: Invalid value: ["Egress","Ingress","Egress"]: may not specify more than two policyTypes']]
"""


def policy(spec: dict[str, Any]) -> NetworkPolicy:
    return parse(NetworkPolicy, {"metadata": {"name": "p"}, "spec": spec})


@pytest.mark.parametrize(("spec", "wanted"), yaml.safe_load(CASES))
def test_what_is_wrong(spec: dict[str, Any], wanted: list[str]) -> None:
    assert create(STRATEGY, policy(spec))[1] == [f"spec.{error}" for error in wanted]


@pytest.mark.parametrize(
    ("spec", "types"), [({}, ["Ingress"]), ({"egress": [{}]}, ["Ingress", "Egress"]), ({"policyTypes": ["Egress"]}, ["Egress"])]
)
def test_defaults(spec: dict[str, Any], types: list[str]) -> None:
    made, _ = create(STRATEGY, policy({"ingress": [{"ports": [{"port": 80}]}], **spec}))
    assert (made.spec.policyTypes, made.spec.ingress[0].ports[0].protocol) == (types, "TCP")


def test_a_cidr_that_was_there_may_stay() -> None:
    rules = {"ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.1/8"}}]}]}
    old = policy(rules)
    assert update(STRATEGY, policy(rules | {"policyTypes": ["Ingress"]}), old)[1] == []
    assert create(STRATEGY, policy(rules))[1] != []


def test_warnings_of_unusual_cidrs() -> None:
    made = policy({"egress": [{"to": [{"ipBlock": {"cidr": "2001:DB8::/32", "except": ["2001:0db8:1::/48"]}}]}]})
    assert STRATEGY.warnings_on_create(made) == [
        'spec.egress[0].to[0].ipBlock.cidr: IPv6 CIDR value "2001:DB8::/32" should be in RFC 5952 canonical format ("2001:db8::/32")',
        'spec.egress[0].to[0].ipBlock.except[0]: IPv6 CIDR value "2001:0db8:1::/48" should be in RFC 5952 canonical format ("2001:db8:1::/48")',
    ]
