"""The kubectls to try: those named in $KUBECTLS (separated by `:`), Debian's in .cache/, and the one on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEBIANS = ROOT / ".cache" / "kubectl" / "usr" / "bin" / "kubectl"


def kubectls() -> list[str]:
    """Paths, without repetition; never empty where `make test` prepared the machine."""
    named = os.environ.get("KUBECTLS", "").split(":")
    found = [*named, str(DEBIANS), shutil.which("kubectl") or ""]
    return list(dict.fromkeys(path for path in found if path and os.access(path, os.X_OK)))


@cache
def version(kubectl: str) -> tuple[int, int]:
    """`(1, 33)`; (0, 0) for a program that does not say."""
    out = subprocess.run([kubectl, "version", "--client", "-o", "json"], capture_output=True, text=True, check=False)
    found = re.search(r'"gitVersion": "v(\d+)\.(\d+)', out.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def newest() -> str | None:
    """The newest of them."""
    return max(kubectls(), key=version, default=None)
