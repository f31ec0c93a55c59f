"""Rolling updates under load from several clients fail no request, in both proxy modes."""

from __future__ import annotations

import pytest

from tests.e2e import rolling_update
from tests.e2e.cluster import Cluster

pytestmark = pytest.mark.root
WAYS = pytest.mark.parametrize(
    "server", [rolling_update.PRE_STOP, rolling_update.GRACEFUL], ids=["preStop", "graceful-termination"]
)


@pytest.mark.xdist_group("e2e")
@pytest.mark.timeout(300)
@WAYS
def test_no_request_fails_with_nftables(empty_cluster: Cluster, server: dict) -> None:
    _run(empty_cluster, server)


@pytest.mark.uml
@pytest.mark.xdist_group("uml")
@pytest.mark.timeout(600)
def test_no_request_fails_with_ipvs(empty_ipvs_cluster: Cluster) -> None:
    """With preStop only: who closes at once depends most on the proxies."""
    _run(empty_ipvs_cluster, rolling_update.PRE_STOP)


def _run(cluster: Cluster, server: dict) -> None:
    try:
        rolling_update.no_request_fails(cluster, server)
    finally:
        rolling_update.remove(cluster)
