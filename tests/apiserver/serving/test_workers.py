"""Several worker processes in one server: they share the load, and any of them may be killed at any time."""

from __future__ import annotations

import http.client
import os
import re
import signal
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from apiserver.serving import workers
from tests.support.cluster import ApiServer

WORKERS, WRITERS = 2, 4
PATH = "/api/v1/namespaces/default/configmaps"


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


class Writer(threading.Thread):
    """Creates objects one after the other, each until it is acknowledged, as clients do whose connection breaks."""

    def __init__(self, server: ApiServer, number: int):
        super().__init__()
        self._server, self._number = server, number
        self.acknowledged: list[str] = []
        self.broken = 0
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.is_set():
            name = f"w{self._number}-{len(self.acknowledged)}"
            try:
                status, answer = self._server.request("POST", PATH, {"metadata": {"name": name}})
            except (OSError, http.client.HTTPException):
                self.broken += 1
                continue
            assert status == 201 or (status == 409 and self.broken), answer  # written, but the answer was lost
            self.acknowledged.append(name)


def test_a_killed_worker_loses_nothing_and_is_replaced(new_apiserver: Callable[..., ApiServer]) -> None:
    server = new_apiserver(flags=("--workers", str(WORKERS)))
    supervisor = server.process.pid
    before = children(supervisor)
    assert len(before) == WORKERS
    writers = [Writer(server, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    victims = sorted(before)
    for victim in victims:
        written = sum(len(writer.acknowledged) for writer in writers)
        await_true(lambda written=written: sum(len(writer.acknowledged) for writer in writers) > written + 10)
        os.kill(victim, signal.SIGKILL)
        await_true(lambda victim=victim: len(children(supervisor)) == WORKERS and victim not in children(supervisor))
    for writer in writers:
        writer.enough.set()
    for writer in writers:
        writer.join(30)
    names = {name for writer in writers for name in writer.acknowledged}
    _, answer = server.request("GET", PATH)
    assert names <= {item["metadata"]["name"] for item in answer["items"]}
    uids = [item["metadata"]["uid"] for item in answer["items"]]
    assert len(uids) == len(set(uids))
    assert server.process.poll() is None and not children(supervisor) & before


def test_workers_end_with_their_supervisor(new_apiserver: Callable[..., ApiServer]) -> None:
    server = new_apiserver(flags=("--workers", str(WORKERS)))
    running = children(server.process.pid)
    server.kill()
    await_true(lambda: not any(exists(worker) for worker in running))
    server.start()
    running = children(server.process.pid)
    assert server.stop() == 0
    assert not any(exists(worker) for worker in running)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--enable-admission-plugins", "Nonsense"), 'enable-admission-plugins plugin "Nonsense" is unknown'),
        (("--authorization-mode", "RBAC,Nonsense"), 'authorization-mode "Nonsense" is not a valid mode'),
        (("--service-account-signing-key-file", "/nonexistent"), "No such file or directory: '/nonexistent'"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_wrong_flags_end_the_server_at_once(
    new_apiserver: Callable[..., ApiServer], flags: tuple[str, str], message: str
) -> None:
    server = new_apiserver(flags=("--workers", "2", *flags), start=False)
    with pytest.raises(RuntimeError, match=f"command failed: .*{re.escape(message)}"):
        server.start()
    assert "worker" not in server.log_file.read_text()


def test_workers_that_fail_one_after_the_other_end_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = tmp_path / "started"

    def fail() -> int:
        with started.open("a") as file:
            file.write("x")
        return 3

    monkeypatch.setattr(workers, "_SHORTEST_LIFE", 0.0)
    before = {sig: signal.getsignal(sig) for sig in (signal.SIGTERM, signal.SIGINT)}
    assert workers.Supervisor(fail, 1).run() == 1
    for sig, handler in before.items():
        signal.signal(sig, handler)
    assert started.read_text() == "xxxxx"


def test_workers_share_one_certificate(new_apiserver: Callable[..., ApiServer]) -> None:
    server = new_apiserver(flags=("--workers", "2", "--tls-cert-file", "", "--tls-private-key-file", ""))
    first = ssl.get_server_certificate(("127.0.0.1", server.port))
    supervisor = server.process.pid
    before = children(supervisor)
    for worker in before:  # those that come now would show another one, if each made its own
        os.kill(worker, signal.SIGKILL)
    await_true(lambda: len(children(supervisor)) == 2 and not children(supervisor) & before)
    assert ssl.get_server_certificate(("127.0.0.1", server.port)) == first


def await_true(condition: Callable[[], bool], seconds: float = 60) -> None:
    """What the kernel tells of processes can only be asked for again and again."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
