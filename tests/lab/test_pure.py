"""The parts of the lab that decide: driver and proxy mode, command lines, addresses, networks, what is shown."""

from __future__ import annotations

import pytest
import yaml
from cryptography import x509

from lab import components, identities, network
from lab.config import LabConfig, Layout
from lab.drivers import Facts, choose
from lab.show import excerpt
from lab.state import Process, State

IPVS, UML, BARE = Facts(True, ()), Facts(False, ()), Facts(False, ("user-mode-linux",))

CHOICES = [
    ("auto", "auto", IPVS, "netns", "ipvs"),
    ("auto", "auto", UML, "uml", "ipvs"),
    ("auto", "auto", BARE, "netns", "nftables"),
    ("auto", "nftables", UML, "netns", "nftables"),
    ("auto", "ipvs", UML, "uml", "ipvs"),
    ("netns", "auto", UML, "netns", "nftables"),
    ("netns", "nftables", IPVS, "netns", "nftables"),
    ("uml", "auto", IPVS, "uml", "ipvs"),
]


@pytest.mark.parametrize(("driver", "mode", "facts", "chosen", "chosen_mode"), CHOICES)
def test_choice(driver: str, mode: str, facts: Facts, chosen: str, chosen_mode: str) -> None:
    choice = choose(driver, mode, facts)
    assert (choice.driver, choice.proxy_mode) == (chosen, chosen_mode)
    assert "\n" not in choice.reason and "kernel" in choice.reason


@pytest.mark.parametrize(("driver", "mode", "facts", "why"), [
    ("uml", "auto", BARE, "apt-get install user-mode-linux"),
    ("netns", "ipvs", UML, "no ip_vs"),
    ("uml", "nftables", UML, "no nftables"),
    ("auto", "ipvs", BARE, "no ip_vs"),
    ("uml", "auto", Facts(False, (), tap_devices=False), "/dev/net/tun"),
])  # fmt: skip
def test_impossible_choices_say_why(driver: str, mode: str, facts: Facts, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        choose(driver, mode, facts)


def test_addresses() -> None:
    config = LabConfig("x", "/x", dual_stack=True)
    assert [config.addresses(name) for name in ("control-plane", "node2", "client")] == [
        ["192.168.77.1", "fd00:77::1"], ["192.168.77.12", "fd00:77::c"], ["192.168.77.100", "fd00:77::64"],
    ]  # fmt: skip
    assert (config.api_service_address, config.dns_address) == ("10.96.0.1", "10.96.0.10")


def test_routes_to_pods_lead_to_their_nodes() -> None:
    lines = network.pod_routes({"node1": ["10.244.0.0/24", "fd00:1::/64"]}, {"node1": ["192.168.77.11", "fd00:77::b"]})
    assert lines == ["route replace 10.244.0.0/24 via 192.168.77.11", "route replace fd00:1::/64 via fd00:77::b"]


def test_command_lines_use_upstreams_flags(tmp_path) -> None:
    config, layout = LabConfig("x", str(tmp_path)), Layout(tmp_path)
    server = components.api_server(config, layout, [2379, 2380], 6443)
    assert "--etcd-servers=http://127.0.0.1:2379" in server.argv
    assert "--service-cluster-ip-range=10.96.0.0/16" in server.argv
    alone = components.api_server(LabConfig("x", str(tmp_path), nodes=0), layout, [5000, 5001], 7000)
    assert {"--bind-address=127.0.0.1", "--secure-port=7000"} <= set(alone.argv)


def test_an_existing_etcd_is_reached_directly_or_through_forwarders(tmp_path) -> None:
    given = "http://10.0.0.1:2379,http://10.0.0.2:2379"
    with_nodes = LabConfig("x", str(tmp_path), etcd_servers=given)
    assert components.etcd_members(with_nodes, Layout(tmp_path), [1, 2, 3, 4]) == []
    ports = components.fixed_ports(with_nodes)
    assert components.etcd_endpoints(with_nodes, ports) == "http://127.0.0.1:2379,http://127.0.0.1:2389"
    assert components.etcd_endpoints(LabConfig("x", "", nodes=0, etcd_servers=given), []) == given


def test_three_members_know_each_other(tmp_path) -> None:
    config = LabConfig("x", str(tmp_path), etcd_members=3)
    members = components.etcd_members(config, Layout(tmp_path), components.fixed_ports(config))
    clusters = {word for member in members for word in member.argv if word.startswith("--initial-cluster=")}
    assert clusters == {"--initial-cluster=etcd=http://127.0.0.1:2380,etcd-1=http://127.0.0.1:2390,"
                        "etcd-2=http://127.0.0.1:2400"}  # fmt: skip


def test_identities_are_kept_and_have_kubernetes_names(tmp_path) -> None:
    config, layout = LabConfig("x", str(tmp_path), nodes=1), Layout(tmp_path)
    token = identities.create(config, layout, 6443)
    first = (layout.pki / "apiserver.crt").read_bytes()
    assert identities.create(config, layout, 6443) == token
    assert (layout.pki / "apiserver.crt").read_bytes() == first
    admin = yaml.safe_load(layout.admin_kubeconfig.read_text())
    assert admin["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    assert admin["users"][0]["user"] == {"token": token}
    certificate = x509.load_pem_x509_certificate((layout.pki / "kubelet-node1.crt").read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=system:node:node1,O=system:nodes"
    assert (layout.pki / "ca.key").stat().st_mode & 0o077 == 0


def test_state_survives(tmp_path) -> None:
    layout, config = Layout(tmp_path), LabConfig("x", str(tmp_path))
    state = State(config, 6443, [2379, 2380], {"node1": Process("", 5, 50)}, {"etcd": Process("control-plane", 7, 70)})
    state.save(layout)
    assert State.load(layout) == state
    assert State.load(Layout(tmp_path / "nothing")) is None


RULESET = """\
table ip kube-lite {
\tmap services {
\t\ttypeof ip daddr . meta l4proto . th dport : verdict
\t\telements = { 10.96.0.7 . tcp . 80 : goto balance-3,
\t\t\t     10.96.0.1 . tcp . 443 : goto balance-1 }
\t}
\tchain balance-3 {
\t\tdnat to something
\t}
\tchain other {
\t\taccept
\t}
}
"""


def test_an_excerpt_follows_the_address() -> None:
    shown = excerpt(RULESET, "10.96.0.7").splitlines()
    assert [line.strip() for line in shown if line.endswith("{")] == ["map services {", "chain balance-3 {"]
    assert shown[-1].strip() == "... 5 more lines"
