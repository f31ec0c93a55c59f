"""`/version`: which Kubernetes this server stands in for. Clients switch features on by it.

Read by the routes in `nonresource` and by nobody else. It calls nothing.
"""

from __future__ import annotations

import platform

MAJOR, MINOR = "1", "36"
GIT_VERSION = "v1.36.2+kube-lite"

VERSION = {
    "major": MAJOR,
    "minor": MINOR,
    "emulationMajor": MAJOR,
    "emulationMinor": MINOR,
    "minCompatibilityMajor": MAJOR,
    "minCompatibilityMinor": "35",
    "gitVersion": GIT_VERSION,
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": f"python{platform.python_version()}",
    "compiler": platform.python_implementation().lower(),
    "platform": "linux/" + {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine()),
}
