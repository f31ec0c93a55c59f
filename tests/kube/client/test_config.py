"""Kubeconfigs, as kubectl reads them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
import yaml

from kube.client import ConfigError, config, load


def kubeconfig(path: Path, name: str = "one", **user: object) -> Path:
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": name,
                "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443/"}}],
                "users": [{"name": name, "user": user or {"token": f"{name}-token"}}],
                "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": f"ns-{name}"}}],
            }
        )
    )
    return path


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_an_explicit_file(tmp_path: Path) -> None:
    found = load(kubeconfig(tmp_path / "a"))
    assert (found.server, found.token, found.namespace) == ("https://one:6443", "one-token", "ns-one")
    assert found.auth_headers() == {"Authorization": "Bearer one-token"}


def test_several_files_are_merged_and_the_first_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubeconfig(tmp_path / "a", "one")
    kubeconfig(tmp_path / "b", "two")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/missing:{tmp_path}/a:{tmp_path}/b")
    assert load().server == "https://one:6443"
    assert load(context="two").token == "two-token"


def test_the_home_file_is_the_default(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube" / "config")
    assert load().server == "https://one:6443"


def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("from-file\n")
    (tmp_path / "cert").write_bytes(b"CERT")
    data = {"tokenFile": "token", "client-certificate": "cert", "client-key-data": base64.b64encode(b"KEY").decode()}
    found = load(kubeconfig(tmp_path / "a", **data))
    assert found.bearer_token() == "from-file"
    assert (found.cert_data, found.key_data) == (b"CERT", b"KEY")


def test_a_token_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    found = load(kubeconfig(tmp_path / "a", tokenFile="token"))
    assert found.bearer_token() == "first"
    token.write_text("second")
    assert found.bearer_token() == "first"
    monkeypatch.setattr(config, "TOKEN_REREAD_SECONDS", -1.0)
    assert found.bearer_token() == "second"
    token.unlink()
    assert found.bearer_token() == "second"


def test_passwords_and_impersonation(tmp_path: Path) -> None:
    found = load(kubeconfig(tmp_path / "a", **{"username": "u", "password": "p", "as": "jane"}))
    assert found.auth_headers() == {"Authorization": "Basic dTpw", "Impersonate-User": "jane"}


def test_in_a_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("token", "pod-token"), ("ca.crt", "CA"), ("namespace", "mine")):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(config, "SERVICE_ACCOUNT", tmp_path)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    found = load()
    assert (found.server, found.bearer_token(), found.namespace) == ("https://[fd00::1]:443", "pod-token", "mine")


@pytest.mark.parametrize(
    ("change", "context", "text"),
    [
        (lambda d: d.pop("current-context"), None, "current-context is not set"),
        (lambda d: None, "other", 'context "other" does not exist'),
        (lambda d: d["clusters"].clear(), None, 'cluster "one" does not exist'),
        (lambda d: d["users"].clear(), None, 'auth info "one" does not exist'),
        (lambda d: d["users"][0]["user"].update({"client-certificate-data": "%%"}), None, "unable to read client-c"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, change, context: str | None, text: str) -> None:
    path = kubeconfig(tmp_path / "a")
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigError, match=text):
        load(path, context)


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="KUBECONFIG"):
        load()
    (tmp_path / "broken").write_text("a: [")
    with pytest.raises(ConfigError, match="error loading config file"):
        load(tmp_path / "broken")
