"""A KubeProxyConfiguration as the proxy reads and shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from proxy.config import Config, parse
from proxy.config_file import document_of, flags_of

FILE = """\
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: /etc/kube-proxy.conf, qps: 5}
clusterCIDR: 10.244.0.0/16
mode: ipvs
hostnameOverride: node1
nodePortAddresses: [192.168.77.0/24, "fd00:77::/64"]
metricsBindAddress: 0.0.0.0:10249
healthzBindAddress: ""
featureGates: {TopologyAwareHints: true}
ipvs: {scheduler: lc, strictARP: true, syncPeriod: 1m30s, minSyncPeriod: 0s, excludeCIDRs: null}
iptables: {masqueradeAll: true, masqueradeBit: 14}
conntrack: {maxPerCore: 32768, tcpEstablishedTimeout: 24h0m0s}
"""


def read(path: Path, text: str, *flags: str) -> Config:
    (path / "config.yaml").write_text(text)
    return parse(["--config", str(path / "config.yaml"), *flags])


def test_a_file_says_what_flags_say(tmp_path: Path) -> None:
    config = read(tmp_path, FILE, "--once")
    assert config == replace(
        parse([
            "--kubeconfig=/etc/kube-proxy.conf", "--cluster-cidr=10.244.0.0/16", "--proxy-mode=ipvs",
            "--hostname-override=node1", "--nodeport-addresses=192.168.77.0/24,fd00:77::/64",
            "--metrics-bind-address=0.0.0.0:10249", "--ipvs-scheduler=lc", "--ipvs-strict-arp",
            "--ipvs-sync-period=90s", "--ipvs-min-sync-period=0s", "--masquerade-all", "--conntrack-max-per-core=32768",
            "--conntrack-tcp-timeout-established=86400s", "--once",
        ]),
        config=config.config,
    )  # fmt: skip


def test_of_the_flags_only_the_name_of_the_node_counts_before_the_file(tmp_path: Path) -> None:
    config = read(tmp_path, FILE, "--hostname-override=mine", "--ipvs-scheduler=wrr", "-v", "4")
    assert (config.node_name, config.ipvs_scheduler, config.v) == ("mine", "lc", 4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Pod\napiVersion: v1\n", "no kind 'KubeProxyConfiguration'"),
        ("- 1\n", "no kind 'KubeProxyConfiguration'"),
        (FILE + "modus: ipvs\n", 'unknown field "modus"'),
        (FILE.replace("strictARP", "strictArp"), 'unknown field "ipvs.strictArp"'),
        (FILE.replace("mode: ipvs", "mode: iptables"), "invalid choice: 'iptables'"),
        (FILE.replace("scheduler: lc", "scheduler: fastest"), "'fastest': must be one of"),
        (FILE.replace("minSyncPeriod: 0s", "minSyncPeriod: 1h"), "must be greater than or equal to"),
        ("a: [\n", "--config "),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read(tmp_path, text)
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--config", "/no/such/file"])
    assert "No such file or directory" in capsys.readouterr().err


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    config = read(tmp_path, FILE)
    again = parse(flags_of(document_of(vars(config))))
    assert replace(again, config=config.config) == config
