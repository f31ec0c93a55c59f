"""What a terminal gets and a pipe does not: colour, and the line that says what is being waited for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kubectl_lite.commands.completion import SCRIPTS
from kubectl_lite.printers.server_table import TablePrinter
from tests.support.cluster import ROOT, ApiServer

OURS = [sys.executable, "-m", "kubectl_lite"]
RED, GREEN, YELLOW, BOLD, END = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[1m", "\x1b[0m"


@pytest.fixture
def environment(apiserver: ApiServer, tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    return kept | {"KUBECONFIG": str(apiserver.kubeconfig()), "HOME": str(tmp_path), "TERM": "xterm"}


@contextmanager
def on_a_terminal(line: str, environment: dict[str, str]) -> Iterator[int]:
    """The other end of the terminal that a command line runs on."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [*OURS, *line.split()], stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=ROOT
    )
    os.close(theirs)
    try:
        yield ours
    finally:
        os.close(ours)
        process.wait(30)


def read_until(terminal: int, text: str = "") -> str:
    """What appears on it, until `text` does; without a text, until the program ends."""
    seen = ""
    while not text or text not in seen:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # so a terminal tells that nobody has its other end any more
            break
        if not data:
            break
        seen += data.decode()
    assert text in seen, seen
    return seen


def piped(line: str, environment: dict[str, str]) -> str:
    return subprocess.run(
        [*OURS, *line.split()], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, cwd=ROOT
    ).stdout


# ---- colour ----


def test_tables_are_coloured_on_a_terminal_only(environment: dict[str, str]) -> None:
    plain = piped("get ns default", environment)
    assert "\x1b" not in plain and "Active" in plain
    with on_a_terminal("get ns default", environment) as terminal:
        coloured = read_until(terminal).replace("\r\n", "\n")
    assert f"{GREEN}Active{END}" in coloured and coloured.startswith(BOLD)
    for code in (GREEN, BOLD, END):
        coloured = coloured.replace(code, "")
    assert [line.split()[:2] for line in coloured.splitlines()] == [line.split()[:2] for line in plain.splitlines()]
    with on_a_terminal("get ns default", environment | {"NO_COLOR": "1"}) as terminal:
        assert "\x1b" not in read_until(terminal)


PODS = [
    ("1/1", "Running", f"1/1     {GREEN}Running{END}"),
    ("0/1", "Pending", f"{YELLOW}0/1{END}     {YELLOW}Pending{END}"),
    ("0/1", "Init:0/2", f"{YELLOW}0/1{END}     {YELLOW}Init:0/2{END}"),
    ("0/1", "Init:Error", f"{YELLOW}0/1{END}     {RED}Init:Error{END}"),
    ("1/2", "CrashLoopBackOff", f"{YELLOW}1/2{END}     {RED}CrashLoopBackOff{END}"),
    ("1/1", "Terminating", f"1/1     {YELLOW}Terminating{END}"),
]


@pytest.mark.parametrize("ready,status,line", PODS, ids=[pod[1] for pod in PODS])
def test_a_state_has_its_colour(ready: str, status: str, line: str) -> None:
    """Colours take no room: the columns stand where they stand without."""
    table = {
        "columnDefinitions": [{"name": "Ready"}, {"name": "Status"}, {"name": "Age"}],
        "rows": [{"cells": [ready, status, "5s"]}],
    }
    head, row = TablePrinter(coloured=True).text(table).splitlines()
    plain = TablePrinter().text(table).splitlines()
    assert row.startswith(line) and head == f"{BOLD}{plain[0]}{END}"
    for code in (RED, GREEN, YELLOW, END):
        row = row.replace(code, "")
    assert row == plain[1]


# ---- progress ----

HELD = {"metadata": {"name": "held", "finalizers": ["example.com/hold"]}}


def test_waiting_shows_one_line_on_a_terminal(apiserver: ApiServer, environment: dict[str, str]) -> None:
    """The line is wiped when the waiting ends, so that nothing of it stays."""
    path = "/api/v1/namespaces/default/configmaps"
    assert apiserver.request("POST", path, HELD)[0] == 201
    with on_a_terminal("delete cm held", environment) as terminal:
        seen = read_until(terminal, "waiting for configmap/held to be gone (")
        assert 'configmap "held" deleted' in seen
        assert apiserver.request(
            "PATCH", f"{path}/held", {"metadata": {"finalizers": None}},
            headers={"Content-Type": "application/merge-patch+json"},
        )[0] == 200  # fmt: skip
        assert read_until(terminal).endswith("\r\x1b[2K")


# ---- small things around a shell ----


@pytest.mark.parametrize("shell,check", [("bash", "-n"), ("zsh", "-n"), ("fish", "--no-execute")])
def test_completion_scripts_parse(shell: str, check: str) -> None:
    if not (program := shutil.which(shell)):
        pytest.skip(f"no {shell} here")
    done = subprocess.run([program, check], input=SCRIPTS[shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


GROUPS = [("set", "stderr"), ("rollout", "stdout"), ("top", "stderr"), ("config", "stderr"), ("auth", "stderr")]


@pytest.mark.parametrize("group,stream", GROUPS, ids=[group for group, _ in GROUPS])
def test_a_bare_group_is_a_mistake_that_helps(group: str, stream: str, capsys: pytest.CaptureFixture[str]) -> None:
    from kubectl_lite.__main__ import main

    assert main([group]) == 1
    said = dict(zip(("stdout", "stderr"), capsys.readouterr(), strict=True))
    text = said.pop(stream)
    assert "Available Commands:\n" in text and f'Use "kubectl_lite {group} <command> --help"' in text
    assert list(said.values()) == [""]


def test_the_clients_version_needs_few_modules() -> None:
    """What makes programs start slowly waits until a command asks the server."""
    heavy = {"asyncio", "pydantic", "httpx", "yaml", "websockets", "cryptography", "kube.client", "http.client"}
    script = (
        "import sys; from kubectl_lite.__main__ import main; main(['version', '--client']); print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert not heavy & set(done.stdout.split())
