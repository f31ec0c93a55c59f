"""Input and terminals of containers as people use them: `run -it`, `attach`, `debug`, with each kubectl and with ours.

kubectl 1.20 speaks SPDY, kubectl since 1.31 websockets; both go through the API server to the kubelet.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from lab.machines import environment
from tests.e2e.cluster import Cluster
from tests.support.kubectls import kubectls, version
from tests.support.terminal import Terminal

pytestmark = [pytest.mark.root, pytest.mark.xdist_group("e2e-people"), pytest.mark.timeout(300)]
OURS = f"{sys.executable} -m kubectl_lite"
HINT = "If you don't see a command prompt, try pressing enter."


class Client(NamedTuple):
    """A kubectl, its own suffix of names, and what it runs in."""

    argv: list[str]
    suffix: str
    environment: dict[str, str]
    version: tuple[int, int]

    def on_a_terminal(self, *words: str) -> Terminal:
        return Terminal([*self.argv, *words], self.environment)

    def run(self, *words: str, input: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self.argv, *words], input=input, capture_output=True, text=True, timeout=60, env=self.environment
        )


def _name(program: str) -> str:
    return "ours" if program == OURS else "{}.{}".format(*version(program))


@pytest.fixture(scope="module", params=[OURS, *kubectls()], ids=_name)
def client(request: pytest.FixtureRequest, netns_lab: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Client:
    program, home = request.param, tmp_path_factory.mktemp("home")
    variables = environment() | {
        "PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(netns_lab.kubeconfig), "TERM": "xterm",
        "NO_COLOR": "1", "COLUMNS": "80", "LINES": "24",  # of another terminal: this one's size is what counts
    }  # fmt: skip
    ours = program == OURS
    return Client(
        program.split() if ours else [program], _name(program).replace(".", "-"), variables,
        (1, 33) if ours else version(program),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pods(client: Client, netns_lab: Cluster) -> Iterator[Callable[[str], str]]:
    """Running pods of this client's own, by what they are for."""
    made = {
        "again": {"command": ["sh"], "stdin": True, "tty": True},
        "once": {"command": ["sh", "-c", "cat; echo end; sleep 1"], "stdin": True, "stdinOnce": True},
        "often": {"command": ["cat"], "stdin": True},
        "broken": {"command": ["sleep", "4321"]},
    }
    items = [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"{what}-{client.suffix}", "labels": {"of": "input"}},
         "spec": {"containers": [{"name": "main", "image": "busybox", **container}]}}
        for what, container in made.items()
    ]  # fmt: skip
    netns_lab.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    netns_lab.kubectl("wait", "--for=condition=Ready", "pods", "-l", "of=input")
    yield lambda what: f"{what}-{client.suffix}"
    netns_lab.kubectl("delete", "pods", "-l", "of=input", "--now", "--wait=false")


def test_a_shell_on_a_terminal(client: Client) -> None:
    """It has the terminal's size, hears of changes, and its exit code is the command's."""
    name = f"shell-{client.suffix}"
    words = ["run", name, "-it", "--rm", "--restart=Never", "--image=busybox", "--", "sh"]
    with client.on_a_terminal(*words) as terminal:
        assert HINT in terminal.says("# ")
        # Without job control `stty` runs in the shell's own group, so that the shell hears of a change meanwhile, too.
        terminal.types("set +m; tty; trap 'stty size' WINCH\n")
        terminal.says("/dev/pts/0\r\n")
        terminal.repeats("stty size\n", "30 100\r\n")
        terminal.resize(24, 80)
        terminal.repeats("true\n", "24 80\r\n")
        terminal.types("set -m\n")
        terminal.types("sh -c 'echo begun; sleep 100'\n")
        terminal.says("begun\r\n")  # not the echo of the line: what is interrupted must run
        terminal.types("\x03exit 3\n")
        assert terminal.ends() == 3
    assert f'pod "{name}" deleted' in terminal.text and f"pod default/{name} terminated (Error)" in terminal.text


def test_what_a_pipe_brings(client: Client) -> None:
    """Half a megabyte in and out; the end of the input is the container's, too."""
    words = ["run", f"pipe-{client.suffix}", "-i", "--rm", "--restart=Never", "--image=busybox", "--", "sh", "-c"]
    done = client.run(*words, "cat; echo err >&2; exit 4", input="0123456789abcde\n" * 32768)
    assert done.stdout.partition("pod ")[0] == "0123456789abcde\n" * 32768
    assert "err\n" in done.stderr and HINT in done.stderr
    assert done.returncode == 4


def test_attached_again(client: Client, pods: Callable[[str], str]) -> None:
    """A client that was killed leaves the shell as it was; others see what comes."""
    name = pods("again")
    with client.on_a_terminal("attach", "-it", name) as first:
        first.says("# ")
        first.types("kept=value\n")
        first.says("kept=value")
        first.kill()
    with client.on_a_terminal("attach", "-it", name) as second, client.on_a_terminal("attach", name) as watching:
        second.says("# ")
        watching.says("# ")
        second.types("echo $kept; exit\n")
        assert "value\r\n" in second.says("Session ended, resume using" if client.version >= (1, 23) else "value\r\n")
        assert second.ends() == 0
        watching.says("value")


def test_input_ends_once(client: Client, pods: Callable[[str], str]) -> None:
    """`stdinOnce`: with the first that is attached. Without, each is let go, and the next goes on."""
    assert client.run("attach", "-i", pods("once"), input="one\n").stdout == "one\nend\n"
    for word in ("one\n", "two\n"):
        assert client.run("attach", "-i", pods("often"), input=word).stdout == word


@pytest.mark.meant_for(lambda client: client == OURS or version(client) >= (1, 27))  # 1.20 sends a kind that is no more
def test_debug(client: Client, pods: Callable[[str], str]) -> None:
    """In a pod, among the processes of its container; on its node."""
    def ask(*words: str) -> Terminal:
        return client.on_a_terminal("debug", "-it", "--image=busybox", "--profile=general", *words)

    with ask(pods("broken"), "--target=main", "-c", "inside", "--", "sh") as terminal:
        terminal.says("# ")
        terminal.types("tr '\\0' ' ' < /proc/1/cmdline; echo; exit 5\n")
        assert "sleep 4321" in terminal.says("but may be reattached using")
        assert terminal.ends() == 0
    with ask("node/node1", "--", "sh", "-c", "read x; ps ax; hostname; ls -d /host/etc; exit 1") as terminal:
        terminal.says(HINT)
        terminal.types("\n")
        terminal.says("-m kubelet")  # the node's processes, too
        terminal.says("node1\r\n")
        terminal.says("/host/etc\r\n")
        assert terminal.ends() == 0
