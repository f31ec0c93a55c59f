"""Scenarios of containers' input and terminals, which test_attach.py runs inside a machine of their own."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from kubelet.runtime.interface import RuntimeFailure
from tests.kubelet.scenarios import UID, Node, main

STDIN, STDOUT, STDERR, RESIZE, CLOSE = 0, 1, 2, 4, 255


class Caller:
    """One who is attached, and what has been said to it."""

    def __init__(self, node: Node, name: str = "c"):
        self.attachment = node.runtime.attach(UID, name)
        self.heard: dict[int, bytes] = {STDOUT: b"", STDERR: b""}

    async def type(self, text: str) -> None:
        await self.attachment.send(STDIN, text.encode())

    async def end_input(self) -> None:
        await self.attachment.send(CLOSE, bytes([STDIN]))

    async def hears(self, text: str = "", channel: int = STDOUT) -> str:
        """What came until the text did, or with none until it is let go."""
        while not text or text.encode() not in self.heard[channel]:
            message = await self.attachment.receive()
            if message is None:
                assert not text, self.heard
                self.attachment.close()
                break
            self.heard[message[0]] += message[1]
        return self.heard[channel].decode()


async def once(node: Node) -> dict:
    """`kubectl run -i`: the container's input ends with that of the first; others see the same output."""
    await node.sandbox()
    script = "printf 'name? ' >&2; read name; echo hello $name; cat; exit 4"
    await node.start_container("sh", "-c", script, stdin=True, stdin_once=True)
    one, two = Caller(node), Caller(node)
    await one.type("you\n")
    await two.hears("hello you\n")
    await one.type("and\nmore")
    await one.end_input()
    said = [await one.hears(), await two.hears(), node.log()]
    return {"said": said, "exit": (await node.end_of()).exit_code}


async def without_input(node: Node) -> dict:
    """Not asked for, there is none, and what is sent goes nowhere."""
    await node.sandbox()
    await node.start_container("sh", "-c", "sleep 0.3; cat; echo end", name="c")
    caller = Caller(node)
    await caller.type("lost\n")
    return {"said": await caller.hears(), "exit": (await node.end_of()).exit_code}


async def kept_open(node: Node) -> dict:
    """`--leave-stdin-open`: the end of one's input lets that one go; a kubelet that dies takes nothing along."""
    await node.sandbox()
    script = "while read word; do echo got $word; test $word = last && exit 6; done; exit 1"
    await node.start_container("sh", "-c", script, stdin=True)
    first = Caller(node)
    await first.type("one\n")
    await first.hears("got one\n")
    await first.end_input()
    left = await first.hears()
    dying = Caller(node)
    await dying.type("half ")
    dying.attachment.close()
    await node.runtime.close()
    node.runtime = (await Node(node.root).start()).runtime
    node.runtime.on_change = lambda _uid: node.changed.set()
    later = Caller(node)
    await later.type("word\nlast\n")
    return {"left": left, "said": await later.hears(), "exit": (await node.end_of()).exit_code}


async def slow(node: Node) -> dict:
    """Megabytes in and out: nothing is lost when one side is slow, and one that vanishes holds nobody up."""
    await node.sandbox()
    await node.start_container("sh", "-c", "sleep 0.3; exec cat", stdin=True, stdin_once=True)
    lazy, caller, size = Caller(node), Caller(node), 4 << 20

    async def send() -> None:
        for _ in range(size >> 16):
            await caller.type("0123456789abcde\n" * 4096)
        await caller.end_input()

    sending = asyncio.create_task(send())
    await caller.hears("\n")
    await asyncio.sleep(0.2)
    waited = not sending.done()  # as `lazy` does not read, the container stands still, and so do we
    lazy.attachment.close()
    said = await caller.hears()
    await sending
    return {"waited": waited, "bytes": len(said), "exit": (await node.end_of()).exit_code}


async def terminal(node: Node) -> dict:
    """`tty: true`: one stream, a name, a size, TERM; who is attached again goes on; Ctrl-D ends it."""
    await node.sandbox()
    await node.start_container("sh", stdin=True, stdin_once=True, tty=True)
    first = Caller(node)
    await first.hears("# ")
    await first.attachment.send(RESIZE, json.dumps({"Width": 101, "Height": 31}).encode())
    await first.type("tty; stty size; echo $TERM; echo wrong >&2; trap 'echo resized' WINCH; echo d''one\n")
    said = await first.hears("done\r\n")
    await first.attachment.send(RESIZE, json.dumps({"Width": 80, "Height": 24}).encode())
    await first.type("\n")
    await first.hears("resized\r\n")
    await first.end_input()
    left = await first.hears()
    second = Caller(node)
    await second.hears("# ")
    await second.type("stty size; exit 8\n")
    again = await second.hears()
    lines = [line for line in said.replace("\r\n", "\n").splitlines() if not line.startswith(("#", "$"))]
    log = [line for line in node.log() if line.startswith(("/dev", "wrong"))]
    return {"lines": lines, "errors": left and first.heard[STDERR].decode(), "again": "24 80\r\n" in again,
            "log": log, "exit": (await node.end_of()).exit_code}  # fmt: skip


async def target(node: Node) -> dict:
    """`kubectl debug --target`: the processes of another container; what the debugger leaves behind ends with it."""
    await node.sandbox()
    await node.start_container("sleep", "1000", name="app")
    await node.start_container("sh", "-c", "sleep 2000 & sleep 0.1; cat /proc/1/cmdline", name="debugger", target="app")
    record = await node.end_of("debugger")
    log = [line.replace("\0", " ").strip() for line in node.log("debugger")]
    left = [line for line in (await node.inside("ps", "-eo", "args", name="app")).splitlines() if "2000" in line]
    failure: Any = None
    node.runtime.signal(UID, "app", 9)
    await node.end_of("app")
    try:
        await node.start_container("true", name="late", target="app")
    except RuntimeFailure as raised:
        failure = raised.message
    return {"sees": log, "exit": record.exit_code, "left": left, "late": failure}


async def everything(node: Node) -> dict:
    """One after the other: a machine for each would take longer than they do."""
    seen = {}
    for scenario in (once, without_input, kept_open, slow, terminal, target):
        seen[scenario.__name__] = await scenario(node)
        await node.runtime.remove_pod(UID)
    return seen


if __name__ == "__main__":
    asyncio.run(main("everything", sys.argv[1], scenarios=globals()))
