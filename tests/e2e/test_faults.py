"""Each process is killed in turn: traffic goes on through the tables, and everything converges after the restart."""

from __future__ import annotations

import collections

import pytest

from tests.e2e.cluster import Cluster, wait_for

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(600)]


def service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n"


def addresses(cluster: Cluster) -> list[str]:
    return [one["spec"]["clusterIP"] for one in cluster.get("services", "-A")["items"]]


def test_traffic_outlives_the_control_plane(cluster: Cluster) -> None:
    pods, address = cluster.pods(), cluster.cluster_ip()
    for component in ("controllers", "apiserver", "etcd"):
        cluster.lab("kill", component)
    assert cluster.answers(address) == set(pods)
    assert cluster.answers(address, source=next(iter(pods))) == set(pods)
    cluster.up()
    cluster.scale(4)
    wait_for("a fourth pod", lambda: cluster.settled(4), 120)


def test_a_killed_kubelet_finds_its_pods_again(cluster: Cluster) -> None:
    def containers() -> dict[str, str]:
        return {pod["metadata"]["name"]: pod["status"]["containerStatuses"][0]["containerID"]
                for pod in cluster.get("pods", "-l", "app=web-nginx")["items"]}  # fmt: skip

    before = containers()
    cluster.lab("kill", "kubelet-node1")
    assert cluster.answers(cluster.cluster_ip()) == set(before)
    cluster.up()
    cluster.scale(4)
    wait_for("a fourth pod", lambda: cluster.settled(4), 120)
    assert before.items() <= containers().items()


def test_a_killed_proxy_leaves_its_table_and_catches_up(cluster: Cluster) -> None:
    address = cluster.cluster_ip()
    cluster.lab("kill", "proxy-node1")
    assert cluster.answers(address) == set(cluster.pods())
    cluster.scale(2)
    wait_for("two endpoints", lambda: len(cluster.endpoints()) == 2)
    cluster.up()
    wait_for("a table of two", lambda: cluster.settled(2))
    assert cluster.answers(address) == set(cluster.pods())


def test_no_address_is_given_twice_whatever_is_killed(empty_cluster: Cluster) -> None:
    cluster = empty_cluster
    names = [f"kill-{i}" for i in range(12)]
    for index, name in enumerate(names):
        if index % 4 == 3:
            cluster.lab("kill", "apiserver" if index % 8 == 3 else "etcd")
            cluster.up()
        cluster.kubectl("apply", "-f", "-", input=service(name))
    given = collections.Counter(addresses(cluster))
    assert max(given.values()) == 1
    cluster.kubectl("delete", "service", *names)
    wait_for("released addresses", lambda: not any(
        item["spec"]["parentRef"]["name"] in names for item in cluster.get("ipaddresses")["items"]))  # fmt: skip
