"""Several worker processes in one server: they share the load, and any of them may be killed at any time."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import re
import signal
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apiserver.serving import workers
from tests.support.cluster import ApiServer

WORKERS, WRITERS = 2, 4
PATH = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"


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


def test_no_address_nor_port_is_given_twice(new_apiserver: Callable[..., ApiServer]) -> None:
    """Many ask all workers at once until every port is taken, and a worker is killed over it: none twice, none lost."""
    first, last = 30_000, 30_049
    server = new_apiserver(flags=("--workers", str(WORKERS), "--service-node-port-range", f"{first}-{last}"))
    victim = min(children(server.process.pid))

    def take(number: int) -> str:
        for count in itertools.count():
            body = {"metadata": {"name": f"s{number}-{count}"}, "spec": {"type": "NodePort", "ports": [{"port": 80}]}}
            if number == 0 and count == 2:
                os.kill(victim, signal.SIGKILL)
            with contextlib.suppress(OSError, http.client.HTTPException):
                status, answer = server.request("POST", SERVICES, body)
                if status != 201:
                    return answer["message"]
        raise AssertionError("unreachable")

    with ThreadPoolExecutor(8) as pool:
        assert all("no free" in text or "range is full" in text for text in pool.map(take, range(8)))
    items = server.request("GET", SERVICES)[1]["items"]
    ports = [port["nodePort"] for item in items for port in item["spec"]["ports"] if "nodePort" in port]
    addresses = [item["spec"]["clusterIP"] for item in items]
    assert sorted(ports) == list(range(first, last + 1))
    assert len(addresses) == len(set(addresses)) >= len(ports)


class Watch:
    """A client that goes on where it was when its connection ends."""

    def __init__(self, server: ApiServer):
        self._server = server
        self._revision = server.request("GET", PATH)[1]["metadata"]["resourceVersion"]
        self.seen: list[str] = []
        self.ended = 0
        self._open()

    def _open(self) -> None:
        server = self._server
        self._connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=60)
        url = f"{PATH}?watch=true&resourceVersion={self._revision}"
        self._connection.request("GET", url, headers={"Authorization": f"Bearer {server.token}"})
        self._response = self._connection.getresponse()

    def read_until(self, name: str) -> None:
        while self.seen[-1:] != [name]:
            try:
                event = json.loads(self._response.readline())
            except (OSError, http.client.HTTPException, ValueError):  # nothing, or half a line: the worker is dead
                self.ended += 1
                self.close()
                self._open()
                continue
            self._revision = event["object"]["metadata"]["resourceVersion"]
            self.seen.append(event["object"]["metadata"]["name"])

    def close(self) -> None:
        self._connection.close()


def test_watches_of_a_killed_worker_end_and_go_on_at_another(new_apiserver: Callable[..., ApiServer]) -> None:
    server = new_apiserver(flags=("--workers", str(WORKERS)))
    watches = [Watch(server) for _ in range(6)]
    supervisor, names = server.process.pid, list[str]()
    for victim in sorted(children(supervisor)):
        for when in ("before", "after"):
            names.append(f"{when}-{victim}")
            assert server.request("POST", PATH, {"metadata": {"name": names[-1]}})[0] == 201
            for watch in watches:
                watch.read_until(names[-1])
            if when == "before":
                os.kill(victim, signal.SIGKILL)
                await_true(lambda victim=victim: not exists(victim))
        await_true(lambda victim=victim: len(children(supervisor)) == WORKERS)
    for watch in watches:
        assert watch.seen == names and watch.ended >= 1
        watch.close()


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
