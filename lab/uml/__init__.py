"""Runs a command in a throw-away User-Mode Linux guest: a Linux kernel as an ordinary process, with IPVS of its own.

Called by the lab (one guest a node) and by tests and benchmarks that need real IPVS on a kernel without it.
It starts `python -m lab.uml`, the supervisor of one guest, in a process of its own, and needs no privilege.
It leaves out what runs inside, and the links between guests: whoever makes the taps and bridges names them in `net`.

    run(["ipvsadm", "-Ln"])                                            # streams, returns the command's exit code
    run(["pytest", "tests/proxy/ipvs"], memory="2G", writable=["/var/tmp/out"])
    Popen(Guest(("bash", "node.sh"), net=("vec0:transport=tap,ifname=tap1",)).argv())
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any

from lab.uml.guest import DIED, TIMED_OUT, Guest, find_kernel, missing


def run(
    cmd: Sequence[str], *, capture: bool = False, cwd: str | None = None, env: dict[str, str] | None = None, **spec: Any
) -> subprocess.CompletedProcess[str]:
    """Runs `cmd` in a new guest and waits for its end; `spec` are the fields of `Guest`.

    The return code is the command's own, or TIMED_OUT (124), DIED (125: no boot, panic, out of memory).
    With `capture` the output is returned as text, else it streams to this process's own.
    """
    argv = Guest(tuple(cmd), **{k: tuple(v) if isinstance(v, list) else v for k, v in spec.items()}).argv()
    return subprocess.run(argv, capture_output=capture, text=True, cwd=cwd, env=env, check=False)


__all__ = ["DIED", "TIMED_OUT", "Guest", "find_kernel", "missing", "run"]
