"""A netlink socket that sends many messages in one system call and says which of them failed.

Called by the kernel sides of `proxy.ipvs`, `proxy.conntrack` and `proxy.netlink.rtnetlink`. It calls the kernel.
It leaves out what the messages say. It blocks: callers run it in a worker thread.

A batch is no transaction: each message stands alone. Only the last asks for an acknowledgement; the kernel reports
an error of any message, matched by its sequence number, and handles messages in order, so when the last is
acknowledged all are done. More than about 200 errors in one batch would overflow a default receive buffer and be
lost, hence BATCH.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import Self

from proxy.netlink.wire import (
    HEADER,
    NLM_F_ACK,
    NLM_F_DUMP,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    attribute_dict,
    messages,
)

NETLINK_ROUTE, NETLINK_NETFILTER, NETLINK_GENERIC = 0, 12, 16
BATCH = 100
_RECEIVE = 64 * 1024
_HEADER_SIZE = HEADER.size
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")
_GENL_ID_CTRL, _CTRL_CMD_GETFAMILY, _CTRL_ATTR_FAMILY_ID, _CTRL_ATTR_FAMILY_NAME = 16, 3, 1, 2

Message = tuple[int, int, bytes]
"""(type, flags beside REQUEST and ACK, payload)"""


class NetlinkError(OSError):
    """The kernel refused one message."""

    def __init__(self, number: int):
        super().__init__(number, os.strerror(number))


class NetlinkSocket:
    """One socket of one netlink family, in the network namespace in which it was opened."""

    def __init__(self, protocol: int):
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        self._socket.settimeout(10)
        self._socket.bind((0, 0))
        self._sequence = 0
        # One buffer for ever: memory that is new to a process is dear, in a UML guest most of all.
        self._buffer = bytearray(_RECEIVE)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send_all(self, batch: Sequence[Message]) -> dict[int, OSError]:
        """Sends the messages in batches. Returns index -> error of those the kernel refused."""
        failures: dict[int, OSError] = {}
        for start in range(0, len(batch), BATCH):
            for index, error in self._send_batch(batch[start : start + BATCH]).items():
                failures[start + index] = error
        return failures

    def request(self, message: Message) -> None:
        """Sends one message. Raises NetlinkError when it is refused."""
        for error in self._send_batch([message]).values():
            raise error

    def ask(self, message: Message) -> bytes:
        """Sends one question that has one answer; returns its payload. Raises NetlinkError."""
        return next(iter(self._exchange(message, 0)))

    def dump(self, message: Message) -> Iterator[bytes]:
        """The payloads of a dump. Raises NetlinkError (EINTR: the table changed meanwhile, ask again)."""
        return self._exchange(message, NLM_F_DUMP)

    def read(self, message: Message) -> list[bytes]:
        """A whole dump, asked for again when the table changed meanwhile. Raises NetlinkError."""
        for _ in range(5):
            try:
                return list(self.dump(message))
            except NetlinkError as error:
                if error.errno != errno.EINTR:
                    raise
        raise NetlinkError(errno.EINTR)

    def pieces(self, message: Message) -> Iterator[bytes]:
        """A dump as it comes; when the table changed meanwhile, from the start again: the same may come twice. Raises
        NetlinkError."""
        for _ in range(5):
            try:
                yield from self.dump(message)
                return
            except NetlinkError as error:
                if error.errno != errno.EINTR:
                    raise
        raise NetlinkError(errno.EINTR)

    def genl_family(self, name: str) -> int:
        """The number of a generic-netlink family. Raises NetlinkError (ENOENT) where the kernel lacks it."""
        payload = struct.pack("=BBH", _CTRL_CMD_GETFAMILY, 1, 0)
        payload += struct.pack("=HH", len(name) + 5, _CTRL_ATTR_FAMILY_NAME) + name.encode() + b"\0"
        answer = self.ask((_GENL_ID_CTRL, 0, payload + b"\0" * (-len(payload) % 4)))
        return struct.unpack("=H", attribute_dict(answer, 4)[_CTRL_ATTR_FAMILY_ID])[0]

    def _receive(self) -> bytes:
        length = self._socket.recv_into(self._buffer)
        return bytes(memoryview(self._buffer)[:length])

    def _send_batch(self, batch: Sequence[Message]) -> dict[int, OSError]:
        first = self._sequence + 1
        self._sequence += len(batch)
        last = self._sequence
        pieces: list[bytes] = []
        for sequence, (kind, flags, payload) in enumerate(batch, first):
            flags |= NLM_F_REQUEST | NLM_F_ACK if sequence == last else NLM_F_REQUEST
            size = len(payload)
            pieces += (HEADER.pack(_HEADER_SIZE + size, kind, flags, sequence, 0), payload, _PADDING[size % 4])
        self._socket.send(b"".join(pieces))
        return self._errors_until(first, last)

    def _errors_until(self, first: int, last: int) -> dict[int, OSError]:
        failures: dict[int, OSError] = {}
        while True:
            for kind, _, sequence, payload in messages(self._receive()):
                if kind != NLMSG_ERROR or not first <= sequence <= last:
                    continue
                number = -struct.unpack_from("=i", payload)[0]
                if number:
                    failures[sequence - first] = NetlinkError(number)
                if sequence == last:
                    return failures

    def _exchange(self, message: Message, more_flags: int) -> Iterator[bytes]:
        kind, flags, payload = message
        self._sequence += 1
        sequence = self._sequence
        header = HEADER.pack(HEADER.size + len(payload), kind, flags | more_flags | NLM_F_REQUEST, sequence, 0)
        self._socket.send(header + payload)
        while True:
            for kind, _flags, answered, body in messages(self._receive()):
                if answered != sequence:
                    continue
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    number = -struct.unpack_from("=i", body)[0] if len(body) >= 4 else 0
                    if number > 0 and number != errno.ENODATA:
                        raise NetlinkError(number)
                    return
                yield body
                if not more_flags:
                    return
