"""The strategy of Endpoints."""

import pytest

from apiserver.registry.core.endpoints.strategy import EndpointsStrategy
from kube.api.core_v1 import Endpoints
from tests.apiserver.registry.driver import create, parse, update

IP = "(e.g. 10.9.8.7 or 2001:db8::ffff)"


def endpoints(subsets: str) -> Endpoints:
    return parse(Endpoints, f"subsets: {subsets}")


def test_protocol_defaults_and_order_stays():
    obj, found = create(
        EndpointsStrategy(), endpoints("[{addresses: [{ip: 10.0.0.9}, {ip: 10.0.0.1}], ports: [{port: 80}]}]")
    )
    assert found == []
    assert obj.to_dict()["subsets"] == [
        {"addresses": [{"ip": "10.0.0.9"}, {"ip": "10.0.0.1"}], "ports": [{"port": 80, "protocol": "TCP"}]}
    ]


@pytest.mark.parametrize(
    ("subsets", "wanted"),
    [
        ("[{ports: [{port: 80}]}]",
         ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"]),
        ("[{addresses: [{ip: 127.0.0.1}]}]",
         ['subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, '
          "::1/128)"]),
        ("[{notReadyAddresses: [{ip: x}]}]",
         [f'subsets[0].notReadyAddresses[0].ip: Invalid value: "x": must be a valid IP address, {IP}',
          'subsets[0].notReadyAddresses[0].ip: Invalid value: "x": must be a valid IP address']),
        ("[{addresses: [{ip: 10.0.0.1, hostname: a.b}]}]",
         ['subsets[0].addresses[0].hostname: Invalid value: "a.b": must not contain dots']),
        ("[{addresses: [{ip: 10.0.0.1}], ports: [{port: 80}, {port: 0, protocol: X, name: a}]}]",
         ["subsets[0].ports[0].name: Required value",
          "subsets[0].ports[1].port: Invalid value: 0: must be between 1 and 65535, inclusive",
          'subsets[0].ports[1].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"']),
    ],
)  # fmt: skip
def test_what_is_wrong(subsets, wanted):
    assert create(EndpointsStrategy(), endpoints(subsets))[1] == wanted


def test_an_update_may_leave_what_was_stored():
    old = endpoints("[{addresses: [{ip: 10.0.0.01}]}]")
    assert update(EndpointsStrategy(), old.deep_copy(), old)[1] == []


def test_warnings():
    strategy = EndpointsStrategy()
    obj = endpoints("[{addresses: [{ip: '2001:DB8::1'}]}]")
    assert strategy.warnings_on_create(obj) == [
        'subsets[0].addresses[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")'
    ]
    assert strategy.deprecation == "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
