"""What this program is: the `version.Info` that `version` shows and `--match-server-version` compares, and how
the commands that ask what a server is say that it refused. Pure."""

from __future__ import annotations

import os
import sys
from typing import Any

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


def credentials_wanted(error: Any) -> Any:
    """A refusal of discovery, which kubectl tells in other words than one of an object."""
    from kube.apimachinery.errors import Unauthorized

    if isinstance(error, Unauthorized):
        error.message = "the server has asked for the client to provide credentials"
    return error
