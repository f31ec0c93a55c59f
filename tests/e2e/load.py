"""Asks a web server without end, over connections of every kind, until its standard input ends; then says what failed.

Run on a node, in a pod or on the client host by `tests.e2e.rolling_update`: `python load.py HOST:PORT`. It needs the
standard library alone. A request that finds its kept connection closed before any answer is sent again once on a new
connection, as curl, browsers and Go's client do; everything else that is not a whole answer is a failure.
"""

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable

PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 10
GONE = (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)


class Stream:
    """One request after the other. `keep`: over one connection, as long as the server lets it."""

    def __init__(self, address: str, keep: bool):
        self.address, self.keep = address, keep
        self.connection: http.client.HTTPConnection | None = None
        self.requests = self.again = 0
        self.failures: list[str] = []
        self.answered_by: set[str] = set()

    def run(self, stopped: Callable[[], bool]) -> None:
        while not stopped():
            began = time.time()
            try:
                self.requests += 1
                self.answered_by.add(self._ask())
            except (OSError, http.client.HTTPException, AssertionError) as error:
                self._forget()
                self.failures.append(f"{began:.3f} +{time.time() - began:.3f} s: {type(error).__name__}: {error}")
            time.sleep(PAUSE_SECONDS)

    def _ask(self) -> str:
        kept = self.connection is not None
        try:
            return self._once()
        except GONE:
            self._forget()
            if not kept:
                raise
            self.again += 1
            return self._once()

    def _once(self) -> str:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address, timeout=TIMEOUT_SECONDS)
        self.connection.request("GET", "/hostname", headers={} if self.keep else {"Connection": "close"})
        answer = self.connection.getresponse()
        text = answer.read().decode().strip()
        assert answer.status == 200, f"status {answer.status}"
        if not self.keep or answer.will_close:
            self._forget()
        return text

    def _forget(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def main() -> None:
    streams = [Stream(sys.argv[1], keep) for keep in (False, True)]
    stop = threading.Event()
    threads = [threading.Thread(target=stream.run, args=(stop.is_set,)) for stream in streams]
    for thread in threads:
        thread.start()
    print("asking", flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    print(json.dumps({
        "requests": sum(s.requests for s in streams),
        "again": sum(s.again for s in streams),
        "failures": [failure for s in streams for failure in s.failures],
        "answered_by": sorted(set().union(*(s.answered_by for s in streams))),
    }))  # fmt: skip


if __name__ == "__main__":
    main()
