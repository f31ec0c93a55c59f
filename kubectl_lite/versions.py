"""What this program is: the `version.Info` that `version` shows and `--match-server-version` compares. Pure."""

from __future__ import annotations

import os
import sys

from kube.version import KUBERNETES_VERSION, VERSION

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
_MACHINE = os.uname().machine
PLATFORM = f"{sys.platform}/{_MACHINES.get(_MACHINE, _MACHINE)}"


def client_version() -> dict[str, str]:
    """As Kubernetes' `version.Info` has it. The numbers are those of the release whose behaviour we follow, so that a
    server that is too old or too new for it is told."""
    major, minor = KUBERNETES_VERSION.removeprefix("v").split(".")[:2]
    return {
        "major": major, "minor": minor, "gitVersion": f"{KUBERNETES_VERSION}+kube-lite.{VERSION}", "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": f"python{_python()}",
        "compiler": sys.implementation.name, "platform": PLATFORM,
    }  # fmt: skip


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))
