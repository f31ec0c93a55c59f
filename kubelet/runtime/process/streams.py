"""What a container reads and writes while it runs: its log, its input, and everybody who is attached to it.

Called by the shim. A socket `attach` beside the log takes any number of callers (`attachment.py`, in the kubelet), so
that a container's input outlives the kubelet with its shim. Messages both ways are a byte that names the channel, and
data; the channels are those of `v5.channel.k8s.io`. It imports as little as it can.

Guarantees, each with a test that bears its number:
1. Everybody who is attached sees all that comes from then on, in the order of each stream; of a terminal also the
   line that it stands on, which may be a prompt. A caller who does not read holds the container up, as with containerd.
2. Input waits in the shim while the container does not read, and callers wait in turn.
3. When a caller's input ends, `stdinOnce` ends the container's; otherwise, or with a terminal, that caller is let go,
   once it had a moment to see the answer. A caller who just vanishes, as a killed kubelet does, ends nothing: the next
   one goes on.
"""

import fcntl
import json
import os
import select
import socket
import struct
import termios
import time
from collections import deque

from kubelet.runtime.process.container_log import ContainerLog

STDIN, STDOUT, STDERR, RESIZE, CLOSE = 0, 1, 2, 4, 255
SOCKET = "attach"
BLOCK = 32768
BEHIND = 1 << 20
"""So many bytes may wait for a caller, or for the container to read them."""
ANSWER_SECONDS = 0.3
"""How long a caller whose input has ended still sees what the container says to it."""
GOODBYE_SECONDS = 5.0
"""Callers have so long to read what was said before the container's end."""


class Caller:
    """One that is attached; `waiting` is what it has not taken yet."""

    def __init__(self, sock: socket.socket):
        sock.setblocking(False)
        self.sock, self.waiting, self.size = sock, deque(), 0
        self.leaves_at = float("inf")

    def say(self, message: bytes) -> None:
        self.waiting.append(message)
        self.size += len(message)

    def flush(self) -> bool:
        """Whether it is still there."""
        while self.waiting:
            try:
                self.sock.send(self.waiting[0])
            except BlockingIOError:
                return True
            except OSError:
                return False
            self.size -= len(self.waiting.popleft())
        return time.monotonic() < self.leaves_at


