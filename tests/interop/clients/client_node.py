"""npm's `@kubernetes/client-node`, in a node process that is told what to call line by line."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.interop.clients.interface import PATCH_TYPES, Client, Event, Json, Refused

FOLDER = Path(__file__).parents[1] / "node"


def missing() -> str:
    """What keeps it from running, in one line; empty when nothing does."""
    if shutil.which("node") is None:
        return "no node on PATH: apt-get install nodejs npm, then scripts/install.sh test"
    if not (FOLDER / "node_modules" / "@kubernetes" / "client-node").is_dir():
        return f"no client-node in {FOLDER}: scripts/install.sh test"
    return ""


class NodeProcess:
    """Requests and answers are lines of JSON, told apart by their ids."""

    def __init__(self, *args: str):
        self._process = subprocess.Popen(
            ["node", str(FOLDER / "client.mjs"), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ids = itertools.count(1)

    def send(self, method: str, *args: Any) -> int:
        number = next(self._ids)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "method": method, "args": args}) + "\n")
        self._process.stdin.flush()
        return number

    def receive(self, number: int) -> Json:
        """The next answer to that request; those to others are dropped, which were streams that nobody reads."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer["id"] == number:
                if "error" in answer:
                    raise Refused(answer["error"])
                return answer
        raise RuntimeError("node ended; see its standard error")

    def close(self) -> None:
        """It ends with its input."""
        self._process.communicate()

    def end(self) -> None:
        """For a thread beside the one that reads, which then hears that node ended."""
        self._process.terminate()
        self._process.wait(10)


class ClientNode(Client):
    name = "client-node"

    def __init__(self, kubeconfig: str, namespace: str):
        super().__init__(kubeconfig, namespace)
        self.node = NodeProcess(kubeconfig, namespace)

    def close(self) -> None:
        self.node.close()

    def _call(self, method: str, *args: Any) -> Any:
        return self.node.receive(self.node.send(method, *args))["result"]

    def create(self, manifest: Json) -> Json:
        return self._call("create", manifest)

    def get(self, kind: str, name: str) -> Json:
        return self._call("get", kind, name)

    def list(self, kind: str, labels: str = "", fields: str = "") -> list[Json]:
        return self._call("list", kind, labels or None, fields or None)

    def replace(self, manifest: Json) -> Json:
        return self._call("replace", manifest)

    def patch(
        self, kind: str, name: str, patch_type: str, body: Any, *, manager: str = "", force: bool = False
    ) -> Json:
        return self._call("patch", kind, name, PATCH_TYPES[patch_type], body, manager or None, force or None)

    def scale(self, name: str, replicas: int) -> None:
        self._call("scale", name, replicas)

    def delete(self, kind: str, name: str, propagation: str = "Background") -> None:
        self._call("delete", kind, name, propagation)

    def watch(self, kind: str, since: str = "", labels: str = "", fields: str = "") -> Iterator[Event]:
        number = self.node.send("watch", kind, since, labels, fields)
        try:
            while "event" in (answer := self.node.receive(number)):
                type_, obj = answer["event"]
                yield type_, obj
        finally:
            self.node.send("stop", number)

    def resources(self) -> set[str]:
        return set(self._call("resources"))

    def can_i(self, verb: str, group: str, resource: str) -> bool:
        return self._call("can_i", verb, group, resource)

    def logs(self, pod: str) -> str:
        return self._call("logs", pod)

    def exec(self, pod: str, *command: str) -> tuple[str, str, int]:
        stdout, stderr, code = self._call("exec", pod, *command)
        return stdout, stderr, code

    def forward(self, pod: str, port: int, line: bytes) -> bytes:
        return self._call("forward", pod, port, line.decode()).encode()
