"""The shim of one container: starts it, keeps its input and output, waits for its end, and notes how it ended.

Started by the process runtime, one process a container, so that containers outlive their kubelet: a new kubelet
finds the files that the shim writes beside `spec.json`. It calls `rootfs` to make the container's world and `streams`
for what it reads and writes, and imports as little as it can, because it starts with every container and stays. When
it dies, the kernel ends its container.

    spec.json     read: what to run (see `ProcessRuntime`)
    running.json  written: the first process's id, and when it started
    exit.json     written last: exit code, signal, reason, message, times
    log           appended: lines `TIME stdout|stderr F|P TEXT`, the CRI's format
    attach        a socket: input and output as they come (see `streams`)
"""

import json
import os
import signal
import sys
import time
import warnings  # noqa: F401, os.execvpe imports it, when the interpreter may be out of sight

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))))

from kube import linux
from kubelet.runtime.process import rootfs, stdio


def main() -> None:
    directory = sys.argv[1]
    os.chdir(directory)
    with open("spec.json") as file:
        spec = json.load(file)
    code = run(spec)
    sys.exit(code)


def run(spec: dict) -> int:
    """Runs the container to its end. Says `ok` or what went wrong on standard output, once it is known."""
    try:
        _choose_processes(spec["processes"])
    except OSError as error:
        return _not_started(str(error))
    ends, failure = stdio.make(spec["tty"], spec["stdin"]), os.pipe()
    pid = os.fork()
    if pid == 0:
        _become_container(spec, ends, failure[1])
    os.close(failure[1])
    from kubelet.runtime.process.streams import Streams  # while the container's world is being made

    if problem := _read_all(failure[0]):
        os.waitpid(pid, 0)
        return _not_started(problem)
    started, place = time.time(), _place_of(pid)
    streams = Streams(spec, *ends.outside())
    _write_json("running.json", {"pid": pid, "start": linux.start_time(pid), "started_at": started})
    _say("ok")
    _redirect_to_nothing()
    status = streams.until_end_of(pid, lambda: _end_the_rest(place) if spec["processes"] != "own" else None)
    code, number = _decode(status)
    reason = "Completed" if code == 0 else "Error"
    _write_json("exit.json", _ending(code, number, reason, _termination_message(spec), started, time.time()))
    return 0


def _choose_processes(target: "dict | str") -> None:
    """The container will be PID 1 among its `own` processes, or one more among the `host`'s or those of another
    container. Raises OSError."""
    if target == "host":
        return None
    if target == "own":
        return linux.unshare(linux.CLONE_NEWPID)
    fd = os.open(f"/proc/{target['pid']}/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    if linux.start_time(target["pid"]) != target["start"]:
        raise ProcessLookupError("the target container has ended")
    linux.setns(fd, linux.CLONE_NEWPID)
    return os.close(fd)


def _place_of(pid: int) -> str:
    """The mount namespace, which names all that belongs to a container; empty when the process has gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt")
    except OSError:
        return ""


def _end_the_rest(place: str) -> None:
    """What a container leaves behind among another one's processes; in its own, the kernel sees to it."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if place and _place_of(int(pid)) == place:
            try:  # noqa: SIM105, contextlib would be one more import
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass


def _become_container(spec: dict, ends: "stdio.Pipes | stdio.Terminal", failure: int) -> None:
    """The child, which makes its world and becomes the command, or reports why it cannot."""
    try:
        linux.die_with_parent()
        os.setsid()
        rootfs.enter(spec)
        ends.inside(spec["user"] or 0)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        rootfs.drop_privileges(spec)
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])
    except FileNotFoundError:
        os.write(failure, f'exec: "{spec["argv"][0]}": executable file not found in $PATH'.encode())
    except BaseException as error:
        os.write(failure, str(error).encode() or repr(error).encode())
    finally:
        os._exit(127)


def _not_started(problem: str) -> int:
    _write_json("exit.json", _ending(128, 0, "StartError", problem, 0, time.time()))
    _say("error " + problem)
    return 1


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
