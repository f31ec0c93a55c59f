"""Health checks: `/healthz`, `/livez`, `/readyz`, each check by itself and all of them together.

Called by the routes in `nonresource`. It calls the checks it is given. Source: k8s.io/apiserver/pkg/server/healthz.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from apiserver.endpoints.responses import PAGE_NOT_FOUND, Header, Response

Check = Callable[[], str]
"""Empty when all is well, else why not."""

_TEXT = "text/plain; charset=utf-8"
_HEADERS: tuple[Header, ...] = ((b"x-content-type-options", b"nosniff"),)


@dataclass
class Health:
    """`ready` checks count for /readyz only."""

    checks: dict[str, Check] = field(default_factory=dict)
    ready: dict[str, Check] = field(default_factory=dict)

    def answer(self, path: str, exclude: Sequence[str] = (), verbose: bool = False) -> Response:
        """The response to a path that begins with healthz, livez or readyz."""
        which, _, single = path.strip("/").partition("/")
        checks = self._of(which)
        if single:
            return _single(checks, single)
        return _report(which, checks, exclude, verbose)

    def slis(self) -> str:
        """`/metrics/slis`: each check as a metric, 1 when all is well."""
        lines = [
            "# HELP kubernetes_healthcheck This metric records the result of a single healthcheck.",
            "# TYPE kubernetes_healthcheck gauge",
        ]
        for which in ("healthz", "livez", "readyz"):
            for name, check in self._of(which).items():
                lines.append(f'kubernetes_healthcheck{{name="{name}",type="{which}"}} {0 if check() else 1}')
        return "\n".join(lines) + "\n"

    def _of(self, which: str) -> dict[str, Check]:
        checks = {"ping": _fine, "log": _fine, **self.checks}
        return checks | self.ready if which == "readyz" else checks


def _fine() -> str:
    return ""


def _single(checks: Mapping[str, Check], name: str) -> Response:
    check = checks.get(name)
    if check is None:
        return PAGE_NOT_FOUND
    why = check()
    return _text("ok") if not why else _text(f"internal server error: {why}\n", 500)


def _report(which: str, checks: Mapping[str, Check], exclude: Sequence[str], verbose: bool) -> Response:
    lines, failed = [], False
    for name, check in checks.items():
        if name in exclude:
            lines.append(f"[+]{name} excluded: ok")
            continue
        why = check()
        failed = failed or bool(why)
        lines.append(f"[-]{name} failed: reason withheld" if why else f"[+]{name} ok")
    if unknown := sorted(set(exclude) - checks.keys()):
        named = ", ".join(f'"{name}"' for name in unknown)
        lines.append(f"warn: some health checks cannot be excluded: no matches for {named}")
    if failed:
        return _text("\n".join([*lines, f"{which} check failed"]) + "\n", 500)
    return _text("\n".join([*lines, f"{which} check passed"]) + "\n" if verbose else "ok")


def _text(body: str, status: int = 200) -> Response:
    return Response(body.encode(), status, _TEXT, [*_HEADERS])
