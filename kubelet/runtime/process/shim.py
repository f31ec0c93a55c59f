"""The shim of one container: starts it, writes its log, waits for its end, and notes how it ended.

Started by the process runtime, one process a container, so that containers outlive their kubelet: a new kubelet
finds the files that the shim writes beside `spec.json`. It calls `rootfs` to make the container's world, and
imports as little as it can, because it starts with every container and stays. When it dies, the kernel ends its
container.

    spec.json     read: what to run (see `ProcessRuntime`)
    running.json  written: the first process's id, and when it started
    exit.json     written last: exit code, signal, reason, message, times
    log           appended: lines `TIME stdout|stderr F|P TEXT`, the CRI's format
"""

import json
import os
import select
import signal
import sys
import time
import warnings  # noqa: F401, os.execvpe imports it, when the interpreter may be out of sight

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))))

from kube import linux
from kubelet.runtime.process import rootfs

MAX_LINE = 16384
"""Longer lines are cut into parts, marked P but for the last, as containerd does."""
LOG_LIMIT = 10 * 1024 * 1024
"""A log that grows past this is moved aside once, as kubelet's containerLogMaxSize does."""


def main() -> None:
    directory = sys.argv[1]
    os.chdir(directory)
    with open("spec.json") as file:
        spec = json.load(file)
    code = run(spec)
    sys.exit(code)


def run(spec: dict) -> int:
    """Runs the container to its end. Says `ok` or what went wrong on standard output, once it is known."""
    out, err, failure = os.pipe(), os.pipe(), os.pipe()
    linux.unshare(linux.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        _become_container(spec, out[1], err[1], failure[1])
    for _, writer in (out, err, failure):
        os.close(writer)
    problem = _read_all(failure[0])
    started = time.time()
    if problem:
        os.waitpid(pid, 0)
        _write_json("exit.json", _ending(128, 0, "StartError", problem, 0, time.time()))
        _say("error " + problem)
        return 1
    _write_json("running.json", {"pid": pid, "start": linux.start_time(pid), "started_at": started})
    _say("ok")
    _redirect_to_nothing()
    status = Logger(out[0], err[0]).until_end_of(pid)
    code, number = _decode(status)
    reason = "Completed" if code == 0 else "Error"
    _write_json("exit.json", _ending(code, number, reason, _termination_message(spec), started, time.time()))
    return 0


def _become_container(spec: dict, out: int, err: int, failure: int) -> None:
    """The child, PID 1 of its namespace: makes its world and becomes the command, or reports why it cannot."""
    try:
        linux.die_with_parent()
        os.setsid()
        rootfs.enter(spec)
        null = os.open("/dev/null", os.O_RDONLY)
        for source, target in ((null, 0), (out, 1), (err, 2)):
            os.dup2(source, target)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        rootfs.drop_privileges(spec)
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])
    except FileNotFoundError:
        os.write(failure, f'exec: "{spec["argv"][0]}": executable file not found in $PATH'.encode())
    except BaseException as error:
        os.write(failure, str(error).encode() or repr(error).encode())
    finally:
        os._exit(127)


class Logger:
    """Copies two pipes to the log, a line at a time, until the container has ended and the pipes are empty."""

    def __init__(self, out: int, err: int):
        self.pending = {out: bytearray(), err: bytearray()}
        self.names = {out: b"stdout", err: b"stderr"}
        self.log = open("log", "ab", buffering=0)  # noqa: SIM115, for the life of the process

    def until_end_of(self, pid: int) -> int:
        ended = os.pidfd_open(pid)
        poller = select.poll()
        for fd in [*self.pending, ended]:
            poller.register(fd, select.POLLIN)
        status = None
        while status is None or self.pending:
            events = poller.poll(None if status is None else 0)
            if not events:
                break  # it has ended, and what was in the pipes is written
            for fd, _ in events:
                if fd == ended:
                    status = os.waitpid(pid, 0)[1]
                    poller.unregister(ended)
                elif not self._copy(fd):
                    poller.unregister(fd)
                    del self.pending[fd]
        return status

    def _copy(self, fd: int) -> bool:
        data = os.read(fd, 65536)
        pending = self.pending[fd]
        pending += data
        stamp = _timestamp(time.time_ns())
        lines = pending.split(b"\n")
        rest = lines.pop()
        entries = [part for line in lines for part in _parts(line)]
        if len(rest) >= MAX_LINE:
            entries.append((b"P", bytes(rest[:MAX_LINE])))
            rest = rest[MAX_LINE:]
        if not data and rest:
            entries.append((b"P", bytes(rest)))
            rest = b""
        name = self.names[fd]
        if entries:
            self._write(b"".join(b"%s %s %s %s\n" % (stamp, name, tag, text) for tag, text in entries))
        self.pending[fd] = bytearray(rest)
        return bool(data)

    def _write(self, data: bytes) -> None:
        self.log.write(data)
        if self.log.tell() > LOG_LIMIT:
            os.replace("log", "log.1")
            self.log.close()
            self.log = open("log", "ab", buffering=0)  # noqa: SIM115


def _parts(line: bytes) -> list:
    cut = [bytes(line[i : i + MAX_LINE]) for i in range(0, len(line), MAX_LINE)] or [b""]
    return [*((b"P", part) for part in cut[:-1]), (b"F", cut[-1])]


def _timestamp(nanoseconds: int) -> bytes:
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return (time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z").encode()


def _decode(status: int) -> tuple:
    """Exit code and signal: 128 + N for a process that signal N ended, as container runtimes say it."""
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status), 0
    return os.WEXITSTATUS(status), 0


def _termination_message(spec: dict) -> str:
    try:
        with open("termination-log", errors="replace") as file:
            return file.read(4096)
    except OSError:
        return ""


def _ending(code: int, number: int, reason: str, message: str, started: float, finished: float) -> dict:
    return {"exit_code": code, "signal": number, "reason": reason, "message": message,
            "started_at": started, "finished_at": finished}  # fmt: skip


def _write_json(name: str, data: dict) -> None:
    with open(name + ".new", "w") as file:
        json.dump(data, file)
    os.replace(name + ".new", name)


def _read_all(fd: int) -> str:
    with os.fdopen(fd, "rb") as file:
        return file.read().decode(errors="replace")


def _say(text: str) -> None:
    try:  # noqa: SIM105, contextlib would be one more import
        os.write(1, text.encode() + b"\n")
    except OSError:
        pass


def _redirect_to_nothing() -> None:
    """The kubelet's pipes must not be held open by its containers' shims."""
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)


if __name__ == "__main__":
    main()
