"""Health checks: `/healthz`, `/livez`, `/readyz`, each check by itself and all of them together.

Called by the routes in `nonresource`. It calls the checks it is given. Source: k8s.io/apiserver/pkg/server/healthz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apiserver.endpoints.responses import PAGE_NOT_FOUND, Response

Check = Callable[[], str]
"""Empty when all is well, else why not."""

_TEXT = "text/plain; charset=utf-8"


@dataclass
class Health:
    """`ready` checks count for /readyz only."""

    checks: dict[str, Check] = field(default_factory=dict)
    ready: dict[str, Check] = field(default_factory=dict)

    def answer(self, path: str, query: Mapping[str, str]) -> Response:
        """The response to a path that begins with healthz, livez or readyz."""
        which, _, single = path.strip("/").partition("/")
        checks = {"ping": lambda: "", "log": lambda: "", **self.checks}
        if which == "readyz":
            checks |= self.ready
        if single:
            return self._single(checks, single)
        excluded = query.get("exclude", "")
        return _report(which, {n: c for n, c in checks.items() if n != excluded}, "verbose" in query)

    @staticmethod
    def _single(checks: Mapping[str, Check], name: str) -> Response:
        check = checks.get(name)
        if check is None:
            return PAGE_NOT_FOUND
        why = check()
        if not why:
            return Response(b"ok", 200, _TEXT)
        return Response(f"internal server error: {why}\n".encode(), 500, _TEXT)


def _report(which: str, checks: Mapping[str, Check], verbose: bool) -> Response:
    lines, failed = [], False
    for name, check in checks.items():
        why = check()
        failed = failed or bool(why)
        lines.append(f"[-]{name} failed: reason withheld" if why else f"[+]{name} ok")
    if failed:
        return Response(("\n".join([*lines, f"{which} check failed"]) + "\n").encode(), 500, _TEXT)
    if verbose:
        return Response(("\n".join([*lines, f"{which} check passed"]) + "\n").encode(), 200, _TEXT)
    return Response(b"ok", 200, _TEXT)
