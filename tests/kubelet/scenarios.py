"""Scenarios of the process runtime, which test_runtime.py runs inside a machine of their own.

Each prints one line of JSON with what was seen. A machine here is a set of namespaces, so the bridge, the pods'
networks and everything that runs end with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kubelet.network.pods import PodNetwork
from kubelet.probes import http_get, run_command
from kubelet.runtime.interface import ContainerSpec, Mount, RuntimeFailure, SandboxSpec
from kubelet.runtime.process.runtime import ProcessRuntime

UID = "0a1b2c3d-0000-4000-8000-000000000000"
OTHER = "1a1b2c3d-0000-4000-8000-000000000000"


class Node:
    """A runtime with a network, and the events that tests wait for."""

    def __init__(self, root: Path):
        self.root = root
        self.network = PodNetwork("cni0", root / "network")
        self.runtime = ProcessRuntime(root, self.network)
        self.changed = asyncio.Event()
        self.runtime.on_change = lambda _uid: self.changed.set()

    async def start(self) -> Node:
        await self.network.configure(["10.244.1.0/24"])
        await self.runtime.start()
        return self

    async def sandbox(self, uid: str = UID, name: str = "web") -> tuple[str, ...]:
        spec = SandboxSpec(uid, "default", name, name, resolv_conf="nameserver 10.96.0.10\n")
        return (await self.runtime.run_sandbox(spec)).ips

    async def start_container(
        self, *args: str, image: str = "busybox", name: str = "c", uid: str = UID, **more: Any
    ) -> None:
        await self.runtime.start_container(uid, ContainerSpec(name, more.pop("attempt", 0), image, args=args, **more))

    async def end_of(self, name: str = "c", uid: str = UID) -> Any:
        while (record := self.runtime.pod(uid).containers[name]).state != "exited":
            self.changed.clear()
            await self.changed.wait()
        return record

    def log(self, name: str = "c") -> list[str]:
        text = Path(self.runtime.log_file(UID, name, 0)).read_text()
        return [line.split(" ", 3)[3] for line in text.splitlines()]

    async def inside(self, *command: str, name: str = "c") -> str:
        return (await run_command(*self.runtime.exec_argv(UID, name, command)))[1]


async def nginx(node: Node) -> dict:
    """Two pods with nginx: each has its own page, one of a volume over the image's; they reach each other, and a page
    can be changed from inside."""
    facts, volume = {"node": "n1"}, node.root / "volume"
    volume.mkdir()
    (volume / "index.html").write_text("of the volume\n")
    one, two = await node.sandbox(), await node.sandbox(OTHER, "other")
    await node.start_container(image="docker.io/nginx", facts={"pod": "web", **facts})
    mount = Mount(str(volume), "/usr/share/nginx/html")
    await node.start_container(image="docker.io/nginx", uid=OTHER, facts={"pod": "other", **facts}, mounts=(mount,))
    pages = [await _page(one[0]), await _page(two[0])]
    across = await node.inside("curl", "-s", f"http://{two[0]}/")
    await node.inside("sh", "-c", "echo changed > /usr/share/nginx/html/index.html")
    changed = [await _page(one[0]), await _page(two[0])]
    node.runtime.signal(UID, "c")
    return {"pages": pages, "across": across, "changed": changed, "exit": (await node.end_of()).exit_code}


def _exists(path: str | Path) -> bool:
    return os.path.exists(path)


async def _page(address: str) -> str:
    for _ in range(200):
        with contextlib.suppress(OSError):
            # A probe reads the head of an answer; the page may come a packet later.
            page = (await http_get(address, 80, "/"))[1].decode().split("\r\n\r\n")[1]
            if page:
                return page
        await asyncio.sleep(0.02)
    return "no answer"


async def world(node: Node) -> dict:
    """What a container sees: its name, its resolv.conf, its PIDs, its address, nothing of the node's homes."""
    await node.sandbox()
    (node.root / "volume").mkdir()
    (node.root / "volume" / "f").write_text("from the volume")
    script = "hostname; cat /etc/resolv.conf; echo $$; ip -4 -o addr show eth0 | tr -s ' ' | cut -d' ' -f4; " \
             "ls /root /home; cat /data/f; echo; echo $V; echo x > /etc/mine && cat /etc/mine; exit 7"  # fmt: skip
    mount = Mount(str(node.root / "volume"), "/data", True)
    await node.start_container("sh", "-c", script, mounts=(mount,), env=(("V", "value"),))
    record = await node.end_of()
    return {"log": node.log(), "exit": record.exit_code, "reason": record.reason, "leaked": _exists("/etc/mine")}


async def failures(node: Node) -> dict:
    """What cannot run says why."""
    await node.sandbox()
    said = {}
    for name, image, args in (("unknown", "quay.io/nobody/nothing", ()), ("name", "BAD NAME", ()),
                              ("command", "busybox", ("no-such-program",))):  # fmt: skip
        try:
            await node.start_container(*args, image=image, name=name)
        except RuntimeFailure as failure:
            said[name] = [failure.reason, failure.message]
    return said


async def restart(node: Node) -> dict:
    """A second kubelet finds what the first left: one container that runs, one that ended meanwhile."""
    await node.sandbox()
    await node.start_container("sh", "-c", "sleep 0.2; exit 5", name="short")
    await node.start_container("sh", "-c", "trap 'exit 9' TERM; while :; do sleep 0.01; done", name="long")
    await node.runtime.close()
    while not _exists(node.root / "pods" / UID / "containers/short/0/exit.json"):  # noqa: ASYNC110, nobody watches
        await asyncio.sleep(0.02)
    second = await Node(node.root).start()
    found = second.runtime.pod(UID).containers
    states = {name: [record.state, record.exit_code] for name, record in found.items()}
    second.runtime.signal(UID, "long", 15)
    code = (await second.end_of("long")).exit_code
    await second.runtime.remove_pod(UID)
    return {"states": states, "long": code, "left": [os.listdir(node.root / "pods"), os.listdir("/run/netns")]}


async def killed_shim(node: Node) -> dict:
    """When a shim is killed its container ends too, and that is seen."""
    await node.sandbox()
    await node.start_container("sleep", "100")
    shim = json.loads((node.root / "pods" / UID / "containers/c/0/shim.json").read_text())["pid"]
    os.kill(shim, 9)
    record = await node.end_of()
    return {"exit": record.exit_code, "reason": record.reason}


async def terminal(node: Node) -> dict:
    """A terminal of the container's own has a name and a size inside."""
    await node.sandbox()
    await node.start_container("sleep", "100")
    master, slave = node.runtime.open_terminal(UID, "c")
    argv, env = node.runtime.exec_argv(UID, "c", ["setsid", "--ctty", "--wait", "tty"])
    process = await asyncio.create_subprocess_exec(*argv, env=env, stdin=slave, stdout=slave, start_new_session=True)
    code = await process.wait()
    return {"code": code, "tty": os.read(master, 100).decode().strip()}


async def main(name: str, directory: str, scenarios: dict[str, Any] | None = None) -> None:
    node = await Node(Path(directory)).start()
    try:
        print(json.dumps(await (scenarios or globals())[name](node)))
    finally:
        await node.runtime.close()


if __name__ == "__main__":
    arguments: Sequence[str] = sys.argv[1:]
    asyncio.run(main(*arguments))
