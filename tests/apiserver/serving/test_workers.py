"""Several worker processes in one server: they share the load, and any of them may be killed at any time."""

from __future__ import annotations

import http.client
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

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
    workers = children(server.process.pid)
    server.kill()
    await_true(lambda: not any(exists(worker) for worker in workers))
    server.start()
    workers = children(server.process.pid)
    assert server.stop() == 0
    assert not any(exists(worker) for worker in workers)


def await_true(condition: Callable[[], bool], seconds: float = 60) -> None:
    """What the kernel tells of processes can only be asked for again and again."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
