"""A guest runs one command, returns its output and exit code, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from lab.uml import DIED, TIMED_OUT, Guest, missing, run
from lab.uml.__main__ import _parser

needs_guest = pytest.mark.skipif(bool(missing()), reason=f"apt-get install {' '.join(missing())}")


def test_the_flags_of_a_guest_make_the_same_guest():
    guest = Guest(("true",), memory="2G", timeout=None, writable=("/a", "/b"), net=("vec0:x",), cpu="1", verbose=True)
    flags = _parser().parse_args([*guest.flags(), "--", *guest.command])
    assert (flags.memory, flags.timeout, flags.writable) == ("2G", 0, ["/a", "/b"])
    assert (flags.net, flags.cpu, flags.verbose, flags.no_harden) == (["vec0:x"], "1", True, False)


def test_a_kernel_that_is_not_there_is_said():
    ended = run(["true"], kernel="no-such-kernel", capture=True)
    assert ended.returncode == DIED
    assert "apt-get install user-mode-linux" in ended.stderr


@needs_guest
@pytest.mark.uml
def test_output_exit_code_and_writes(tmp_path: Path):
    script = f"echo out; echo err >&2; echo kept > {tmp_path}/rw/kept; echo lost > {tmp_path}/lost; ipvsadm -Ln; exit 7"
    (tmp_path / "rw").mkdir()
    ended = run(["sh", "-c", script], capture=True, writable=[str(tmp_path / "rw")])
    assert ended.returncode == 7
    assert ended.stdout.startswith("out\nIP Virtual Server")
    assert ended.stderr == "err\n"
    assert (tmp_path / "rw/kept").read_text() == "kept\n"
    assert not (tmp_path / "lost").exists()


@needs_guest
@pytest.mark.uml
def test_the_time_limit_ends_the_guest():
    assert run(["sleep", "100"], timeout=4, capture=True).returncode == TIMED_OUT


@needs_guest
@pytest.mark.uml
def test_ending_the_supervisor_ends_the_guest(tmp_path: Path):
    guest = Guest(("sh", "-c", "echo up; sleep 100"))
    env = os.environ | {"TMPDIR": str(tmp_path)}
    supervisor = subprocess.Popen(guest.argv(), stdout=subprocess.PIPE, env=env)
    assert supervisor.stdout.readline() == b"up\n"
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(10) == 128 + signal.SIGTERM
    supervisor.stdout.close()
    assert list(tmp_path.iterdir()) == []
