"""A real etcd cluster of three members for tests, whose members can be killed, stopped for a while, and cut off.

Used by tests of what must hold when a member fails. Between the members stand relays that know who calls (Linux says
whose socket it is), so that one member can be cut off from the others in both directions while clients still reach
it: nothing is refused, packets just stay away, as in a real partition. Blocking work runs in threads.

    async with EtcdCluster(directory) as cluster:
        cluster.urls; await cluster.leader(); await cluster.kill("two"); cluster.cut("one"); cluster.pause("three")
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

from tests.etcd_server import EtcdServer, find_free_port
from tests.support.patience import until

NAMES = ("one", "two", "three")
FAST = ("--heartbeat-interval=50", "--election-timeout=500")
PATIENCE_SECONDS = 60


class EtcdCluster:
    def __init__(self, directory: Path, *args: str):
        """`args` are further flags of every member."""
        self.directory = directory
        self._ports = {name: find_free_port() for name in NAMES}
        self._relays = {name: _Relay(self, name, port) for name, port in self._ports.items()}
        self._args = (*FAST, *args)
        self._cut: set[str] = set()
        self._mended = asyncio.Event()
        self._mended.set()
        self.members: dict[str, EtcdServer] = {}

    async def __aenter__(self) -> Self:
        for relay in self._relays.values():
            await relay.start()
        peers = {name: relay.url for name, relay in self._relays.items()}
        for name, port in self._ports.items():
            directory = self.directory / name
            directory.mkdir(parents=True)
            listen = f"--listen-peer-urls=http://127.0.0.1:{port}"
            self.members[name] = EtcdServer(directory, *self._args, listen, name=name, peers=peers)
        waiting = [(member, member.launch()) for member in self.members.values()]
        for member, socket in waiting:
            await asyncio.to_thread(member.await_ready, socket)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.mend()
        for name in NAMES:
            self.resume(name)
            await self.kill(name)
        for relay in self._relays.values():
            await relay.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def urls(self) -> list[str]:
        return [member.url for member in self.members.values()]

    # ---- faults ----

    async def kill(self, name: str) -> None:
        await asyncio.to_thread(self.members[name].kill)

    async def start(self, name: str) -> None:
        """Returns when the member serves again, which it does not without a majority."""
        await asyncio.to_thread(self.members[name].start)

    def pause(self, name: str) -> None:
        """It hangs: connections stay, nothing is answered. So does one whose disk does not answer."""
        self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: signal.Signals) -> None:
        process = self.members[name].process if name in self.members else None
        if process is not None:
            process.send_signal(number)

    def cut(self, name: str) -> None:
        """What it sends to the others, and they to it, stays away until `mend`."""
        self._cut.add(name)
        self._mended.clear()

    def mend(self) -> None:
        self._cut.clear()
        self._mended.set()

    async def passable(self, one: str, other: str) -> None:
        """Waits until there is a way between two members."""
        while one in self._cut or other in self._cut:
            await self._mended.wait()

    def caller(self, port: int, relay_port: int) -> str:
        """The member whose socket of this local port is connected to the relay; empty when it is gone."""
        inode = _socket_inode(port, relay_port)
        for name, member in self.members.items():
            if inode and member.process is not None and inode in _sockets_of(member.process.pid):
                return name
        return ""

    # ---- questions ----

    async def leader(self) -> str:
        """The member that leads now; waits for one."""
        return await until(self._leader, PATIENCE_SECONDS, "a leader of etcd")

    async def _leader(self) -> str:
        for name, member in self.members.items():
            with contextlib.suppress(OSError, ValueError):
                answer = await asyncio.to_thread(call, member.url, "/v3/maintenance/status", {})
                if answer["header"]["member_id"] == answer.get("leader"):
                    return name
        return ""

    async def compact(self, revision: int) -> None:
        """Through any member that answers; that it has been compacted already is fine."""
        await until(lambda: self._compacted(revision), PATIENCE_SECONDS, f"the compaction to revision {revision}")

    async def _compacted(self, revision: int) -> bool:
        for url in self.urls:
            try:
                await asyncio.to_thread(call, url, "/v3/kv/compaction", {"revision": str(revision)})
                return True
            except urllib.error.HTTPError as error:
                if b"compacted" in error.read():
                    return True
            except (OSError, ValueError):
                continue
        return False


def call(url: str, path: str, body: dict[str, Any], seconds: float = 5) -> Any:
    """etcd's JSON gateway. Raises OSError."""
    request = urllib.request.Request(url + path, json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=seconds) as response:
        return json.loads(response.read())


def disarm(url: str) -> None:
    """Ends every alarm: etcd takes writes again."""
    for alarm in call(url, "/v3/maintenance/alarm", {"action": "GET"}).get("alarms", ()):
        call(url, "/v3/maintenance/alarm", {"action": "DEACTIVATE", **alarm})


def encoded(key: str | bytes) -> str:
    """Bytes as the gateway writes them."""
    return base64.b64encode(key.encode() if isinstance(key, str) else key).decode()


class _Relay:
    """In front of one member's peer port: what the other members dial."""

    def __init__(self, cluster: EtcdCluster, name: str, port: int):
        self._cluster, self._name, self._port = cluster, name, port
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._own_port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self._own_port}"

    async def stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            caller = self._cluster.caller(writer.get_extra_info("peername")[1], self._own_port)
            await self._pump(caller, reader, writer)
        except (OSError, asyncio.CancelledError, ExceptionGroup):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _pump(self, caller: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._cluster.passable(caller, self._name)
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(caller, reader, far_writer))
                group.create_task(self._copy(caller, far_reader, writer))
        finally:
            far_writer.transport.abort()

    async def _copy(self, caller: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._cluster.passable(caller, self._name)
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError("the other side has closed")


def _socket_inode(port: int, remote_port: int) -> str:
    with open("/proc/net/tcp") as table:
        for line in table:
            fields = line.split()
            if fields[1].endswith(f":{port:04X}") and fields[2].endswith(f":{remote_port:04X}"):
                return f"socket:[{fields[9]}]"
    return ""


def _sockets_of(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.add(os.readlink(f"/proc/{pid}/fd/{name}"))
    return found
