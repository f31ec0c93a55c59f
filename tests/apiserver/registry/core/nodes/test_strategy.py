"""The strategy of Nodes."""

import pytest

from apiserver.registry.core.nodes.strategy import NodeStrategy
from kube.api.core_v1 import Node
from tests.apiserver.registry.driver import create, parse, update, update_status

STRATEGY = NodeStrategy()


def node(rest: str) -> Node:
    return parse(Node, rest)


@pytest.mark.parametrize(
    ("given", "cidr", "cidrs"),
    [
        ("{podCIDR: 10.1.0.0/24}", "10.1.0.0/24", ["10.1.0.0/24"]),
        ("{podCIDRs: [10.1.0.0/24, 'fd00::/64']}", "10.1.0.0/24", ["10.1.0.0/24", "fd00::/64"]),
        ("{podCIDR: 10.2.0.0/24, podCIDRs: [10.1.0.0/24]}", "10.2.0.0/24", ["10.2.0.0/24"]),
    ],
)
def test_pod_cidrs_are_linked(given, cidr, cidrs):
    obj, found = create(STRATEGY, node(f"spec: {given}"))
    assert found == [] and (obj.spec.podCIDR, obj.spec.podCIDRs) == (cidr, cidrs)


def test_allocatable_is_the_capacity_unless_told():
    assert create(STRATEGY, node("status: {capacity: {cpu: '4'}}"))[0].status.allocatable == {"cpu": "4"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoSchedule, value: v}, {key: a}, "
         "{key: '', effect: Never}]}",
         ['metadata.taints[1]: Duplicate value: {"Key":"a","Value":"v","Effect":"NoSchedule","TimeAdded":null}: taints '
          "must be unique by key and effect pair",
          "metadata.taints[2].effect: Required value",
          'metadata.taints[3].key: Invalid value: "": name part must be non-empty',
          "metadata.taints[3].key: Invalid value: \"\": name part must consist of alphanumeric characters, '-', '_' or "
          "'.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', "
          "regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
          'metadata.taints[3].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", '
          '"NoExecute"']),
        ("spec: {podCIDRs: [10.1.0.0/24, 10.2.0.0/24, x]}",
         ['spec.podCIDRs[2]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
          'spec.podCIDRs: Invalid value: ["10.1.0.0/24","10.2.0.0/24","x"]: may specify no more than one CIDR for each '
          "IP family"]),
        ("status: {capacity: {pods: 1500m, cpu: '-1'}, allocatable: {pods: '1', example.com/gpu: '1'}}",
         ['status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
          'status.capacity.pods: Invalid value: "1500m": must be an integer']),
    ],
)  # fmt: skip
def test_what_is_wrong(given, wanted):
    assert create(STRATEGY, node(given))[1] == wanted


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("{podCIDRs: [10.1.0.0/24]}", "{podCIDRs: [10.2.0.0/24]}",
         ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid']),
        ("{podCIDRs: [10.1.0.0/24, 'fd00::/64']}", "{podCIDRs: [10.2.0.0/24, 'fd01::/64']}",
         ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'] * 2),
        ("{podCIDRs: [10.1.0.0/24]}", "{podCIDRs: [10.1.0.0/24, 'fd01::/64']}",
         ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid']),
        ("{}", "{podCIDRs: [10.2.0.0/24]}", []),
        ("{}", "{podCIDRs: [10.2.0.0/24, 10.2.0.0/24]}",
         ['spec.podCIDRs: Invalid value: ["10.2.0.0/24","10.2.0.0/24"]: may specify no more than one CIDR for each IP '
          "family", 'spec.podCIDRs[1]: Duplicate value: "10.2.0.0/24"']),
        ("{providerID: a}", "{providerID: b}",
         ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid']),
        ("{}", "{unschedulable: true}", []),
    ],
)  # fmt: skip
def test_what_an_update_may_not_change(before, after, wanted):
    old, _ = create(STRATEGY, node(f"spec: {before}"))
    assert update(STRATEGY, node(f"spec: {after}"), old)[1] == wanted


def test_each_way_of_writing_keeps_the_other_half():
    old, _ = create(STRATEGY, node("{spec: {unschedulable: true}, status: {phase: Running}}"))
    assert update(STRATEGY, node("{status: {phase: Pending}}"), old)[0].status.phase == "Running"
    assert update_status(STRATEGY, node("{spec: {unschedulable: false}}"), old)[0].spec.unschedulable


def test_addresses_are_listed_once():
    old, _ = create(STRATEGY, node("{}"))
    twice = "[{type: InternalIP, address: 192.0.2.1}, {type: InternalIP, address: 192.0.2.1}]"
    assert update_status(STRATEGY, node(f"{{status: {{addresses: {twice}}}}}"), old)[1] == [
        'status.addresses[1]: Duplicate value: {"Type":"InternalIP","Address":"192.0.2.1"}'
    ]


def test_warnings():
    node = parse(Node, "spec: {externalID: x, configSource: {}, podCIDRs: ['2001:DB8::/64']}")
    assert NodeStrategy().warnings_on_create(node) == [
        "spec.configSource: the feature is removed",
        "spec.externalID: this field is deprecated, and is unused by Kubernetes",
        'spec.podCIDRs[0]: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format ("2001:db8::/64")',
    ]
