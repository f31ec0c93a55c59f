"""What one guest is: the command, its memory, links and directories, as plain data.

Called by `lab.uml.run` and by the lab, which make a `Guest`, and by `python -m lab.uml`, which turns the flags
back into one. It calls `lab.uml.xstate` to know what is missing; `control_files` and `kernel_arguments` only compute.
It leaves out starting anything: that is `lab.uml.supervisor`.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.uml import xstate

TIMED_OUT = 124
"""Exit status: the time limit passed and the guest was killed."""
DIED = 125
"""Exit status: the guest could not start, panicked or ran out of memory."""

# Loaded before the command runs, in one go; others load on demand, as on any Linux, when somebody asks for them:
# a scheduler with the first virtual server that names it, a type of link with its first link.
_USED = """
nf_conntrack nf_conntrack_netlink ip_tables iptable_filter iptable_nat iptable_mangle
xt_MASQUERADE xt_conntrack xt_comment xt_mark xt_nat xt_set xt_addrtype xt_ipvs
ip_set ip_set_hash_ip ip_set_hash_ipport ip_set_hash_net
ip_vs ip_vs_rr veth dummy bridge br_netfilter
"""
MODULES = tuple(_USED.split())

_SHELL_OWN = ("_", "SHLVL", "BASHOPTS", "SHELLOPTS")


@dataclass(frozen=True, slots=True)
class Guest:
    """One guest.

    command runs as the guest's root, in the caller's working directory and environment.
    memory: host pages are used only once touched; timeout: seconds for boot and command together, None for no limit.
    writable: host directories the guest may really write to; every other write stays in its memory.
    net: network cards as UML kernel arguments (`vec0:transport=tap,ifname=tap0,mac=02:...`).
    cpu: a host CPU's number, `auto` (one at random) or `any`; a guest uses one CPU at a time and runs 2-4 times
    faster when it stays on it.
    """

    command: tuple[str, ...]
    memory: str = "1G"
    timeout: float | None = 600
    writable: tuple[str, ...] = ()
    hostname: str = "guest"
    net: tuple[str, ...] = ()
    cpu: str = "auto"
    modules: tuple[str, ...] = MODULES
    kernel: str = "linux.uml"
    harden: bool = True
    verbose: bool = False

    def argv(self) -> list[str]:
        """The command line of the supervisor that runs this guest; ending that process ends the guest."""
        return [sys.executable, "-m", "lab.uml", *self.flags(), "--", *self.command]

    def flags(self) -> list[str]:
        """The flags of `python -m lab.uml` that make this guest."""
        repeated = [("--writable", d) for d in self.writable] + [("--net", n) for n in self.net]
        pairs = [
            ("--memory", self.memory), ("--timeout", f"{self.timeout or 0:g}"), ("--hostname", self.hostname),
            ("--cpu", self.cpu), ("--kernel", self.kernel), *repeated,
        ]  # fmt: skip
        if self.modules != MODULES:
            pairs.append(("--modules", " ".join(self.modules)))
        switches = ["--no-harden"] * (not self.harden) + ["--verbose"] * self.verbose
        return [word for pair in pairs for word in pair] + switches


def find_kernel(name: str = "linux.uml") -> str | None:
    """The path of the UML kernel, or None where the package `user-mode-linux` is not installed."""
    return shutil.which(name)


def missing(kernel: str = "linux.uml") -> list[str]:
    """The Debian packages to install before a guest can start; empty where all is there."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    needs = {kernel: "user-mode-linux", "modprobe": "kmod", "ip": "iproute2"}
    if xstate.needed():
        needs[xstate.COMPILER] = "gcc"
    return [package for program, package in needs.items() if not shutil.which(program, path=path)]


def control_files(guest: Guest, workdir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """File name -> text, for the control directory that the guest's init reads."""
    return {
        "init": Path(__file__).with_name("init.sh").read_text(),
        "conf": _array("MODULES", guest.modules)
        + _array("WRITABLE", [str(Path(d).absolute()) for d in guest.writable])
        + _array("CMD", guest.command)
        + f"HOSTNAME_={shlex.quote(guest.hostname)}\nWORKDIR={shlex.quote(workdir)}\n",
        "env": "".join(
            f"export {k}={shlex.quote(v)}\n" for k, v in environ.items() if k.isidentifier() and k not in _SHELL_OWN
        )
        + 'PATH="$PATH:/usr/sbin:/sbin"\n',
    }


def kernel_arguments(guest: Guest, kernel: str, control: str, consoles: Sequence[int]) -> list[str]:
    """The UML kernel's command line; `consoles` are the write ends for kernel messages, stdout and stderr."""
    return [
        kernel, f"mem={guest.memory}", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro",
        f"init={control}/init", f"UMLRUN_CTL={control}", f"uml_dir={control}", "umid=uml", "panic=-1", "noreboot",
        "fb_tunnels=none", "dummy.numdummies=0", "ifb.numifbs=0", "bonding.max_bonds=0", "con=null", "ssl=null",
        *(f"con{i}=null,fd:{fd}" for i, fd in enumerate(consoles)),
        *guest.net, *([] if guest.verbose else ["quiet"]),
    ]  # fmt: skip


def _array(name: str, words: Sequence[str]) -> str:
    return f"{name}=({' '.join(map(shlex.quote, words))})\n"
