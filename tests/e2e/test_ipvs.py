"""The main job end to end on guests with IPVS of their own."""

from __future__ import annotations

import pytest

from tests.e2e import main_job
from tests.e2e.cluster import Cluster, wait_for
from tests.e2e.test_why import check_other_traces, check_trace, why

pytestmark = [pytest.mark.root, pytest.mark.uml, pytest.mark.xdist_group("uml"), pytest.mark.timeout(600)]


def test_three_pods_answer_by_round_robin(ipvs_cluster: Cluster) -> None:
    cluster = ipvs_cluster
    main_job.three_pods_answer(cluster)
    table = cluster.table()
    assert f"TCP  {cluster.cluster_ip()}:80 rr" in table
    assert all(f"-> {address}:80" in table for address in cluster.pods().values())


def test_a_request_is_traced_and_nothing_is_broken(ipvs_cluster: Cluster) -> None:
    wait_for("a whole Service", lambda: not why(ipvs_cluster, "myapp")["broken"])
    check_trace(ipvs_cluster, f"TCP {ipvs_cluster.cluster_ip()}:80 rr")
    check_other_traces(ipvs_cluster)


def test_table_and_answers_follow(ipvs_cluster: Cluster) -> None:
    main_job.follows_scale_and_deletes(ipvs_cluster)
