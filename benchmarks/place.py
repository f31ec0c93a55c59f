"""A place of its own for a benchmark that changes the kernel: a network namespace, or a guest that has IPVS.

Called by the proxy's benchmarks: their `run` starts this module again in the place, which calls their `measure` there
and prints its rows, one JSON object a line.

    def run(settings):     return place.guest(__name__, settings)
    def measure(settings): yield Row(...)
"""

from __future__ import annotations

import ctypes
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

from benchmarks import Row, Settings, Skip
from lab.uml import Guest, missing
from proxy.ipvs import kernel as ipvs

_CLONE_NEWNET = 0x40000000


def namespace(module: str, settings: Settings) -> Iterator[Row]:
    """The rows of `module.measure`, called in a network namespace that ends with it."""
    if os.geteuid() != 0:
        raise Skip("network namespaces need root")
    return _rows(["unshare", "--net", *_again(module, settings)])


def guest(module: str, settings: Settings, memory: str = "2G") -> Iterator[Row]:
    """The same where this kernel has IPVS; elsewhere in a User-Mode Linux guest."""
    if ipvs.available():
        return namespace(module, settings)
    if missing():
        raise Skip(f"no IPVS in this kernel, and no guest: apt-get install {' '.join(missing())}")
    return _rows(Guest(tuple(_again(module, settings)), memory=memory, timeout=1800).argv())


def empty_namespace() -> None:
    """From now on this thread, and what it starts, lives in a new network namespace: nothing of an earlier measurement
    is there, nor what the kernel still remembers of it."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def needs(*programs: str) -> None:
    """Raises Skip for a program that is not installed."""
    for program in programs:
        if not shutil.which(program):
            raise Skip(f"{program} is not installed")


def _again(module: str, settings: Settings) -> list[str]:
    return [sys.executable, "-m", "benchmarks.place", module, str(settings.scale), str(settings.repeat)]


def _rows(command: Sequence[str]) -> Iterator[Row]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    yield Row.from_json(line)
        finally:
            process.terminate()
    if process.returncode > 0:
        raise Skip(f"{' '.join(command[:4])} ... ended with {process.returncode}")


def main() -> None:
    name, scale, repeat = sys.argv[1:]
    for row in importlib.import_module(name).measure(Settings(int(repeat), float(scale))):
        print(row.to_json(), flush=True)


if __name__ == "__main__":
    main()
