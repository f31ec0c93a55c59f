"""The strategy of Leases."""

from apiserver.registry.coordination.leases.strategy import LeaseStrategy
from kube.api.coordination_v1 import Lease
from tests.apiserver.registry.driver import create, parse

STRATEGY = LeaseStrategy()


def test_what_is_wrong():
    lease = parse(Lease, "spec: {leaseDurationSeconds: 0, leaseTransitions: -1}")
    assert create(STRATEGY, lease)[1] == [
        "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0",
        "spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_coordinated_election_is_dropped():
    obj, found = create(STRATEGY, parse(Lease, "spec: {holderIdentity: '', preferredHolder: a, strategy: b}"))
    assert found == [] and obj.to_dict()["spec"] == {"holderIdentity": ""}
