"""How nodes are made: network namespaces of this kernel, or guests with a kernel of their own; which, and why.

Called by `lab.up`. `facts` looks at the machine; `choose` is pure and says what was chosen in one line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import uml
from lab.config import SYSTEM_PATH


@dataclass(frozen=True)
class Facts:
    """What the choice depends on."""

    kernel_has_ipvs: bool
    uml_missing: tuple[str, ...]  # packages without which no guest can start
    tap_devices: bool = True


@dataclass(frozen=True)
class Choice:
    driver: str
    proxy_mode: str
    reason: str


def facts() -> Facts:
    """Loads the module ip_vs if the kernel has it: a namespace cannot load it later."""
    return Facts(_has_ipvs(), tuple(uml.missing()), Path("/dev/net/tun").exists())


def _has_ipvs() -> bool:
    if Path("/proc/net/ip_vs").exists():
        return True
    modprobe = shutil.which("modprobe", path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    if modprobe is None:
        return False
    return subprocess.run([modprobe, "-q", "ip_vs"], capture_output=True, check=False).returncode == 0


def choose(driver: str, proxy_mode: str, found: Facts) -> Choice:
    """Resolves `auto`. Raises ValueError when what was asked for cannot be."""
    guests_possible = not found.uml_missing and found.tap_devices
    if driver == "auto":
        if proxy_mode == "nftables" or found.kernel_has_ipvs:
            driver = "netns"
        else:
            driver = "uml" if guests_possible else "netns"
    if driver == "uml" and not guests_possible:
        lacking = " ".join(found.uml_missing)
        raise ValueError(f"guests need {'apt-get install ' + lacking if lacking else '/dev/net/tun'}")
    ipvs_possible = found.kernel_has_ipvs or driver == "uml"
    if proxy_mode == "ipvs" and not ipvs_possible:
        raise ValueError("this kernel has no ip_vs: use --driver uml, or --proxy-mode nftables")
    if proxy_mode == "nftables" and driver == "uml":
        raise ValueError("the guests' kernel has no nftables: use --driver netns, or --proxy-mode ipvs")
    mode = proxy_mode if proxy_mode != "auto" else "ipvs" if ipvs_possible else "nftables"
    return Choice(driver, mode, _reason(driver, mode, found))


def _reason(driver: str, mode: str, found: Facts) -> str:
    kernel = "this kernel has ip_vs" if found.kernel_has_ipvs else "this kernel has no ip_vs"
    if driver == "uml":
        return f"nodes are User-Mode Linux guests with IPVS of their own: {kernel} (--driver netns for namespaces)"
    other = "" if mode == "ipvs" else "; --driver uml for guests with IPVS"
    if other and found.uml_missing:
        other = f"; after apt-get install {' '.join(found.uml_missing)}, --driver uml gives guests with IPVS"
    return f"nodes are network namespaces, proxies run {mode}: {kernel}{other}"
