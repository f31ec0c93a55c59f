"""Starts processes that outlive the command that started them, on this machine or inside a machine made of namespaces.

Called by `lab.machines`. It calls fork, exec and `kube.linux`, so its caller must have no threads. What it returns
is the process's id as this machine sees it, wherever the process lives. It leaves out remembering them: that is
`lab.state`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from kube import linux

MACHINE_NAMESPACES = (
    linux.CLONE_NEWNET | linux.CLONE_NEWNS | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWPID
)


class SpawnError(Exception):
    """A process could not be started; the text says which and why."""


def start(
    argv: Sequence[str],
    *,
    log: Path,
    env: Mapping[str, str],
    inside: int | None = None,
    pass_fds: Sequence[int] = (),
) -> int:
    """Starts a process in a session of its own, with its output appended to `log`, and returns its id.

    inside: the id of a process whose namespaces it shall live in. pass_fds keep their numbers.
    Raises SpawnError, also when the program does not exist.
    """

    def run() -> NoReturn:
        _redirect(log)
        _keep_only(pass_fds)
        os.execvpe(argv[0], list(argv), dict(env))

    def enter() -> None:
        if inside is not None:
            linux.enter(inside)

    return _fork(argv[0], run, enter, generations=3)


def start_machine(hostname: str, prepare: Callable[[], None]) -> int:
    """Starts the first process of a new machine: new namespaces, `prepare()` in them, and then it only waits.

    As PID 1 of its namespace it takes the whole machine with it when it is killed: processes, then mounts and links.
    """

    def run() -> NoReturn:
        linux.make_mounts_private()
        linux.sethostname(hostname)
        prepare()
        # Orphans are ours to reap; ignoring SIGCHLD lets the kernel do it, and survives exec.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        _redirect(Path(os.devnull))
        _keep_only(())
        os.execvp("sleep", ["sleep", "infinity"])

    return _fork(hostname, run, lambda: linux.unshare(MACHINE_NAMESPACES), generations=2)


def _fork(what: str, run: Callable[[], NoReturn], before: Callable[[], object], generations: int) -> int:
    """A child calls `before`; its child or grandchild calls `run`. That one's id and all errors come back by pipe.

    Entering a PID namespace changes only the namespace of children, so PID 1 is of the second generation. An orphan
    goes to the PID 1 of its *parent's* namespace, so one that PID 1 shall reap is of the third.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()  # closed by a successful exec
    child = os.fork()
    if child == 0:
        # Our own /proc still shows our own ids to a process that has moved to another PID namespace.
        proc = os.open("/proc", os.O_PATH)
        _report_errors(writer, lambda: (before(), _descend(writer, proc, run, generations - 1)))
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = dict(line.split(" ", 1) for line in pipe.read().splitlines())
    os.waitpid(child, 0)
    if "error" in said or "pid" not in said:
        raise SpawnError(f"cannot start {what}: {said.get('error', 'it ended at once')}")
    return int(said["pid"])


def _descend(writer: int, proc: int, run: Callable[[], NoReturn], generations: int) -> None:
    if generations and (child := os.fork()):
        if generations > 1:
            os.waitpid(child, 0)
        return
    if generations:
        _report_errors(writer, lambda: _descend(writer, proc, run, generations - 1))
    os.setsid()
    os.write(writer, f"pid {os.readlink('self', dir_fd=proc)}\n".encode())
    run()


def _report_errors(writer: int, action: Callable[[], object]) -> NoReturn:
    """Never returns into the caller's code: this is a copy of it."""
    try:
        action()
        os._exit(0)
    except BaseException as error:
        os.write(writer, f"error {str(error).splitlines()[0] if str(error) else error!r}\n".encode())
    finally:
        os._exit(127)


def _redirect(log: Path) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(null, 0)
    os.dup2(out, 1)
    os.dup2(out, 2)


def _keep_only(fds: Sequence[int]) -> None:
    """Only standard streams and `fds` survive exec. What Python opened closes by itself; what was inherited (a lock of
    whoever started us, say) would be held for as long as the process lives."""
    for fd in map(int, os.listdir("/proc/self/fd")):
        if fd > 2:
            with contextlib.suppress(OSError):  # the one that listed them is closed by now
                os.set_inheritable(fd, fd in fds)
