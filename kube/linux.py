"""The Linux system calls that Python 3.11 lacks: namespaces, mounts, and what a process says about its own end.

Called by the lab, which makes machines out of namespaces, and by the kubelet's process runtime, which makes pods
out of them. It calls libc through ctypes, and nothing else, so that it loads in a few milliseconds in a container's
shim. It leaves out what a namespace is for: its callers give it addresses, files and processes.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterable

CLONE_NEWNS = 0x0002_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000
NAMESPACES = {"ipc": CLONE_NEWIPC, "uts": CLONE_NEWUTS, "net": CLONE_NEWNET, "pid": CLONE_NEWPID, "mnt": CLONE_NEWNS}
"""The files of /proc/PID/ns that we enter, in an order that works: mnt last, because the others are found in /proc."""

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 0x1, 0x2, 0x4, 0x8, 0x20
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18
MNT_DETACH = 2

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Moves this process to new namespaces (with CLONE_NEWPID: its future children). Raises OSError."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int = 0) -> None:
    """Moves this thread into the namespace that the file descriptor stands for. Raises OSError."""
    _check(_libc.setns(fd, kind), "setns")


def enter(pid: int, names: Iterable[str] = tuple(NAMESPACES)) -> None:
    """Moves this process into the namespaces of another one; only its children are in the PID namespace.

    Raises OSError, also when that process has gone.
    """
    wanted = set(names)
    fds = [(os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY | os.O_CLOEXEC), kind)
           for name, kind in NAMESPACES.items() if name in wanted]  # fmt: skip
    for fd, kind in fds:
        setns(fd, kind)
        os.close(fd)


def mount(source: str, target: str, fstype: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2). Raises OSError that names the target."""
    result = _libc.mount(
        source.encode(), target.encode(), fstype.encode() or None, ctypes.c_ulong(flags), options.encode() or None
    )
    _check(result, f"mount {fstype or source} on {target}")


def bind(source: str, target: str, read_only: bool = False) -> None:
    """Shows a file or directory at a second place. Raises OSError."""
    mount(source, target, flags=MS_BIND | MS_REC)
    if read_only:
        mount("none", target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)


def make_mounts_private() -> None:
    """Mounts made in this mount namespace stay in it."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)


def umount(target: str, flags: int = MNT_DETACH) -> None:
    _check(_libc.umount2(target.encode(), flags), f"umount {target}")


def pivot_root(new_root: str) -> None:
    """Makes a mount point the root of this mount namespace and lets go of the old root. Raises OSError."""
    os.chdir(new_root)
    # pivot_root(".", ".") stacks the old root below the new one, where a lazy unmount removes it: pivot_root(2).
    _check(_libc.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), f"pivot_root {new_root}")
    umount(".")
    os.chdir("/")


def sethostname(name: str) -> None:
    encoded = name.encode()
    _check(_libc.sethostname(encoded, len(encoded)), "sethostname")


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """The kernel sends this process a signal when its parent ends, however that happens."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Children of children that end come back to this process, not to PID 1."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def start_time(pid: int) -> int | None:
    """When a process started, in clock ticks since boot; None when there is no such process or it is a zombie.

    The kernel reuses process ids; the pair of id and start time names one process for ever.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in b"ZX" else int(fields[19])
