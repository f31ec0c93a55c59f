"""Load balancers follow nodes and their health, and the Service and its type; without a cloud there is none."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cluster import Cluster, wait_for
from tests.e2e.conftest import _needs

pytestmark = [pytest.mark.root, pytest.mark.timeout(300), pytest.mark.xdist_group("e2e")]

PUBLISHED = "kube-lite.local/published-at"
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"


def service(**spec: object) -> str:
    ports = [{"name": "http", "port": 80}]
    whole = {"type": "LoadBalancer", "selector": {"app": "web-nginx"}, "ports": ports, **spec}
    return json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "balanced"}, "spec": whole})


@pytest.fixture
def balanced(cluster: Cluster) -> Iterator[str]:
    """The address of a load balancer before the example's pods."""
    cluster.kubectl("apply", "-f", "-", input=service())
    yield wait_for("EXTERNAL-IP", lambda: external_ip(cluster))
    cluster.kubectl("delete", "service", "balanced", "--ignore-not-found")


def external_ip(cluster: Cluster) -> str:
    ingress = cluster.get("service", "balanced")["status"]["loadBalancer"].get("ingress", [])
    return ingress[0]["ip"] if ingress else ""


def answers(cluster: Cluster, address: str) -> bool:
    code = ("curl", "-s", "--max-time", "2", "-o", "/dev/null", "-w", "%{http_code}", f"http://{address}/")
    return cluster.node(*code, node="client", check=False) == "200"


def chosen_nodes(cluster: Cluster, address: str) -> list[str]:
    """The nodes to which the balancer sends new connections."""
    rules = cluster.node("nft", "list", "chain", "inet", "kube_lite_balancer", "balance", node="balancer")
    mine = "".join(line for line in rules.splitlines() if address in line)
    return [name for name in ("node1", "node2", "node3") if f": {address_of(cluster, name)}" in mine]


def address_of(cluster: Cluster, node: str) -> str:
    return next(a["address"] for a in cluster.get("node", node)["status"]["addresses"] if a["type"] == "InternalIP")


def test_it_follows_nodes(cluster: Cluster, balanced: str) -> None:
    wait_for("three nodes", lambda: chosen_nodes(cluster, balanced) == ["node1", "node2", "node3"])
    wait_for("an answer", lambda: answers(cluster, balanced))
    label = "node.kubernetes.io/exclude-from-external-load-balancers"
    try:
        cluster.kubectl("label", "node", "node2", f"{label}=")
        wait_for("node2 left out", lambda: chosen_nodes(cluster, balanced) == ["node1", "node3"])
        cluster.lab("kill", "proxy-node3")
        wait_for("node3 is ill", lambda: chosen_nodes(cluster, balanced) == ["node1"])
        assert answers(cluster, balanced)
    finally:
        cluster.kubectl("label", "node", "node2", f"{label}-")
        cluster.up()
    wait_for("three nodes", lambda: chosen_nodes(cluster, balanced) == ["node1", "node2", "node3"])


def test_it_is_published_on_the_machines_loopback(cluster: Cluster, balanced: str) -> None:
    del balanced

    def where() -> str | None:
        return cluster.get("service", "balanced")["metadata"]["annotations"].get(PUBLISHED)

    found = wait_for("the annotation", where)
    with urllib.request.urlopen(f"http://{found}/", timeout=10) as answer:
        assert answer.status == 200


def test_it_goes_with_the_type(cluster: Cluster, balanced: str) -> None:
    assert FINALIZER in cluster.get("service", "balanced")["metadata"]["finalizers"]
    cluster.kubectl("patch", "service", "balanced", "-p", '{"spec":{"type":"NodePort"}}')
    wait_for("no finalizer", lambda: "finalizers" not in cluster.get("service", "balanced")["metadata"])
    after = cluster.get("service", "balanced")
    assert after["status"]["loadBalancer"] == {} and PUBLISHED not in after["metadata"].get("annotations", {})
    assert balanced not in cluster.node("ip", "address", "show", "dev", "eth0", node="balancer")
    # The address is free for the next one, who may ask for it.
    cluster.kubectl("apply", "-f", "-", input=service(loadBalancerIP=balanced))
    wait_for("the same address", lambda: external_ip(cluster) == balanced)


def test_no_cloud_no_address(tmp_path: Path) -> None:
    _needs()
    lab = Cluster(tmp_path / "none", "--nodes=1", "--driver=netns", "--cloud-provider=none")
    try:
        lab.up()
        lab.kubectl("apply", "-f", "-", input=service())
        address = lab.cluster_ip("balanced")
        wait_for("everything but the balancer", lambda: address in lab.table(), 60)
        assert lab.kubectl("get", "service", "balanced").stdout.splitlines()[1].split()[3] == "<pending>"
        assert "finalizers" not in lab.get("service", "balanced")["metadata"]
    finally:
        lab.down()
