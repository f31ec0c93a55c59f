"""Flags: kube-proxy's names and meaning, and what is said of a wrong value."""

from __future__ import annotations

import pytest

from kube.api.core_v1 import Node
from proxy.__main__ import health_check_hosts, primary_addresses, traffic_of
from proxy.config import choose_addresses, parse
from proxy.model.traffic import Traffic


@pytest.mark.parametrize(
    "text, seconds", [("30", 30), ("30s", 30), ("1m30s", 90), ("500ms", 0.5), ("2h22m", 8520), ("1.5s", 1.5)]
)
def test_durations_as_go_writes_them(text: str, seconds: float):
    assert parse(["--ipvs-sync-period", text, "--ipvs-min-sync-period", "0"]).ipvs_sync_period == seconds


WRONG = [
    ("--proxy-mode iptables", "invalid choice: 'iptables'"),
    ("--cluster-cidr 10.244.0.0", "'10.244.0.0': must be a valid CIDR block"),
    ("--cluster-cidr 10.0.0.0/8,10.1.0.0/16", "must be one CIDR block, or one of each IP family"),
    ("--nodeport-addresses primary,10.0.0.0/8", "can't use both 'primary' and CIDRs"),
    ("--nodeport-addresses 10.0.0.1", "'10.0.0.1': must be a valid CIDR block"),
    ("--ipvs-scheduler fastest", "'fastest': must be one of rr, wrr, lc,"),
    ("--ipvs-exclude-cidrs 300.0.0.0/8", "'300.0.0.0/8': must be a valid CIDR block"),
    ("--ipvs-sync-period 0", "must be greater than 0"),
    ("--ipvs-sync-period soon", "'soon': must be a duration"),
    ("--ipvs-sync-period 1s --ipvs-min-sync-period 2s", "--ipvs-sync-period: must be greater than or equal to"),
    ("--iptables-sync-period 1s --iptables-min-sync-period 2s", "equal to --iptables-min-sync-period"),
    ("--iptables-masquerade-bit 32", "must be within the range [0, 31]"),
    ("--healthz-bind-address 10256", "'10256': must be IP:port"),
    ("--healthz-bind-address localhost:10256", "'localhost': must be a valid IP"),
    ("--metrics-bind-address 127.0.0.1:70000", "'70000': must be a valid port"),
    ("--conntrack-max-per-core -1", "must be greater than or equal to 0"),
    ("--detect-local-mode Guess", "invalid choice: 'Guess'"),
    ("--detect-local-mode BridgeInterface", "needs --pod-bridge-interface"),
    ("--masquerade-all=maybe", "must be true or false"),
]


@pytest.mark.parametrize("line, said", WRONG)
def test_a_wrong_value_is_named(line: str, said: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as end:
        parse(line.split())
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_truth_with_and_without_a_value():
    assert parse(["--masquerade-all"]).masquerade_all
    assert not parse(["--masquerade-all=false"]).masquerade_all


def test_each_mode_has_its_periods():
    config = parse(["--ipvs-sync-period", "1m", "--iptables-sync-period", "2m", "--iptables-min-sync-period", "1s"])
    assert (config.sync_period("ipvs"), config.sync_period("nftables")) == (60, 120)
    assert (config.min_sync_period("ipvs"), config.min_sync_period("nftables")) == (0.02, 1)


def test_an_empty_address_serves_nowhere():
    assert parse(["--metrics-bind-address", ""]).metrics_bind_address == ":0"
    assert parse(["--metrics-bind-address", "[::]:10249"]).metrics_bind_address == "[::]:10249"


NODE = Node.from_dict(
    {
        "metadata": {"name": "node1"},
        "spec": {"podCIDR": "10.244.1.0/24", "podCIDRs": ["10.244.1.0/24", "fd00:10:244:1::/64"]},
        "status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": "x"}]},
    }
)


def test_node_ports_are_open_where_the_flag_says():
    own = ["192.168.77.11", "10.244.1.1", "fd00:77::11"]
    assert choose_addresses(own, parse([]).node_port_prefixes([])) == own
    some = parse(["--nodeport-addresses", "192.168.0.0/16, fd00:77::/64"])
    assert choose_addresses(own, some.node_port_prefixes([])) == ["192.168.77.11", "fd00:77::11"]
    primary = parse(["--nodeport-addresses", "primary"])
    assert primary_addresses(NODE) == ["127.0.0.1"]
    assert health_check_hosts(primary, NODE) == ["127.0.0.1"]
    assert health_check_hosts(parse([]), None) is None
    assert health_check_hosts(parse(["--nodeport-addresses", "203.0.113.0/24"]), None) == []


PODS = "--cluster-cidr 10.244.0.0/16,fd00:10:244::/48 "


@pytest.mark.parametrize(
    "flags, four, six",
    [
        (PODS, Traffic("10.244.0.0/16"), Traffic("fd00:10:244::/48")),
        ("--cluster-cidr 10.244.0.0/16", Traffic("10.244.0.0/16"), None),
        ("", Traffic(), None),
        ("--detect-local-mode NodeCIDR", Traffic("10.244.1.0/24"), Traffic("fd00:10:244:1::/64")),
        (PODS + "--detect-local-mode BridgeInterface --pod-bridge-interface cni0", *[Traffic(interface="cni0")] * 2),
        (PODS + "--detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix veth",
         *[Traffic(interface="veth*")] * 2),
        ("--cluster-cidr 10.244.0.0/16 --masquerade-all --iptables-masquerade-bit 3",
         Traffic("10.244.0.0/16", "", True, 8), None),
    ],
)  # fmt: skip
def test_how_pods_are_told_from_others(flags: str, four: Traffic, six: Traffic | None):
    assert traffic_of(parse(flags.split()), NODE) == {4: four} | ({6: six} if six else {})


def test_what_conntrack_is_asked_for():
    assert parse([]).conntrack_settings() == []
    flags = "--conntrack-tcp-timeout-established 24h --conntrack-tcp-be-liberal --conntrack-max-per-core 1"
    asked = {one.name.rpartition("/")[2]: one.value for one in parse(flags.split()).conntrack_settings()}
    assert asked == {
        "nf_conntrack_tcp_timeout_established": "86400",
        "nf_conntrack_tcp_be_liberal": "1",
        "nf_conntrack_max": "131072",
    }
