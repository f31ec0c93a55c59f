"""`-v=6` to `-v=10`: each request and its answer on standard error, in the lines that client-go logs with klog.

Made by `kubectl_lite.connection` and called by `kube.client.transport` as its observer. Secrets are masked. It leaves
out what client-go logs of itself: feature gates, reflectors, the times of DNS, dialling and TLS.
Source: k8s.io/client-go/transport/round_trippers.go, k8s.io/klog/v2.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime

Headers = Sequence[tuple[str, str]]
_MASKED = ("Bearer", "Basic", "Negotiate")
_LIMITS = {8: 1024, 9: 10240}
"""How many characters of a body are shown; at 10 all are."""


def log(place: str, text: str) -> None:
    """One line with klog's head."""
    now = datetime.now()
    print(f"I{now:%m%d %H:%M:%S.%f} {os.getpid():7} {place}] {text}", file=sys.stderr)


def loaded_files(explicit: str) -> None:
    """Says which kubeconfigs there are."""
    from kube.client.kubeconfig import paths_of

    for path in paths_of(explicit):
        if path.exists():
            log("loader.go:402", f"Config loaded from file:  {path}")


class Trace:
    """Says of requests as much as the level asks for."""

    def __init__(self, level: int):
        self._level = level
        self._request = ""
        self._begun = 0.0

    def asked(self, method: str, url: str, headers: Headers, body: bytes) -> None:
        masked = [(name, _masked(name, value)) for name, value in headers]
        self._request, self._begun = f'verb="{method}" url="{url}"', time.monotonic()
        if self._level >= 8:
            log("helper.go:105", f'"Request Body" body={_value(self._cut(body))}')
        if self._level >= 9:
            log("round_trippers.go:527", f'"Request" curlCommand={_block([_curl(method, url, masked)])}')
        elif self._level >= 7:
            log("round_trippers.go:527", f'"Request" {self._request} headers={_block(_lines(masked))}')

    def answered(self, status: int, reason: str, headers: Headers) -> None:
        took = int((time.monotonic() - self._begun) * 1000)
        said = f'status="{f"{status} {reason}" if status else ""}"'
        if self._level in (6, 9, 10) or self._level > 10:
            said = f"{self._request} {said}"
        if self._level >= 8:
            said += f" headers={_block(_lines(headers))}"
        log("round_trippers.go:632", f'"Response" {said} milliseconds={took}')

    def read(self, body: bytes) -> None:
        if self._level >= 8:
            log("helper.go:105", f'"Response Body" body={_value(self._cut(body))}')

    def _cut(self, body: bytes) -> str:
        text, limit = body.decode(errors="replace"), _LIMITS.get(self._level, len(body))
        return text if len(text) <= limit else f"{text[:limit]} [truncated {len(text) - limit} chars]"


def _masked(name: str, value: str) -> str:
    if name != "Authorization":
        return value
    scheme, blank, _ = value.partition(" ")
    return f"{scheme} <masked>" if scheme in _MASKED and blank else "<masked>"


def _lines(headers: Headers) -> list[str]:
    return sorted(f"{name}: {value}" for name, value in headers)


def _curl(method: str, url: str, headers: Headers) -> str:
    shown = " ".join(f'-H "{name}: {value}"' for name, value in headers)
    return f"curl -v -X{method}  {shown} '{url}'"


def _value(text: str) -> str:
    """As klog shows a string: quoted, or as a block if it has several lines."""
    return _block(text.split("\n")) if "\n" in text else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _block(lines: Sequence[str]) -> str:
    return "<\n" + "".join(f"\t{line}\n" for line in lines) + " >"
