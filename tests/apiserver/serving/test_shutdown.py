"""A server is told to stop while it waits for etcd: whoever still waits for it gets a clear answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.etcd_server import EtcdServer
from tests.support.cluster import start_apiserver

PATH = "/api/v1/namespaces/default/configmaps"
IN_FLIGHT = 'apiserver_current_inflight_requests{request_kind="mutating"} 1'


def test_a_request_that_cannot_be_waited_for_is_answered_503(
    start_etcd: Callable[..., EtcdServer], tmp_path: Path
) -> None:
    etcd = start_etcd()
    server = start_apiserver(etcd.url, tmp_path / "server", flags=("--disable-admission-plugins", "ServiceAccount"))
    os.kill(etcd.process.pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(server.exchange, "POST", PATH, {"metadata": {"name": "a"}})
            deadline = time.monotonic() + 20
            while IN_FLIGHT not in server.request("GET", "/metrics")[1]:
                assert time.monotonic() < deadline
            assert server.stop() == 0
            status, headers, answer = waiting.result()
    finally:
        os.kill(etcd.process.pid, signal.SIGCONT)
        server.kill()
        server.listener.close()
        etcd.stop()
    assert (status, dict(headers)["retry-after"]) == (503, "1")
    assert (answer["reason"], answer["message"]) == ("ServiceUnavailable", "apiserver is shutting down")
