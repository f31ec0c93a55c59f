"""Several processes that serve the same sockets: they are started, started anew when they end, and stopped together.

Called by `__main__` for `--workers`. It forks: the code is in memory once. Each worker is a whole API server with its
own watch cache; they share the listening sockets and meet in etcd, as servers on several machines would. What a worker
that is killed was answering is lost to its clients, who see the connection break and ask again; what it had
acknowledged is in etcd.

| happening | what the supervisor does |
|---|---|
| a worker ends | starts another, a second after the one before it if that lived less than a second |
| workers fail soon after their start, one after the other | ends with 1 |
| SIGTERM, SIGINT | passes SIGTERM on, waits for all, ends |
| the supervisor itself is killed | the kernel ends the workers |
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import time
import traceback
from collections.abc import Callable

log = logging.getLogger("apiserver")

_SHORTEST_LIFE = 1.0
_SOON = 10.0
_MOST_FAILURES = 5
"""Workers in a row that ended by themselves, with an error and soon: another would do so too."""
_PR_SET_PDEATHSIG = 1
_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Supervisor:
    """Keeps `count` processes alive, each of which runs `work` and ends with the exit code that it returns. `run`
    returns when all have been stopped."""

    def __init__(self, work: Callable[[], int], count: int):
        self._work, self._count = work, count
        self._workers: dict[int, float] = {}
        """Process id -> when it was started."""
        self._stopping, self._failures, self._code = False, 0, 0

    def run(self) -> int:
        for sig in _SIGNALS:
            signal.signal(sig, self._stop)
        for _ in range(self._count):
            self._start()
        while self._workers:
            pid, status = os.wait()
            self._ended(pid, os.waitstatus_to_exitcode(status))
        return self._code

    def _stop(self, _signal: int = 0, _frame: object = None) -> None:
        self._stopping = True
        for pid in list(self._workers):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _start(self) -> None:
        """A signal waits until the worker is known: none is started that nobody stops."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        supervisor, pid = os.getpid(), os.fork()
        if not pid:
            self._be_worker(supervisor)
        self._workers[pid] = time.monotonic()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _be_worker(self, supervisor: int) -> None:
        """In the new process; does not return."""
        code = 1
        try:
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != supervisor:
                return  # it ended before the kernel knew whom to tell
            for sig in _SIGNALS:
                signal.signal(sig, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            code = self._work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def _ended(self, pid: int, code: int) -> None:
        began = self._workers.pop(pid, None)
        if began is None or self._stopping:
            return
        lived = time.monotonic() - began
        self._failures = self._failures + 1 if code > 0 and lived < _SOON else 0
        if self._failures == _MOST_FAILURES:
            return self._give_up(code)
        log.warning("worker %d ended with %d, starting another", pid, code)
        time.sleep(max(0.0, _SHORTEST_LIFE - lived))
        if not self._stopping:
            self._start()

    def _give_up(self, code: int) -> None:
        log.error("%d workers ended with an error soon after they were started, the last with %d", self._failures, code)
        self._code = 1
        self._stop()
