"""The main job on namespaces, with nftables: two manifests become packets that reach three pods on three nodes."""

from __future__ import annotations

import pytest

from tests.e2e import main_job
from tests.e2e.cluster import Cluster

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e"), pytest.mark.timeout(300)]


def test_three_pods_answer(cluster: Cluster) -> None:
    main_job.three_pods_answer(cluster)
    nodes = {pod["spec"]["nodeName"] for pod in cluster.get("pods", "-l", "app=web-nginx")["items"]}
    assert nodes == {"node1", "node2", "node3"}
    table = cluster.table()
    assert cluster.cluster_ip() in table
    assert all(address in table for address in cluster.pods().values())


def test_table_and_answers_follow(cluster: Cluster) -> None:
    main_job.follows_scale_and_deletes(cluster)


def test_show_says_what_is_there(cluster: Cluster) -> None:
    shown = cluster.lab("show").stdout
    assert "3 of 3 pods answered" in shown
    assert all(name in shown for name in cluster.pods())


def test_a_second_up_changes_nothing(cluster: Cluster) -> None:
    before = cluster.lab("status").stdout
    cluster.up()
    assert cluster.lab("status").stdout == before
