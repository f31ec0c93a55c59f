"""`python -m controllers` as a process of a test's own.

Used by the fixtures of tests that want workloads to move. It is told by its leases to take over quickly; nothing
waits for it to be ready, because whoever needs the controllers waits for their work.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from tests.support.cluster import ROOT


class ManagerProcess:
    """`python -m controllers`, with what it logged."""

    def __init__(self, kubeconfig: Path, log: Path, *flags: str):
        self.command = [
            sys.executable, "-m", "controllers", "--kubeconfig", str(kubeconfig), "--secure-port", "0",
            "--leader-elect-lease-duration", "3", "--leader-elect-renew-deadline", "2",
            "--leader-elect-retry-period", "0.3", *flags,
        ]  # fmt: skip
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, stdout=log, stderr=log)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code, self.process = self.process.wait(20), None
        return code