class Streams:
    """`until_end_of` is the loop. `writer`, `readers` and `held` are what `stdio` gives."""

    def __init__(self, spec: dict, writer: int, readers: dict, held: tuple):
        self._tty, self._once = spec["tty"], spec["stdin_once"]
        self._terminal = writer if spec["tty"] else -1
        self._writer = writer if spec["stdin"] else -1
        self._readers, self._held = dict(readers), held
        self._input = bytearray()
        self._input_ends = False
        self._callers: dict = {}
        self._log = ContainerLog()
        self._listener = _listen()
        if self._writer >= 0:
            os.set_blocking(self._writer, False)

    def until_end_of(self, pid: int, ending=lambda: None) -> int:
        """The container's wait status; all it wrote has been logged and said. `ending` is called when it has ended."""
        ended = os.pidfd_open(pid)
        status = None
        while status is None:
            for fd, _ in self._poll(ended):
                if fd == ended:
                    status = os.waitpid(pid, 0)[1]
                else:
                    self._handle(fd)
            self._let_go()
        ending()
        self._drain()
        self._say_goodbye()
        return status

    # ---- the loop's parts ----

    def _poll(self, ended: int) -> list:
        poller = select.poll()
        for fd in (ended, self._listener.fileno()):
            poller.register(fd, select.POLLIN)
        if all(caller.size < BEHIND for caller in self._callers.values()):
            for fd in self._readers:
                poller.register(fd, select.POLLIN)
        if self._input:
            mask = select.POLLIN if self._writer in self._readers else 0
            poller.register(self._writer, mask | select.POLLOUT)
        for fd, caller in self._callers.items():
            ready = len(self._input) < BEHIND
            poller.register(fd, (select.POLLIN if ready else 0) | (select.POLLOUT if caller.waiting else 0))
        left = min((caller.leaves_at for caller in self._callers.values()), default=float("inf")) - time.monotonic()
        return poller.poll(None if left == float("inf") else max(0.0, left) * 1000 + 1)

    def _handle(self, fd: int) -> None:
        if fd == self._listener.fileno():
            self._welcome(self._listener.accept()[0])
        elif fd in self._callers:
            self._hear(fd, self._callers[fd])
        if fd == self._writer:
            self._feed()
        if fd in self._readers:
            self._copy(fd)

    def _copy(self, fd: int) -> bool:
        """Logs and says what is there to be read; whether more may come."""
        name = self._readers[fd]
        try:
            data = os.read(fd, BLOCK)
        except BlockingIOError:  # a terminal that takes input has nothing to say
            return True
        except OSError:  # a terminal whose other end is closed
            data = b""
        if not data:
            self._log.end(name)
            del self._readers[fd]
            return False
        self._log.write(name, data)
        message = bytes([STDOUT if name == b"stdout" else STDERR]) + data
        for caller in list(self._callers.values()):
            caller.say(message)
            self._keep_or_drop(caller)
        return True

    # ---- callers ----

    def _welcome(self, sock: socket.socket) -> None:
        caller = self._callers[sock.fileno()] = Caller(sock)
        if self._tty and (prompt := self._log.unfinished(b"stdout")):
            caller.say(bytes([STDOUT]) + prompt)
            self._keep_or_drop(caller)

    def _hear(self, fd: int, caller: Caller) -> None:
        try:
            message = caller.sock.recv(BLOCK + 1)
        except BlockingIOError:
            return self._keep_or_drop(caller)
        except OSError:
            message = b""
        if not message:
            return self._drop(caller)
        channel, data = message[0], message[1:]
        if channel == STDIN and self._writer >= 0 and not self._input_ends:
            self._input += data
            self._feed()
        elif channel == RESIZE and self._terminal >= 0:
            _resize(self._terminal, data)
        elif channel == CLOSE:
            self._end_of_callers_input(caller)
        return self._keep_or_drop(caller)

    def _end_of_callers_input(self, caller: Caller) -> None:
        if self._once and not self._tty:
            self._input_ends = True
            self._feed()
        else:
            caller.leaves_at = min(caller.leaves_at, time.monotonic() + ANSWER_SECONDS)

    def _let_go(self) -> None:
        now = time.monotonic()
        for caller in list(self._callers.values()):
            if caller.leaves_at <= now:
                self._keep_or_drop(caller)

    def _keep_or_drop(self, caller: Caller) -> None:
        if not caller.flush():
            self._drop(caller)

    def _drop(self, caller: Caller) -> None:
        if self._callers.pop(caller.sock.fileno(), None):
            caller.sock.close()

    # ---- input ----

    def _feed(self) -> None:
        """Gives the container what it takes of its input, and its end after that."""
        try:
            while self._input:
                del self._input[: os.write(self._writer, self._input[:BLOCK])]
        except BlockingIOError:
            return
        except OSError:  # it has closed its input
            self._input.clear()
        if self._input_ends and self._writer >= 0 and not self._tty:
            os.close(self._writer)
            self._writer = -1

    # ---- the end ----

    def _drain(self) -> None:
        """What was written before the end is still in the pipes; a terminal gives it up when its last user closes."""
        for fd in self._held:
            os.close(fd)
        poller = select.poll()
        for fd in self._readers:
            poller.register(fd, select.POLLIN)
        while self._readers and (events := poller.poll(0)):
            for fd, _ in events:
                if not self._copy(fd):
                    poller.unregister(fd)
        for fd in list(self._readers):
            self._log.end(self._readers[fd])

    def _say_goodbye(self) -> None:
        deadline = time.monotonic() + GOODBYE_SECONDS
        for caller in self._callers.values():
            caller.leaves_at = 0.0
        while self._callers and (left := deadline - time.monotonic()) > 0:
            for caller in list(self._callers.values()):
                self._keep_or_drop(caller)
            poller = select.poll()
            for fd in self._callers:
                poller.register(fd, select.POLLOUT)
            if self._callers:
                poller.poll(left * 1000)


def _listen() -> socket.socket:
    """Below the working directory: an absolute path may be too long for a socket."""
    if os.path.exists(SOCKET):
        os.unlink(SOCKET)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(SOCKET)
    listener.listen(64)
    return listener


def _resize(terminal: int, data: bytes) -> None:
    """The client's `{"Width": 80, "Height": 24}`; the kernel tells the container by SIGWINCH."""
    try:
        size = json.loads(data)
        packed = struct.pack("HHHH", int(size["Height"]), int(size["Width"]), 0, 0)
    except (ValueError, KeyError, TypeError, struct.error):
        return
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, packed)
