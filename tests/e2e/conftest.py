"""Labs with three nodes, one of each proxy mode for all tests of a session (with pytest-xdist: of a worker).

The tests in namespaces are two groups (`e2e`, and `e2e-people` of what people type), so that two workers have as much.
Both have two IP families, a cloud provider, and a name server outside that cluster DNS asks.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples import nameserver
from lab import uml
from tests.e2e.cluster import EXAMPLES, Cluster, wait_for


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests in guests come last: guests cost processor time even when nothing happens in them."""
    items.sort(key=lambda item: item.get_closest_marker("uml") is not None)


def _needs() -> None:
    if os.geteuid() != 0:
        pytest.skip("nodes need root")


@pytest.fixture(scope="session")
def upstream() -> Iterator[str]:
    """HOST:PORT of a name server that knows `example.com`."""
    with nameserver.serving() as address:
        yield address


def _lab(directory: Path, *flags: str) -> Iterator[Cluster]:
    cluster = Cluster(directory, "--dual-stack", *flags)
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()


@pytest.fixture(scope="session")
def netns_lab(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Iterator[Cluster]:
    """Three nodes made of namespaces, proxies in nftables mode; the examples may be applied, or not."""
    _needs()
    directory = tmp_path_factory.mktemp("lab") / "netns"
    yield from _lab(directory, "--driver=netns", "--proxy-mode=nftables", f"--forward={upstream}")


@pytest.fixture
def empty_cluster(netns_lab: Cluster) -> Cluster:
    """The same with nothing applied."""
    return _without_examples(netns_lab)


@pytest.fixture
def cluster(netns_lab: Cluster) -> Cluster:
    """The same with both examples applied and settled. They stay for the next test that wants them."""
    return _with_examples(netns_lab)


@pytest.fixture(scope="session")
def uml_lab(tmp_path_factory: pytest.TempPathFactory, upstream: str) -> Iterator[Cluster]:
    """Three guests with a kernel of their own, proxies in IPVS mode."""
    _needs()
    if lacking := uml.missing():
        pytest.skip(f"guests need apt-get install {' '.join(lacking)}")
    directory = tmp_path_factory.mktemp("lab") / "uml"
    yield from _lab(directory, "--driver=uml", "--proxy-mode=ipvs", f"--forward={upstream}")


@pytest.fixture
def empty_ipvs_cluster(uml_lab: Cluster) -> Cluster:
    return _without_examples(uml_lab)


@pytest.fixture
def ipvs_cluster(uml_lab: Cluster) -> Cluster:
    return _with_examples(uml_lab)


NFTABLES = pytest.param("empty_cluster", id="nftables", marks=pytest.mark.xdist_group("e2e"))
IPVS = pytest.param("empty_ipvs_cluster", id="ipvs", marks=[pytest.mark.uml, pytest.mark.xdist_group("uml")])


_FILES = [word for file in EXAMPLES for word in ("-f", str(file))]


@pytest.fixture(params=[NFTABLES, IPVS])
def either(request: pytest.FixtureRequest) -> Cluster:
    """Each test runs twice: in the lab of one proxy mode, and in that of the other."""
    return request.getfixturevalue(request.param)


def _with_examples(cluster: Cluster) -> Cluster:
    cluster.kubectl("apply", *_FILES)
    wait_for("three pods behind the Service", lambda: cluster.settled(3), 120)
    return cluster


def _without_examples(cluster: Cluster) -> Cluster:
    cluster.kubectl("delete", "--ignore-not-found", "--wait=false", *_FILES)
    cluster.kubectl("delete", "pods", "--all", "--now", "--wait=false")  # what a test that failed may have left
    wait_for("no pods", lambda: not cluster.get("pods")["items"], 120)
    return cluster
