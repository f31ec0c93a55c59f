"""Credentials from another program, as client-go's exec plugins give them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kube.client import Client, ClientConfig, ConfigError, Unreachable
from kube.client.exec_plugin import CredentialsError, ExecPlugin
from tests.kube.client.server import Server, answer

V1 = "client.authentication.k8s.io/v1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def plugin(folder: Path, script: str, **more: Any) -> ExecPlugin:
    path = folder / "plugin"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    config = {"apiVersion": V1, "command": str(path), "interactiveMode": "Never"} | more
    return ExecPlugin(config, {"server": "https://x", "config": None}, lambda: NOW)


def answering(status: Any, kind: str = "ExecCredential", version: str = V1) -> str:
    said = {"kind": kind, "apiVersion": version} | ({} if status is None else {"status": status})
    return f"echo '{json.dumps(said)}'"


def test_a_token_is_kept_until_it_expires(tmp_path: Path) -> None:
    late, early = ((NOW + timedelta(seconds=s)).isoformat() for s in (60, -1))
    count = f"echo run >> {tmp_path}/calls; "
    good = plugin(tmp_path, count + answering({"token": "t", "expirationTimestamp": late}))
    assert [good.credentials().token for _ in range(2)] == ["t", "t"]
    assert (tmp_path / "calls").read_text() == "run\n"
    stale = plugin(tmp_path, count + answering({"token": "t", "expirationTimestamp": early}))
    assert [stale.credentials().token for _ in range(2)] == ["t", "t"]
    assert (tmp_path / "calls").read_text() == "run\n" * 3


def test_the_plugin_is_told_of_the_cluster_and_its_own_settings(tmp_path: Path) -> None:
    script = f'echo "$@ $COLOUR $KUBERNETES_EXEC_INFO" > {tmp_path}/heard; ' + answering({"token": "t"})
    plugin(tmp_path, script, args=["a", "b"], env=[{"name": "COLOUR", "value": "red"}], provideClusterInfo=True
           ).credentials()  # fmt: skip
    words, _, info = (tmp_path / "heard").read_text().partition(" {")
    assert words == "a b red"
    assert json.loads("{" + info) == {
        "kind": "ExecCredential", "apiVersion": V1,
        "spec": {"cluster": {"server": "https://x", "config": None}, "interactive": False},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("script", "more", "text"),
    [
        ("exit 7", {}, "exec: executable .*/plugin failed with exit code 7$"),
        ("", {"command": "/no/such"}, "exec: fork/exec /no/such: no such file or directory$"),
        ("", {"command": "nosuch-plugin", "installHint": "Install it."},
         r"exec: executable nosuch-plugin not found\n\nIt looks like (.|\n)*\n\nInstall it\.$"),
        ("echo junk", {}, "decoding stdout: couldn't get version/kind; json parse error"),
        (answering({"token": "t"}, kind="Foo"), {}, 'decoding stdout: no kind "Foo" is registered for version'),
        (answering({"token": "t"}, version=V1 + "beta1"), {}, "configured to use API version"),
        (answering(None), {}, "exec plugin didn't return a status field"),
        (answering({}), {}, "exec plugin didn't return a token or cert/key pair"),
        (answering({"clientKeyData": "x"}), {}, "exec plugin returned only certificate or key, not both"),
        ("", {"interactiveMode": "Always"}, "cannot support interactive mode: standard input is not a terminal"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_said_in_the_words_of_client_go(
    tmp_path: Path, script: str, more: dict[str, Any], text: str
) -> None:
    with pytest.raises(CredentialsError, match=f"^getting credentials: (.*){text}"):
        plugin(tmp_path, script, **more).credentials()


async def test_a_refused_token_is_asked_for_again(tmp_path: Path) -> None:
    count = f"echo run >> {tmp_path}/calls; echo $(wc -l < {tmp_path}/calls) > {tmp_path}/n; "
    said = json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": {"token": "tN"}})
    given = plugin(tmp_path, f"{count}sed s/N/$(cat {tmp_path}/n)/ <<E\n{said}\nE")
    refusal = {"kind": "Status", "status": "Failure", "reason": "Unauthorized", "message": "no", "code": 401}
    async with (
        Server([answer(401, refusal), answer(200, {"kind": "X"}), answer(200, {})]) as server,
        Client(ClientConfig(server.url, plugin=given)) as client,
    ):
        with pytest.raises(Exception, match="no"):
            await client.request("GET", "/version")
        await client.request("GET", "/version")
        await client.request("GET", "/version")
    assert [r.headers["authorization"] for r in server.requests] == ["Bearer t1", "Bearer t2", "Bearer t2"]


async def test_no_request_is_sent_without_credentials(tmp_path: Path) -> None:
    given = plugin(tmp_path, "exit 1")
    async with Server([answer(200, {})]) as server, Client(ClientConfig(server.url, plugin=given)) as client:
        with pytest.raises(Unreachable, match=f'^Get "{server.url}/version": getting credentials: exec: ') as raised:
            await client.request("GET", "/version")
    assert not raised.value.sent and not server.requests
    assert issubclass(CredentialsError, ConfigError)
