"""docker-compose.yml and the lab agree about addresses, parts and flags."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml

from lab import compose
from lab.config import REPOSITORY
from lab.machines import environment


@pytest.fixture(scope="module")
def services() -> dict:
    return yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]


def test_nodes_have_the_addresses_of_their_certificates(services: dict) -> None:
    for name in compose.CONFIG.node_names:
        assert services[name]["networks"]["lab"]["ipv4_address"] == compose.CONFIG.addresses(name)[0]
        assert services[name]["command"] == ["node", name] and services[name]["privileged"]
    assert services["apiserver"]["networks"]["lab"]["ipv4_address"] == compose.CONFIG.gateway


def test_the_api_server_uses_the_given_etcd() -> None:
    argv = compose.api_server_argv()
    assert "--etcd-servers=http://etcd:2379" in argv and "--bind-address=0.0.0.0" in argv
    assert not [word for word in argv if word.startswith("--listen-fd")]


def test_identities_are_made(tmp_path) -> None:
    argv = [sys.executable, "-m", "lab.compose", "identities"]
    subprocess.run(argv, env=environment(LAB_DIRECTORY=str(tmp_path)), check=True, capture_output=True)
    assert (tmp_path / "admin.kubeconfig").exists() and (tmp_path / "pki" / "apiserver.crt").exists()


def test_an_unknown_part_is_refused() -> None:
    assert compose.main(["node", "node9"]) == 2
