"""Kubeconfigs, as kubectl reads them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from kube.client import ConfigError, config, load
from kube.client.kubeconfig import ConfigErrors
from kube.client.usable import Overrides

Change = Callable[[dict[str, Any]], Any]


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


def _user(**fields: object) -> Change:
    return lambda d: d["users"][0]["user"].update(fields)


def _cluster(**fields: object) -> Change:
    return lambda d: d["clusters"][0]["cluster"].update(fields)


EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "x", "interactiveMode": "Never"}


@pytest.mark.parametrize(
    ("change", "context", "text"),
    [
        (lambda d: d.clear(), None, "no configuration has been provided"),
        (lambda d: None, "other", "context was not found for specified context: other"),
        (lambda d: d["clusters"].clear(), None, "no configuration has been provided"),
        (_cluster(server=""), None, "no configuration has been provided"),
        (_cluster(**{"server": "", "tls-server-name": "x"}), None, 'no server found for cluster "one"'),
        (_cluster(**{"certificate-authority": "/no"}), None, "unable to read certificate-authority /no for one due to "
         "open /no: no such file or directory"),
        (_cluster(**{"certificate-authority": "/dev/null", "certificate-authority-data": "eA=="}), None,
         "certificate-authority-data and certificate-authority are both specified for one"),
        (_cluster(**{"certificate-authority-data": "%%"}), None, "illegal base64 data at input byte 0"),
        (_cluster(**{"proxy-url": "ftp://x"}), None, 'unsupported scheme "ftp", must be http, https, or socks5'),
        (_user(username="a"), None, r"more than one authentication method found for one; found \[token basicAuth\]"),
        (_user(**{"client-certificate-data": "eA=="}), None, "client-key-data or client-key must be specified for one"),
        (_user(**{"as-groups": ["x"]}), None, "requesting uid, groups or user-extra for one without impersonating"),
        (_user(tokenFile="/no", token=""), None, "open /no: no such file or directory"),
        (_user(exec=EXEC | {"command": ""}), None, "command must be specified for one to use exec"),
        (_user(exec=EXEC | {"apiVersion": ""}), None, "apiVersion must be specified for one"),
        (_user(exec=EXEC | {"interactiveMode": ""}), None, "interactiveMode must be specified for one"),
        (_user(exec=EXEC | {"interactiveMode": "x"}), None, 'invalid interactiveMode for one: "x"'),
        (_user(exec=EXEC | {"apiVersion": "v9"}), None, 'exec plugin: invalid apiVersion "v9"'),
        (_user(exec=EXEC, **{"auth-provider": {"name": "x"}}), None, "authProvider cannot be provided in combination"),
        (_user(**{"auth-provider": {"name": "x"}}), None, 'no Auth Provider found for name "x"'),
        (_user(**{"auth-provider": {"name": "gcp"}}), None, "The gcp auth plugin has been removed"),
        (lambda d: d["clusters"].append(d["clusters"][0]), None, 'duplicate name "one" in list'),
        (lambda d: d.update(kind="Nope"), None, 'no kind "Nope" is registered for version "v1"'),
        (lambda d: d.update(clusters="x"), None, r"cannot unmarshal string into Go struct field Config.cl"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_the_words_of_client_go(
    tmp_path: Path, change: Change, context: str | None, text: str
) -> None:
    path = kubeconfig(tmp_path / "a")
    document = yaml.safe_load(path.read_text())
    change(document)
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ConfigError, match=text):
        load(path, context)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    user = {"client-certificate": "/no", "username": "a", "token": "b"}
    with pytest.raises(ConfigErrors) as raised:
        load(kubeconfig(tmp_path / "a", **user))
    assert len(raised.value.errors) == 3


def test_missing_and_broken_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="no configuration has been provided"):
        load()
    (tmp_path / "broken").write_text("{")
    with pytest.raises(ConfigError, match=r'error loading config file ".*": yaml: line 1: did not find expected node'):
        load(tmp_path / "broken")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path}/broken:{tmp_path}")
    with pytest.raises(ConfigErrors) as raised:
        load()
    assert raised.value.errors[1].endswith("is a directory")


def test_flags_are_laid_over_the_kubeconfig(tmp_path: Path) -> None:
    ca = base64.b64encode(b"CA").decode()
    path = kubeconfig(tmp_path / "a", tokenFile=str(tmp_path / "absent"), token="t")
    document = yaml.safe_load(path.read_text())
    document["clusters"][0]["cluster"] |= {"certificate-authority-data": ca, "tls-server-name": "old"}
    path.write_text(yaml.safe_dump(document))
    insecure = load(path, flags=Overrides(cluster_fields={"insecure-skip-tls-verify": True}))
    assert (insecure.insecure, insecure.ca_data, insecure.tls_server_name) == (True, None, "old")
    moved = load(path, flags=Overrides(cluster_fields={"server": "https://b"}, user_fields={"as": "x", "as-uid": "7"}))
    assert (moved.server, moved.tls_server_name, moved.ca_data) == ("https://b", "", b"CA")
    assert moved.identity() == [("Authorization", "Bearer t"), ("Impersonate-User", "x"), ("Impersonate-Uid", "7")]
    plain = load(path, flags=Overrides(cluster_fields={"server": "http://b"}))
    assert plain.auth_headers() == {}, "no secret goes over a line without TLS"


def test_a_user_that_is_not_there_is_nobody(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "a")
    document = yaml.safe_load(path.read_text())
    document["users"].clear()
    path.write_text(yaml.safe_dump(document))
    assert load(path).auth_headers() == {}
    with pytest.raises(ConfigError, match='auth info "bob" does not exist'):
        load(path, flags=Overrides(user="bob"))
