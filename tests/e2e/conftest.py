"""A lab with three nodes, one for all tests of a session (with pytest-xdist: of a worker)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab import uml
from tests.e2e.cluster import EXAMPLES, Cluster, wait_for


def _needs() -> None:
    if os.geteuid() != 0:
        pytest.skip("nodes need root")


@pytest.fixture(scope="session")
def empty_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes made of namespaces, proxies in nftables mode, nothing applied."""
    _needs()
    cluster = Cluster(tmp_path_factory.mktemp("lab") / "netns", "--driver=netns", "--proxy-mode=nftables")
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


@pytest.fixture
def cluster(empty_cluster: Cluster) -> Iterator[Cluster]:
    """The same with both examples applied and settled; they are removed afterwards."""
    yield from _with_examples(empty_cluster)


@pytest.fixture(scope="session")
def empty_ipvs_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three guests with a kernel of their own, proxies in IPVS mode."""
    _needs()
    if lacking := uml.missing():
        pytest.skip(f"guests need apt-get install {' '.join(lacking)}")
    cluster = Cluster(tmp_path_factory.mktemp("lab") / "uml", "--driver=uml")
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


@pytest.fixture
def ipvs_cluster(empty_ipvs_cluster: Cluster) -> Iterator[Cluster]:
    yield from _with_examples(empty_ipvs_cluster)


def _with_examples(cluster: Cluster) -> Iterator[Cluster]:
    files = [word for file in EXAMPLES for word in ("-f", str(file))]
    cluster.kubectl("apply", *files)
    wait_for("three pods behind the Service", lambda: cluster.settled(3), 120)
    yield cluster
    cluster.kubectl("delete", "--ignore-not-found", "--wait=false", *files)
    wait_for("no pods", lambda: not cluster.get("pods")["items"], 120)
