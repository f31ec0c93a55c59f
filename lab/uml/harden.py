"""What the child process does to itself between fork and exec, before it becomes the guest's kernel.

Called by `lab.uml.supervisor` in the child. It calls libc through ctypes: Python has no binding for these.
It leaves out everything else; a process that is not root only gets pinned and tied to its parent's life.
"""

from __future__ import annotations

import ctypes
import os
import random
import signal
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_CLONE_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 1 << 18
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1

_libc = ctypes.CDLL(None, use_errno=True)


def pick_cpus(cpu: str) -> set[int]:
    """The CPUs a guest may use, from `Guest.cpu`."""
    allowed = sorted(os.sched_getaffinity(0))
    if cpu == "any":
        return set(allowed)
    return {random.choice(allowed)} if cpu == "auto" else {int(cpu)}


def die_with_parent() -> None:
    """The kernel kills this process when its parent ends, however that happens."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def read_only_but(writable: Sequence[str], untouched: Sequence[str]) -> None:
    """Enters a mount namespace in which all is read-only but these directories. Needs root; Linux 5.12 or later.

    So not even a guest that mounts the host's file tree itself can write to it.
    `untouched` are mounts of their own that stay writable (the guest's memory file lives in /dev/shm).
    """
    if _libc.unshare(_CLONE_NEWNS) or _libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None):
        raise OSError(ctypes.get_errno(), "unshare")
    for directory in writable:
        path = directory.encode()
        if _libc.mount(path, path, None, _MS_BIND, None):
            raise OSError(ctypes.get_errno(), f"bind {directory}")
    _set_read_only("/", True, _AT_RECURSIVE)
    for directory in [*writable, *untouched]:
        _set_read_only(directory, False)


def _set_read_only(path: str, read_only: bool, flags: int = 0) -> None:
    set_bits, clear_bits = (_MOUNT_ATTR_RDONLY, 0) if read_only else (0, _MOUNT_ATTR_RDONLY)
    attributes = (ctypes.c_uint64 * 4)(set_bits, clear_bits, 0, 0)
    size = ctypes.sizeof(attributes)
    if _libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, path.encode(), flags, ctypes.byref(attributes), size):
        raise OSError(ctypes.get_errno(), f"mount_setattr {path}")
