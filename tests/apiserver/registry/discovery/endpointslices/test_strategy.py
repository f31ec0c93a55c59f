"""The strategy of EndpointSlices."""

import pytest

from apiserver.registry.discovery.endpointslices.strategy import EndpointSliceStrategy
from kube.api.discovery_v1 import EndpointSlice
from tests.apiserver.registry.driver import create, parse, update

STRATEGY = EndpointSliceStrategy()


def slice_of(rest: str) -> EndpointSlice:
    return parse(EndpointSlice, rest)


def test_defaults():
    obj, found = create(STRATEGY, slice_of("{addressType: IPv4, endpoints: [], ports: [{port: 80}]}"))
    assert found == []
    data = obj.to_dict()
    assert data["endpoints"] is None
    assert data["ports"] == [{"name": "", "port": 80, "protocol": "TCP"}]
    assert data["metadata"]["generation"] == 1


@pytest.mark.parametrize(
    ("rest", "wanted"),
    [
        ("{}", ["addressType: Required value"]),
        ("{addressType: IPv5}", ['addressType: Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"']),
        ("{addressType: IPv4, ports: [{name: a}, {name: a, protocol: udp}]}",
         ['ports[1].name: Duplicate value: "a"',
          'ports[1].protocol: Unsupported value: "udp": supported values: "SCTP", "TCP", "UDP"']),
        ("{addressType: IPv4, endpoints: [{}, {addresses: [zz, 127.0.0.1, '2001:db8::1']}]}",
         ["endpoints[0].addresses: Required value: must contain at least 1 address",
          'endpoints[1].addresses[0]: Invalid value: "zz": must be a valid IP address, (e.g. 10.9.8.7 or '
          "2001:db8::ffff)",
          'endpoints[1].addresses[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, '
          "::1/128)",
          'endpoints[1].addresses: Invalid value: "2001:db8::1": must be an IPv4 address']),
        ("{addressType: IPv6, endpoints: [{addresses: ['2001:DB8::1']}]}",
         ['endpoints[0].addresses[0]: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")']),
        ("{addressType: FQDN, endpoints: [{addresses: [nodots]}]}",
         ['endpoints[0].addresses[0]: Invalid value: "nodots": should be a domain with at least two segments separated '
          "by dots"]),
        ("{addressType: IPv4, endpoints: [{addresses: [10.0.0.1], hints: {forZones: [{name: a}, {name: a}], "
         "forNodes: [{name: n0}, {name: n1}, {name: n2}, {name: n3}, {name: n4}, {name: n5}, {name: n6}, {name: n7}, "
         "{name: n8}]}}]}",
         ['endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
          "endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items"]),
    ],
)  # fmt: skip
def test_what_is_wrong(rest, wanted):
    assert create(STRATEGY, slice_of(rest))[1] == wanted


def test_limits():
    many = {"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}] * 1001}
    assert create(STRATEGY, slice_of(many))[1] == ["endpoints: Too many: 1001: must have at most 1000 items"]
    wide = {"addressType": "IPv4", "endpoints": [{"addresses": [f"10.0.1.{i}" for i in range(101)]}]}
    assert create(STRATEGY, slice_of(wide))[1] == ["endpoints[0].addresses: Too many: 101: must have at most 100 items"]


def stored(rest: str) -> EndpointSlice:
    return create(STRATEGY, slice_of(rest))[0]


FULL = "{addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}], ports: [{port: 80}]}"


def test_the_address_type_is_for_life():
    old = stored(FULL)
    new = old.deep_copy()
    new.addressType = "IPv6"
    assert update(STRATEGY, new, old)[1] == ['addressType: Invalid value: "IPv6": field is immutable']


@pytest.mark.parametrize(
    ("change", "generation"),
    [
        (lambda o: o.metadata.annotations.update(a="b"), 1),
        (lambda o: o.metadata.labels.update(a="b"), 2),
        (lambda o: setattr(o.endpoints[0], "zone", "z"), 2),
        (lambda o: setattr(o.ports[0], "port", 81), 2),
    ],
)
def test_generations_count_content_and_labels(change, generation):
    old = stored(FULL)
    new = old.deep_copy()
    change(new)
    assert update(STRATEGY, new, old)[0].metadata.generation == generation


def test_deprecated_topology_can_only_be_read():
    obj, _ = create(
        STRATEGY, slice_of("{addressType: IPv4, endpoints: [{addresses: [10.0.0.1], deprecatedTopology: {a: b}}]}")
    )
    assert obj.endpoints[0].deprecatedTopology == {}


def test_warnings():
    assert STRATEGY.warnings_on_create(stored("{addressType: FQDN, endpoints: [{addresses: [a.b]}]}")) == [
        "spec.addressType: FQDN endpoints are deprecated"
    ]
