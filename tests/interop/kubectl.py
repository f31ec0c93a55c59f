"""An unmodified kubectl in a namespace and a home directory of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.kubectls import version


class Kubectl:
    """Runs one program against one server. `home` keeps its discovery cache, so that it must not be shared."""

    def __init__(self, program: str, kubeconfig: Path, namespace: str, home: Path):
        self.program, self.namespace, self.home, self.version = program, namespace, home, version(program)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "KUBECONFIG": str(kubeconfig),
            "KUBE_EDITOR": "sed -i s/before/after/",
        }  # fmt: skip

    def run(self, *args: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, "-n", self.namespace, *args], input=stdin, capture_output=True, text=True, timeout=60,
            env=self.environment | environment,
        )  # fmt: skip

    def __call__(self, line: str, *more: str, stdin: str = "") -> str:
        """What it printed for a command line that must succeed; `more` are words with blanks in them."""
        done = self.run(*line.split(), *more, stdin=stdin)
        assert done.returncode == 0, f"$ kubectl {line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def fails(self, line: str, *more: str, stdin: str = "", code: int = 1) -> str:
        """What it printed on standard error for a command line that must fail."""
        done = self.run(*line.split(), *more, stdin=stdin)
        assert done.returncode == code, f"$ kubectl {line}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stderr or done.stdout

    @contextmanager
    def background(self, line: str) -> Iterator[Iterator[str]]:
        """The lines of a command that goes on until the end of the block."""
        process = subprocess.Popen(
            [self.program, "-n", self.namespace, *line.split()], stdout=subprocess.PIPE, text=True,
            env=self.environment,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            yield (text.rstrip("\n") for text in process.stdout)
        finally:
            process.terminate()
            process.communicate()
