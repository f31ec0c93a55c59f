"""Makes guests start on processors with AMX, whose register state is larger than a User-Mode Linux kernel knows.

Called by `lab.uml.guest.missing`, which names the compiler that this takes, and by `lab.uml.supervisor`, which starts
the kernel with `preload()` in LD_PRELOAD. It calls the C compiler, once for each version of `xstate.c`.
It leaves out processors without AMX: nothing is compiled for them, and nothing preloaded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

COMPILER = "gcc"
_SOURCE = Path(__file__).with_name("xstate.c")


def needed(cpuinfo: str | None = None) -> bool:
    """Whether this machine's processor has AMX; `cpuinfo` is the text of /proc/cpuinfo."""
    text = Path("/proc/cpuinfo").read_text() if cpuinfo is None else cpuinfo
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return "amx_tile" in flags.split()


def preload() -> dict[str, str]:
    """What to add to the environment of a UML kernel; empty where nothing is needed.

    Raises OSError or subprocess.CalledProcessError where the compiler is missing or fails.
    """
    return {"LD_PRELOAD": str(_library())} if needed() else {}


def _library() -> Path:
    """The compiled library, in this user's cache."""
    version = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kube-lite"
    library = cache / f"uml-xstate-{version}.so"
    if not library.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:  # several guests may start at once: the rename is atomic
            made = f"{work}/xstate.so"
            command = [shutil.which(COMPILER) or COMPILER, "-O2", "-shared", "-fPIC", "-nostdlib", "-o", made, _SOURCE]
            subprocess.run(command, check=True)
            os.replace(made, library)
    return library
