"""Credentials from another program: a kubeconfig's `exec`, run as client-go runs it and kept until they expire.

Called by `kube.client.config` for the headers and the certificate of a request; it calls subprocess. The protocol is
`client.authentication.k8s.io` v1 and v1beta1. It leaves out metrics.
Source: k8s.io/client-go/plugin/pkg/client/auth/exec/exec.go.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kube.apimachinery.codec import yaml_body
from kube.client.kubeconfig import ConfigError, check_object

Json = dict[str, Any]
_HELP = """

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"""
_SCHEME = "pkg/client/auth/exec/exec.go:62"


class CredentialsError(ConfigError):
    """The plugin gave nothing that can be used."""


@dataclass(frozen=True)
class Credentials:
    """What a plugin answered."""

    token: str = ""
    cert_data: bytes | None = None
    key_data: bytes | None = None
    expires: datetime | None = None


class ExecPlugin:
    """One plugin of one user for one cluster. Safe to use from several threads; it runs once at a time."""

    def __init__(self, config: Json, cluster: Json, now: Callable[[], datetime] = lambda: datetime.now(UTC)):
        self._config, self._cluster, self._now = config, cluster, now
        self._lock = threading.Lock()
        self.held: Credentials | None = None
        """What it gave last."""

    @property
    def fresh(self) -> bool:
        """Whether credentials are at hand and have not expired."""
        held = self.held
        return held is not None and (held.expires is None or self._now() < held.expires)

    def credentials(self) -> Credentials:
        """Runs the plugin unless what it gave last is still good. Raises CredentialsError."""
        with self._lock:
            if not self.fresh:
                self.held = self._read(self._run())
            assert self.held is not None
            return self.held

    def refused(self, used: Credentials | None) -> None:
        """The server did not take these: the next ones come from the plugin."""
        with self._lock:
            if self.held is used:
                self.held = None

    def _run(self) -> bytes:
        command, interactive = self._config["command"], self._interactive()
        spec: Json = {"cluster": self._cluster} if self._config.get("provideClusterInfo") else {}
        info = {"kind": "ExecCredential", "apiVersion": self._config["apiVersion"],
                "spec": spec | {"interactive": interactive}}  # fmt: skip
        environment = os.environ | {e["name"]: e["value"] for e in self._config.get("env") or ()}
        environment["KUBERNETES_EXEC_INFO"] = json.dumps(info, separators=(",", ":"))
        try:
            done = subprocess.run(
                [command, *(self._config.get("args") or ())], env=environment, stdout=subprocess.PIPE, check=False,
                stdin=None if interactive else subprocess.DEVNULL,
            )  # fmt: skip
        except FileNotFoundError as why:
            if "/" in command:
                raise self._error(f"fork/exec {command}: no such file or directory") from why
            hint = self._config.get("installHint", "")
            raise self._error(f"executable {command} not found{_HELP}" + (f"\n\n{hint}" if hint else "")) from why
        except OSError as why:
            raise self._error(f"fork/exec {command}: {(why.strerror or '').lower()}") from why
        if done.returncode:
            raise self._error(f"executable {command} failed with exit code {done.returncode}")
        return done.stdout

    def _error(self, text: str) -> CredentialsError:
        return CredentialsError(f"getting credentials: exec: {text}")

    def _interactive(self) -> bool:
        mode = self._config.get("interactiveMode") or "IfAvailable"
        terminal = sys.stdin is not None and sys.stdin.isatty()
        if mode == "Always" and not terminal:
            raise CredentialsError("getting credentials: exec plugin cannot support interactive mode: "
                                   "standard input is not a terminal")  # fmt: skip
        return terminal and mode != "Never"

    def _read(self, output: bytes) -> Credentials:
        try:
            answer, _ = yaml_body.loads(output)
            check_object(answer)
        except ValueError as why:
            raise CredentialsError(f"getting credentials: decoding stdout: {why}") from why
        kind, version = answer.get("kind"), answer.get("apiVersion")
        if kind != "ExecCredential":
            raise CredentialsError(f'getting credentials: decoding stdout: no kind "{kind}" is registered for version '
                                   f'"{version}" in scheme "{_SCHEME}"')  # fmt: skip
        if version != self._config["apiVersion"]:
            raise CredentialsError(
                f"getting credentials: exec plugin is configured to use API version {self._config['apiVersion']}, "
                f"plugin returned version {version}")  # fmt: skip
        status = answer.get("status")
        if status is None:
            raise CredentialsError("getting credentials: exec plugin didn't return a status field")
        return _credentials(status)


def _credentials(status: Json) -> Credentials:
    cert, key = status.get("clientCertificateData") or "", status.get("clientKeyData") or ""
    if not (status.get("token") or cert or key):
        raise CredentialsError("getting credentials: exec plugin didn't return a token or cert/key pair")
    if bool(cert) != bool(key):
        raise CredentialsError("getting credentials: exec plugin returned only certificate or key, not both")
    expires = status.get("expirationTimestamp")
    return Credentials(
        status.get("token") or "", cert.encode() or None, key.encode() or None,
        datetime.fromisoformat(expires) if expires else None,
    )  # fmt: skip
