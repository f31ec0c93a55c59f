"""Processors with AMX get a library that completes what a guest's kernel knows of the registers."""

from __future__ import annotations

import ctypes
import shutil
from pathlib import Path

import pytest

from lab.uml import run, xstate
from lab.uml.guest import missing

FLAGS = "processor : 0\nflags           : fpu sse2 avx2 {}\nbugs : \n"


@pytest.mark.parametrize(("more", "needed"), [("", False), ("amx_bf16 amx_tile", True), ("amx_tilex", False)])
def test_the_processor_tells_whether_it_is_needed(more: str, needed: bool):
    assert xstate.needed(FLAGS.format(more)) is needed


def test_a_processor_that_tells_nothing_needs_nothing():
    assert xstate.needed("processor : 0\n") is False


@pytest.mark.skipif(not shutil.which(xstate.COMPILER), reason="apt-get install gcc")
def test_it_is_compiled_once_and_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(xstate, "needed", lambda: True)
    library = Path(xstate.preload()["LD_PRELOAD"])
    assert library.parent == tmp_path / "kube-lite"
    assert ctypes.CDLL(str(library)).ptrace
    monkeypatch.setattr(xstate, "COMPILER", "no-such-compiler")
    assert Path(xstate.preload()["LD_PRELOAD"]) == library


@pytest.mark.uml
@pytest.mark.skipif(bool(missing()), reason=f"apt-get install {' '.join(missing())}")
def test_vector_registers_of_a_guests_threads_are_kept_apart():
    """Two threads of one process hash with AVX at a time; a lost register would change a sum."""
    script = """
import hashlib, threading
data = bytes(range(256)) * 4096
def work(out):
    out.extend(hashlib.sha256(data).hexdigest() for _ in range(40))
sums = [[] for _ in range(4)]
threads = [threading.Thread(target=work, args=(out,)) for out in sums]
[t.start() for t in threads]; [t.join() for t in threads]
print(len(set(sum(sums, []))), sums[0][0] == hashlib.sha256(data).hexdigest())
"""
    ended = run(["python3", "-c", script], capture=True)
    assert (ended.stdout, ended.returncode) == ("1 True\n", 0)
