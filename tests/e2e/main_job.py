"""The main job as steps that hold for every proxy mode: called by the tests of each."""

from __future__ import annotations

from tests.e2e.cluster import Cluster, wait_for


def three_pods_answer(cluster: Cluster) -> None:
    """From a node, and from a pod: each of the three pods answers on the cluster IP."""
    pods, address = cluster.pods(), cluster.cluster_ip()
    assert len(pods) == 3
    assert cluster.answers(address) == set(pods)
    assert cluster.answers(address, source=next(iter(pods))) == set(pods)


def follows_scale_and_deletes(cluster: Cluster) -> None:
    """Table, endpoints and answers follow the Deployment up and down, and a lost pod, and go with the Service."""
    address = cluster.cluster_ip()
    cluster.scale(5)
    five = wait_for("five pods", lambda: cluster.settled(5))
    assert cluster.answers(address, times=60) == set(five)
    cluster.scale(1)
    one = wait_for("one pod", lambda: cluster.settled(1))
    wait_for("an end of traffic to the others", lambda: _only(cluster, five, one))
    assert cluster.answers(address) == set(one)
    cluster.kubectl("delete", "pod", *one)
    fresh = wait_for("another pod", lambda: cluster.settled(1))
    assert set(fresh) != set(one)
    assert cluster.answers(address) == set(fresh)
    cluster.kubectl("delete", "service", "myapp")
    wait_for("an empty table", lambda: address not in cluster.table())
    assert cluster.answers(address, times=1) == set()


def _only(cluster: Cluster, before: dict[str, str], now: dict[str, str]) -> bool:
    """No new connection goes to a pod that is gone; IPVS keeps it at weight 0 while old connections drain."""
    lines = [line.split() for line in cluster.table().splitlines()]
    gone = set(before.values()) - set(now.values())
    drained = [line for line in lines if len(line) == 6 and line[2:4] == ["Masq", "0"]]
    return not any(address in word for line in lines if line not in drained for word in line for address in gone)
