"""A real API server for tests: the process `python -m apiserver` with TLS and tokens, on a socket that was bound
before.

Used by the fixtures of every test folder that needs a server. It calls subprocess. Readiness is the server's own
message to the service manager, so nothing is polled and no port is guessed.

    server = start_apiserver(etcd_url, tmp_path)
    server.url, server.token, server.ca_file, server.kubeconfig()      # and server.stop(), kill(), restart()
"""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
import ssl
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.pki import Authority, signing_key

ROOT = Path(__file__).parents[2]
ADMIN_TOKEN = "admin-token"


@dataclass
class ApiServer:
    """A running server. `token` is that of a user in system:masters; `authority` issues further certificates."""

    url: str
    token: str
    ca_file: Path
    directory: Path
    authority: Authority
    command: list[str]
    listener: socket.socket
    process: subprocess.Popen[bytes] | None = None
    users: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return self.listener.getsockname()[1]

    def start(self, seconds: float = 30) -> None:
        """Returns when the server is ready. Raises RuntimeError with the end of its log when it does not become so."""
        path = self.directory / "notify"
        path.unlink(missing_ok=True)
        descriptor = self.listener.fileno()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, self.log_file.open("ab") as log:
            ready.bind(str(path))
            ready.settimeout(0.5)
            self.process = subprocess.Popen(
                [*self.command, "--listen-fd", str(descriptor)], cwd=ROOT, stdout=log, stderr=log,
                pass_fds=[descriptor], env={"NOTIFY_SOCKET": str(path), "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
            for _ in range(int(seconds * 2)):
                try:
                    ready.recv(64)
                    return
                except TimeoutError:
                    if self.process.poll() is not None:
                        break
        raise RuntimeError("the API server did not start:\n" + self.log_file.read_text()[-3000:])

    @property
    def log_file(self) -> Path:
        return self.directory / "apiserver.log"

    def stop(self) -> int:
        """Ends it as a service manager would; returns the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it as a crash would. Connections wait in the socket until `start`."""
        self._end(signal.SIGKILL)

    def _end(self, sig: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(sig)
        code, self.process = self.process.wait(20), None
        return code

    def context(self, cert: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """A client's TLS context that trusts the server's authority."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        if cert is not None:
            context.load_cert_chain(*map(str, cert))
        return context

    def request(
        self, method: str, path: str, body: Any = None, *, token: str | None = None,
        headers: dict[str, str] | None = None, cert: tuple[Path, Path] | None = None,
    ) -> tuple[int, Any]:  # fmt: skip
        """One request on a connection of its own: (status, the JSON or the text of the answer)."""
        status, _, answer = self.exchange(method, path, body, token=token, headers=headers, cert=cert)
        return status, answer

    def exchange(
        self, method: str, path: str, body: Any = None, *, token: str | None = None,
        headers: dict[str, str] | None = None, cert: tuple[Path, Path] | None = None,
    ) -> tuple[int, list[tuple[str, str]], Any]:  # fmt: skip
        """As `request`, with the headers. `token` "" sends none; a body that is not bytes is sent as JSON."""
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context(cert), timeout=30)
        token = self.token if token is None else token
        sent = ({"Authorization": f"Bearer {token}"} if token else {}) | (headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        with contextlib.closing(connection):
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            data = response.read()
        try:
            answer = json.loads(data)
        except ValueError:
            answer = data.decode(errors="replace")
        return response.status, response.getheaders(), answer

    def kubeconfig(self, token: str | None = None, name: str = "kubeconfig") -> Path:
        """The path of a kubeconfig file for the token's user (the administrator). It is never seen half written."""
        path = self.directory / name
        text = json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": self.url, "certificate-authority": str(self.ca_file)}}],
            "users": [{"name": "test", "user": {"token": self.token if token is None else token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        })  # fmt: skip
        if not path.exists() or path.read_text() != text:
            part = self.directory / f".{name}.{uuid.uuid4().hex}"
            part.write_text(text)
            part.replace(path)
        return path


def start_apiserver(
    etcd_url: str, directory: Path, *, flags: Sequence[str] = (), tokens: Sequence[str] = (), prefix: str = "",
    start: bool = True,
) -> ApiServer:  # fmt: skip
    """A server on its own part of the etcd (`prefix`, a new one if empty; give the same to two servers of one cluster).

    `tokens` are further lines of the token file (`token,user,uid,"group,group"`), `flags` further flags.
    """
    directory.mkdir(parents=True, exist_ok=True)
    authority = Authority(directory / "pki")
    certificate, key = authority.serving()
    token_file = directory / "tokens.csv"
    token_file.write_text("\n".join([f'{ADMIN_TOKEN},admin,admin-uid,"system:masters"', *tokens]) + "\n")
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(512)
    port = listener.getsockname()[1]
    command = [
        sys.executable, "-m", "apiserver", "--etcd-servers", etcd_url,
        "--etcd-prefix", prefix or f"/test-{uuid.uuid4().hex[:12]}", "--bind-address", "127.0.0.1",
        "--secure-port", "0", "--advertise-port", str(port), "--tls-cert-file", str(certificate),
        "--tls-private-key-file", str(key), "--client-ca-file", str(authority.ca_file),
        "--token-auth-file", str(token_file),
        "--service-account-signing-key-file", str(signing_key(directory / "sa.key")), *flags,
    ]  # fmt: skip
    server = ApiServer(
        f"https://127.0.0.1:{port}", ADMIN_TOKEN, authority.ca_file, directory, authority, command, listener
    )
    if start:
        server.start()
    return server
