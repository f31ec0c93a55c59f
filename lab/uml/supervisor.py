"""Starts one guest, passes its output on, and sees to its end whatever happens.

Called by `python -m lab.uml`, in a process that does nothing else: it forks, so it must have no threads.
It calls the UML kernel with what `lab.uml.guest` computed, in the child that `lab.uml.harden` prepares.
It leaves out stopping a guest gently: whoever runs things inside ends them, and the guest halts by itself.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from lab.uml import harden, xstate
from lab.uml.guest import DIED, TIMED_OUT, Guest, control_files, find_kernel, kernel_arguments, missing

_KEPT_MESSAGES = 20_000


def supervise(guest: Guest) -> int:
    """Runs the guest to its end. Returns the command's exit code, TIMED_OUT, DIED, or 128 + the signal received."""
    if lacking := missing(guest.kernel):
        print(f"a guest needs: apt-get install {' '.join(lacking)}", file=sys.stderr)
        return DIED
    kernel = find_kernel(guest.kernel) or guest.kernel
    control = tempfile.mkdtemp(prefix="uml.", dir=_temporary_directory())
    try:
        _write_control(guest, control)
        return _Running(guest, kernel, control).to_the_end()
    finally:
        shutil.rmtree(control, ignore_errors=True)


def _temporary_directory() -> str:
    chosen = os.path.realpath(os.environ.get("TMPDIR", "/tmp"))
    # The guest mounts its own file systems over these.
    return "/tmp" if chosen.split("/")[1] in ("dev", "proc", "sys", "mnt", "run") else chosen


def _write_control(guest: Guest, control: str) -> None:
    for name, text in control_files(guest, os.getcwd(), os.environ).items():
        with open(f"{control}/{name}", "w") as file:
            file.write(text)
    os.chmod(f"{control}/init", 0o755)
    os.mkdir(f"{control}/bin")
    for name in ("mount", "umount"):  # copies without the set-uid bit, which an ordinary user's guest would trip over
        shutil.copyfile(f"/bin/{name}", f"{control}/bin/{name}")
        os.chmod(f"{control}/bin/{name}", 0o755)


class _Running:
    """The guest's process, its three output pipes, and the guard that outlives us."""

    def __init__(self, guest: Guest, kernel: str, control: str) -> None:
        self.guest, self.control = guest, control
        self.signal_caught = 0
        self.kernel_messages = bytearray()
        self.pipes = [os.pipe() for _ in range(3)]  # kernel messages, stdout, stderr
        self.child = self._start(kernel)
        for _, write_end in self.pipes:
            os.close(write_end)
        self.guard = self._start_guard()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def to_the_end(self) -> int:
        timed_out = self._pump()
        self.kill()
        self.child.wait()
        os.write(self.guard, b"x")
        if self.signal_caught:
            return 128 + self.signal_caught
        if timed_out:
            print(f"guest killed: its time limit of {self.guest.timeout:g} s passed", file=sys.stderr)
            return TIMED_OUT
        return self._exit_code()

    def kill(self) -> None:
        """Ends the guest's whole session: the kernel and its helper processes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)

    def _start(self, kernel: str) -> subprocess.Popen[bytes]:
        write_ends = [w for _, w in self.pipes]
        # UML keeps the guest's memory in a deleted file: in /dev/shm where that is a mount of its own.
        shm = ["/dev/shm"] if os.path.ismount("/dev/shm") else []
        env = {k: v for k, v in os.environ.items() if k not in ("TMPDIR", "TMP", "TEMP")}
        cpus = harden.pick_cpus(self.guest.cpu)
        writable = [self.control, *map(os.path.abspath, self.guest.writable)]

        def in_child() -> None:
            harden.die_with_parent()
            os.sched_setaffinity(0, cpus)
            if os.geteuid() == 0 and self.guest.harden:
                harden.read_only_but(writable, shm)

        return subprocess.Popen(
            kernel_arguments(self.guest, kernel, self.control, write_ends),
            env=env | xstate.preload() | ({} if shm else {"TMPDIR": self.control}),
            stdin=subprocess.DEVNULL, stdout=write_ends[0], stderr=write_ends[0], pass_fds=write_ends,
            start_new_session=True, preexec_fn=in_child,
        )  # fmt: skip

    def _start_guard(self) -> int:
        """A process that outlives a SIGKILL of this one: UML's helper processes would stay otherwise."""
        read_end, write_end = os.pipe()
        if os.fork() != 0:
            os.close(read_end)
            return write_end
        try:
            os.setsid()
            os.close(write_end)
            for pipe_end, _ in self.pipes:
                os.close(pipe_end)
            null = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            if not os.read(read_end, 1):  # end of file without a byte: the supervisor died
                self.kill()
                shutil.rmtree(self.control, ignore_errors=True)
        finally:
            os._exit(0)

    def _on_signal(self, number: int, _frame: object) -> None:
        self.signal_caught = number
        self.kill()

    def _pump(self) -> bool:
        """Passes output on until the guest has ended and said all. Returns whether the time limit passed."""
        limit = self.guest.timeout
        deadline = time.monotonic() + limit if limit else float("inf")
        timed_out = False
        targets = (2 if self.guest.verbose else None, 1, 2)
        with selectors.DefaultSelector() as selector:
            for (read_end, _), target in zip(self.pipes, targets, strict=True):
                selector.register(read_end, selectors.EVENT_READ, target)
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0 and not timed_out:
                    timed_out = True
                    self.kill()
                for key, _ in selector.select(0.5 if timed_out else min(left, 0.5)):
                    self._pass_on(selector, key)
                if self.child.poll() is not None and not selector.select(0.05):
                    break
        return timed_out

    def _pass_on(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        data = os.read(key.fd, 65536)
        if not data:
            selector.unregister(key.fd)
        elif key.data is None:
            self.kernel_messages += data
            del self.kernel_messages[:-_KEPT_MESSAGES]
        else:
            try:
                while data:
                    data = data[os.write(key.data, data) :]
            except BrokenPipeError:  # our reader has gone: `python -m lab.uml ... | head`
                self._on_signal(signal.SIGPIPE, None)
                selector.unregister(key.fd)

    def _exit_code(self) -> int:
        try:
            with open(f"{self.control}/rc") as file:
                return int(file.read())
        except (OSError, ValueError):
            when = "after boot" if os.path.exists(f"{self.control}/booted") else "before it was ready"
            sys.stderr.write(self.kernel_messages.decode(errors="replace")[-4000:])
            print(f"guest ended {when} without reporting (status {self.child.returncode})", file=sys.stderr)
            return DIED
