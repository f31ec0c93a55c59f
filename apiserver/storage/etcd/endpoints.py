"""The members of the etcd cluster: one is talked to, and the next one when it fails.

Called by the store, the leases, the watches and the compactor. It calls `transport`. Each request says that it needs a
leader, so that a member cut off from the others refuses at once instead of waiting. It does not balance load: one
member at a time keeps what is read in step with what is watched.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from aetcd import rpc

from apiserver.storage.etcd.errors import member_at_fault, never_done, wrap
from apiserver.storage.etcd.transport import Channel, RpcError

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.5


class Method(NamedTuple):
    """A gRPC method: where it is, and the message that answers."""

    path: str
    answer: Any


RANGE = Method("/etcdserverpb.KV/Range", rpc.RangeResponse)
TXN = Method("/etcdserverpb.KV/Txn", rpc.TxnResponse)
COMPACT = Method("/etcdserverpb.KV/Compact", rpc.CompactionResponse)
LEASE_GRANT = Method("/etcdserverpb.Lease/LeaseGrant", rpc.LeaseGrantResponse)
STATUS = Method("/etcdserverpb.Maintenance/Status", rpc.StatusResponse)
WATCH = Method("/etcdserverpb.Watch/Watch", rpc.WatchResponse)


@dataclass(frozen=True, slots=True)
class TLS:
    """Paths of PEM files: whom to trust, and who we are (both or neither of the last two)."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def context(self) -> ssl.SSLContext:
        """Raises OSError when a file cannot be read."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.set_alpn_protocols(["h2"])
        if self.cert_file:
            context.load_cert_chain(self.cert_file, self.key_file or None)
        return context


class Endpoints:
    """`call` sends a request to the current member, and moves on to the next when that one cannot serve.

    A read may be sent again after any failure of a member; a write only when it was certainly not carried out.
    """

    def __init__(self, endpoints: Sequence[str], tls: TLS | None = None, *, timeout: float = 10, patience: float = 3):
        """`timeout` bounds one attempt, `patience` the time during which new attempts are begun; in seconds."""
        self._patience = patience
        self._members = [_channel(endpoint, tls or TLS(), timeout) for endpoint in endpoints]
        self._at = 0

    @property
    def current(self) -> Channel:
        """The member to talk to."""
        return self._members[self._at]

    def give_up(self, member: Channel) -> None:
        """Another member is talked to from now on, unless somebody has seen to that already."""
        if member is self._members[self._at]:
            self._at = (self._at + 1) % len(self._members)

    async def call(self, method: Method, request: Any, *, write: bool = False, asked: int = 0) -> Any:
        """The response. Raises StorageError; `asked` is the revision in the request, for its text."""
        body = request.SerializeToString()
        begun, pause = 0.0, _FIRST_PAUSE
        while True:
            member = self.current
            try:
                return method.answer.FromString(await member.unary(method.path, body))
            except RpcError as error:
                if member_at_fault(error):
                    self.give_up(member)
                now = asyncio.get_running_loop().time()
                begun = begun or now
                again = never_done(error) or (not write and member_at_fault(error))
                if not again or now + pause > begun + self._patience:
                    raise wrap(error, asked) from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def aclose(self) -> None:
        for member in self._members:
            await member.aclose()


def _channel(endpoint: str, tls: TLS, timeout: float) -> Channel:
    """Of `http://HOST:PORT`, `https://HOST:PORT` or `HOST:PORT`."""
    url = urlsplit(endpoint if "//" in endpoint else f"http://{endpoint}")
    context = tls.context() if url.scheme == "https" else None
    return Channel(url.hostname or "127.0.0.1", url.port or 2379, context, timeout=timeout)
