"""Each process is killed in turn: traffic goes on through the tables, and everything converges after the restart."""

from __future__ import annotations

import collections
import sys

import pytest

from lab.machines import environment
from tests.e2e.cluster import Cluster, wait_for
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(600)]


def service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: 80}}]}}\n"


def addresses(cluster: Cluster) -> list[str]:
    return [one["spec"]["clusterIP"] for one in cluster.get("services", "-A")["items"]]


SHELL = """\
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec:
  nodeName: node1
  containers: [{name: shell, image: busybox, stdin: true, tty: true}]
"""


def attached_to_the_shell(cluster: Cluster) -> Terminal:
    argv = [sys.executable, "-m", "kubectl_lite", "--kubeconfig", str(cluster.kubeconfig), "attach", "-it", "shell"]
    return Terminal(argv, environment())


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
    cluster.kubectl("apply", "-f", "-", input=SHELL)
    cluster.kubectl("wait", "--for=condition=Ready", "pod/shell")
    with attached_to_the_shell(cluster) as terminal:
        terminal.says("# ")
        terminal.types("kept=value\n")
        terminal.says("# ")
        cluster.lab("kill", "kubelet-node1")
        assert terminal.ends() != 0
    assert cluster.answers(cluster.cluster_ip()) == set(before)
    cluster.up()
    cluster.scale(4)
    wait_for("a fourth pod", lambda: cluster.settled(4), 120)
    assert before.items() <= containers().items()
    with attached_to_the_shell(cluster) as terminal:  # it has its input still, and all that it was told
        terminal.says("# ")
        terminal.types("echo still $kept; exit\n")
        terminal.says("still value")
    cluster.kubectl("delete", "pod", "shell", "--now", "--wait=false")


def test_a_killed_proxy_leaves_its_table_and_catches_up(cluster: Cluster) -> None:
    address = cluster.cluster_ip()
    cluster.lab("kill", "proxy-node1")
    assert cluster.answers(address) == set(cluster.pods())
    cluster.scale(2)
    wait_for("two endpoints", lambda: len(cluster.endpoints()) == 2)
    cluster.up()
    wait_for("a table of two", lambda: cluster.settled(2))
    assert cluster.answers(address) == set(cluster.pods())


def test_no_address_is_given_twice_whatever_is_killed(cluster: Cluster) -> None:
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
