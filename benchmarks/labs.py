"""A lab for a benchmark: started by the command that people type, gone afterwards.

Called by `lab_start`, `lab_follow` and `endpoint_latency`. It calls `lab up` and `lab down`, and
`lab.fleet` to look at its machines.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import Skip
from lab.config import REPOSITORY, Layout
from lab.fleet import Fleet
from lab.machines import Machine
from lab.state import State
from lab.uml import missing

MANIFESTS = tuple(str(REPOSITORY / "examples" / name) for name in ("deployment.yaml", "service.yaml"))


@dataclass(frozen=True)
class Lab:
    """A lab that runs, and how long `lab up` took, in seconds."""

    layout: Layout
    seconds: float

    def machine(self, name: str) -> Machine:
        return Fleet(State.load(self.layout), self.layout).machine(name)

    def kubectl(self, *words: str) -> str:
        command = [sys.executable, "-m", "kubectl_lite", "--kubeconfig", str(self.layout.admin_kubeconfig), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY).stdout


@contextmanager
def running(driver: str, *flags: str) -> Iterator[Lab]:
    """`lab up` with the example manifests. Raises Skip where this machine cannot."""
    if os.geteuid() != 0:
        raise Skip("nodes need root")
    if driver == "uml" and missing():
        raise Skip(f"guests need: apt-get install {' '.join(missing())}")
    applied = [word for file in MANIFESTS for word in ("--apply", file)]
    with _up(f"--driver={driver}", *flags, *applied) as lab:
        yield lab


@contextmanager
def control_plane() -> Iterator[Path]:
    """`lab up --nodes 0`: etcd, the API server and the controllers alone; gives the admin's kubeconfig."""
    with _up("--nodes=0") as lab:
        yield lab.layout.admin_kubeconfig


@contextmanager
def _up(*flags: str) -> Iterator[Lab]:
    if not shutil.which("etcd"):
        raise Skip("etcd is not installed")
    root = Path(tempfile.mkdtemp(prefix="kube-lite-bench-"))
    try:
        began = time.perf_counter()
        _lab("up", root, *flags)
        yield Lab(Layout(root), time.perf_counter() - began)
    finally:
        _lab("down", root)
        shutil.rmtree(root, ignore_errors=True)


def _lab(command: str, root: Path, *flags: str) -> None:
    argv = [sys.executable, "-m", "lab", command, f"--name={root.name}", f"--data-dir={root}", *flags]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, cwd=REPOSITORY)
    if done.returncode:
        raise Skip(f"lab {command}: {done.stderr.strip().splitlines()[0]}")
