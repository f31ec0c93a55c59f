"""The members of the etcd cluster: one is talked to, and the next one when it fails.

Called by the store, the leases, the watches and the compactor. It calls gRPC. Each request says that it needs a
leader, so that a member cut off from the others refuses at once instead of waiting. It does not balance load: one
member at a time keeps what is read in step with what is watched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import grpc
from aetcd import rpc

from apiserver.storage.etcd.errors import member_at_fault, never_sent, wrap

NEEDS_LEADER = (("hasleader", "true"),)
_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 10_000),  # a member that vanished without a word is noticed
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.use_local_subchannel_pool", 1),
)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5


@dataclass(frozen=True, slots=True)
class TLS:
    """Paths of PEM files: whom to trust, and who we are (both or neither of the last two)."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def credentials(self) -> grpc.ChannelCredentials:
        """Raises OSError when a file cannot be read."""
        return grpc.ssl_channel_credentials(_read(self.ca_file), _read(self.key_file), _read(self.cert_file))


def _read(path: str) -> bytes | None:
    if not path:
        return None
    with open(path, "rb") as file:
        return file.read()


class Member:
    """A channel to one member, and the calls that we make."""

    def __init__(self, endpoint: str, tls: TLS):
        url = urlsplit(endpoint if "//" in endpoint else f"http://{endpoint}")
        target = url.netloc
        if url.scheme == "https":
            self.channel = rpc.secure_channel(target, tls.credentials(), options=_OPTIONS)
        else:
            self.channel = rpc.insecure_channel(target, options=_OPTIONS)
        self.kv = rpc.KVStub(self.channel)
        self.lease = rpc.LeaseStub(self.channel)
        self.watch = rpc.WatchStub(self.channel)
        self.maintenance = rpc.MaintenanceStub(self.channel)


class Endpoints:
    """`call` sends a request to the current member, and moves on to the next when that one cannot serve.

    A read may be sent again after any failure of a member; a write only when it was certainly not carried out.
    """

    def __init__(self, endpoints: Sequence[str], tls: TLS | None = None, *, timeout: float = 10, patience: float = 3):
        """`timeout` bounds one attempt, `patience` the time during which new attempts are begun; in seconds."""
        self._names, self._tls = list(endpoints), tls or TLS()
        self._timeout, self._patience = timeout, patience
        self._members: list[Member | None] = [None] * len(self._names)
        self._at = 0

    @property
    def current(self) -> Member:
        """The member to talk to; its channel is opened when it is first asked for, in the running event loop."""
        if (member := self._members[self._at]) is None:
            member = self._members[self._at] = Member(self._names[self._at], self._tls)
        return member

    def give_up(self, member: Member) -> None:
        """Another member is talked to from now on, unless somebody has seen to that already."""
        if member is self._members[self._at]:
            self._at = (self._at + 1) % len(self._members)

    async def call(self, service: str, method: str, request: Any, *, write: bool = False, asked: int = 0) -> Any:
        """The response. Raises StorageError; `asked` is the revision in the request, for its text."""
        deadline = asyncio.get_running_loop().time() + self._patience
        pause = _FIRST_PAUSE
        while True:
            member = self.current
            try:
                stub = getattr(getattr(member, service), method)
                return await stub(request, timeout=self._timeout, metadata=NEEDS_LEADER)
            except rpc.AioRpcError as error:
                if member_at_fault(error):
                    self.give_up(member)
                again = never_sent(error) or (not write and member_at_fault(error))
                if not again or asyncio.get_running_loop().time() + pause > deadline:
                    raise wrap(error, asked) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def aclose(self) -> None:
        members, self._members = self._members, [None] * len(self._members)
        for member in members:
            if member is not None:
                await member.channel.close()
