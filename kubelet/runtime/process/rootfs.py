"""The world that a container sees: the node's own file tree under a layer of its own, and the pod's network and names.

Called by the shim in the process that is about to become the container. It calls `kube.linux`. What a container
writes goes to a layer in memory that ends with it, as a real container's writable layer does. Homes, /run and /tmp
of the node are hidden. It leaves out limits of memory and CPU, and users of their own: this runtime isolates names,
not attackers.
"""

import os

from kube import linux

DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
HIDDEN = ("/root", "/home", "/run", "/tmp", "/mnt", "/media")
_PLAIN = linux.MS_NOSUID | linux.MS_NODEV


def enter(spec: dict) -> None:
    """Moves this process into the container's namespaces and file tree. Raises OSError."""
    if spec["netns"]:
        fd = os.open(spec["netns"], os.O_RDONLY | os.O_CLOEXEC)
        linux.setns(fd, linux.CLONE_NEWNET)
        os.close(fd)
    linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC)
    linux.make_mounts_private()
    if spec["hostname"]:
        linux.sethostname(spec["hostname"])
    root = _make_root(os.path.abspath("rootfs"))
    _system_mounts(root)
    for path in [*HIDDEN, *spec["hidden"]]:
        _hide(root, path)
    for path, text in spec["files"].items():  # before the mounts: a volume hides what the image has at its place
        _write(root, path, text)
    for mount in spec["mounts"]:
        _bind(root, mount["source"], mount["target"], mount["read_only"])
    linux.pivot_root(root)
    if spec["read_only_root"]:
        linux.mount("none", "/", flags=linux.MS_REMOUNT | linux.MS_RDONLY)
    directory = spec["cwd"] or "/"
    os.makedirs(directory, exist_ok=True)
    os.chdir(directory)


def drop_privileges(spec: dict) -> None:
    if spec["user"] is not None or spec["group"] is not None:
        group = spec["group"] if spec["group"] is not None else spec["user"]
        os.setgroups([])
        os.setgid(group)
        os.setuid(spec["user"] or 0)


def _make_root(base: str) -> str:
    """An overlay of the node's root with an empty layer in memory."""
    os.makedirs(base, exist_ok=True)
    linux.mount("container", base, "tmpfs", _PLAIN & ~linux.MS_NOSUID, "mode=755")
    for name in ("upper", "work", "root"):
        os.mkdir(f"{base}/{name}", 0o755)
    root = f"{base}/root"
    linux.mount("overlay", root, "overlay", 0, f"lowerdir=/,upperdir={base}/upper,workdir={base}/work")
    for path in ("/usr", "/etc", "/var", "/opt", "/srv"):
        if os.path.ismount(path):  # an overlay does not see what is mounted inside its lower tree
            linux.bind(path, root + path, read_only=True)
    return root


def _system_mounts(root: str) -> None:
    linux.mount("proc", f"{root}/proc", "proc", _PLAIN | linux.MS_NOEXEC)
    try:
        linux.mount("sysfs", f"{root}/sys", "sysfs", _PLAIN | linux.MS_NOEXEC | linux.MS_RDONLY)
    except PermissionError:  # not allowed in some containers
        os.makedirs(f"{root}/sys", exist_ok=True)
    linux.mount("dev", f"{root}/dev", "tmpfs", linux.MS_NOSUID, "mode=755")
    for name in DEVICES:
        _touch(f"{root}/dev/{name}")
        linux.bind(f"/dev/{name}", f"{root}/dev/{name}")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
                         ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")):  # fmt: skip
        os.symlink(target, f"{root}/dev/{name}")
    own = (("pts", "devpts", "newinstance,ptmxmode=0666,mode=0620"), ("shm", "tmpfs", "mode=1777"))
    for name, fstype, options in own:
        os.mkdir(f"{root}/dev/{name}")
        linux.mount(name, f"{root}/dev/{name}", fstype, linux.MS_NOSUID | linux.MS_NOEXEC, options)


def _hide(root: str, path: str) -> None:
    """An empty directory in memory over one of the node's."""
    target = root + path
    if os.path.islink(target) or not os.path.isdir(target):
        return
    linux.mount("hidden", target, "tmpfs", _PLAIN, f"mode={'1777' if path == '/tmp' else '755'}")


def _bind(root: str, source: str, target: str, read_only: bool) -> None:
    where = _inside(root, target)
    if os.path.isdir(source):
        os.makedirs(where, exist_ok=True)
    else:
        _touch(where)
    linux.bind(source, where, read_only)


def _write(root: str, path: str, text: str) -> None:
    where = _inside(root, path)
    os.makedirs(os.path.dirname(where), exist_ok=True)
    with open(where, "w") as file:
        file.write(text)


def _touch(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path):
        with open(path, "w"):
            pass


def _inside(root: str, path: str) -> str:
    """Where a path of the container is, seen from outside: links are followed as the container will follow them."""
    resolved = root
    for part in os.path.normpath("/" + path).split("/"):
        here = os.path.join(resolved, part)
        for _ in range(40):
            if not os.path.islink(here):
                break
            link = os.readlink(here)
            here = root + link if link.startswith("/") else os.path.normpath(os.path.join(os.path.dirname(here), link))
        resolved = here
    return resolved
