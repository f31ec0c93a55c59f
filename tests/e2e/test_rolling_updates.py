"""Rolling updates under load from several clients fail no request, in both proxy modes and both ways of going."""

from __future__ import annotations

import pytest

from tests.e2e import rolling_update
from tests.e2e.cluster import Cluster

pytestmark = pytest.mark.root


@pytest.mark.xdist_group("e2e")
@pytest.mark.timeout(300)
def test_no_request_fails_with_nftables_and_graceful_termination(empty_cluster: Cluster) -> None:
    _run(empty_cluster, rolling_update.GRACEFUL)


@pytest.mark.uml
@pytest.mark.xdist_group("uml")
@pytest.mark.timeout(600)
def test_no_request_fails_with_ipvs_and_pre_stop(empty_ipvs_cluster: Cluster) -> None:
    _run(empty_ipvs_cluster, rolling_update.PRE_STOP)


def _run(cluster: Cluster, server: dict) -> None:
    try:
        rolling_update.no_request_fails(cluster, server)
    finally:
        rolling_update.remove(cluster)
