"""Forwarding: names that are not the cluster's are asked of the configured upstreams, and remembered for a while.

Called by `cluster_dns.responder`. Calls upstreams over UDP, over TCP when an answer was cut; one that does not answer
is passed over for a time. A loop (an upstream that leads back here) is found by a question nobody else would ask, and
refused from then on.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from kube.clock import Clock
from kube.metrics import Counter

log = logging.getLogger(__name__)

TIMEOUT = 2.0
PASSED_OVER = 5.0
MOST_SECONDS, LEAST_SECONDS, FAILED_SECONDS = 30, 1, 5
MOST_ENTRIES = 10_000
FORWARDS = Counter("coredns_proxy_request_total", "Counter of requests forwarded, by upstream.", ("to", "rcode"))


class Unanswered(Exception):
    """No upstream answered in time."""


class Loop(Exception):
    """The upstreams lead back to this server."""


@dataclass
class _Cached:
    message: dns.message.Message
    expires: float


@dataclass
class Forwarder:
    """Asks the upstreams, `HOST` or `HOST:PORT` each, in order."""

    upstreams: tuple[tuple[str, int], ...]
    clock: Clock
    loop_name: str = field(default_factory=lambda: f"{secrets.randbelow(2**62)}.{secrets.randbelow(2**62)}.")
    looping: bool = False
    _cache: OrderedDict[tuple[str, str, bool], _Cached] = field(default_factory=OrderedDict)
    _passed_over: dict[tuple[str, int], float] = field(default_factory=dict)
    _asking: dict[tuple[str, str, bool], asyncio.Future[dns.message.Message]] = field(default_factory=dict)

    async def ask(self, query: dns.message.Message, name: str, type_: str) -> dns.message.Message:
        """An answer to the query, its identifier not set. Raises Unanswered or Loop."""
        if self.looping:
            raise Loop("the upstreams lead back to this server")
        key = (name, type_, bool(query.ednsflags & dns.flags.DO))
        cached = self._cache.get(key)
        if cached and cached.expires > self.clock.monotonic():
            return cached.message
        # Many may ask the same at once; one question goes out.
        waiting = self._asking.get(key)
        if waiting is None:
            waiting = asyncio.ensure_future(self._ask_upstreams(query))
            self._asking[key] = waiting
            waiting.add_done_callback(lambda _: self._asking.pop(key, None))
        answer = await asyncio.shield(waiting)
        self._remember(key, answer)
        return answer

    async def _ask_upstreams(self, query: dns.message.Message) -> dns.message.Message:
        asked = dns.message.from_wire(query.to_wire())
        asked.id = secrets.randbelow(65536)
        now = self.clock.monotonic()
        for upstream in sorted(self.upstreams, key=lambda u: self._passed_over.get(u, 0) > now):
            try:
                answer = await _exchange(asked, upstream)
            except (OSError, TimeoutError, dns.exception.DNSException, EOFError) as why:
                log.warning("upstream %s:%d did not answer %s: %r", *upstream, asked.question[0], why)
                self._passed_over[upstream] = self.clock.monotonic() + PASSED_OVER
                FORWARDS.inc(f"{upstream[0]}:{upstream[1]}", "TIMEOUT")
                continue
            FORWARDS.inc(f"{upstream[0]}:{upstream[1]}", dns.rcode.to_text(answer.rcode()))
            return answer
        raise Unanswered("no upstream answered")

    def _remember(self, key: tuple[str, str, bool], answer: dns.message.Message) -> None:
        seconds = _seconds_to_keep(answer)
        if seconds <= 0:
            return
        self._cache[key] = _Cached(answer, self.clock.monotonic() + seconds)
        self._cache.move_to_end(key)
        if len(self._cache) > MOST_ENTRIES:
            self._cache.popitem(last=False)

    async def probe_for_loop(self) -> None:
        """Sends a question with a random name: if it comes back to us, `saw_own_question` stops all forwarding."""
        probe = dns.message.make_query(self.loop_name, "HINFO")
        for upstream in self.upstreams:
            try:
                await _exchange(probe, upstream)
            except (OSError, TimeoutError, dns.exception.DNSException, EOFError):
                continue

    def saw_own_question(self, name: str, type_: str) -> bool:
        """Whether a question is our own probe; if so, forwarding ends."""
        if type_ != "HINFO" or name != self.loop_name:
            return False
        self.looping = True
        log.error("loop: the configured upstreams lead back to this server; forwarding is off")
        return True


def _seconds_to_keep(answer: dns.message.Message) -> int:
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return FAILED_SECONDS
    ttls = [rrset.ttl for section in (answer.answer, answer.authority) for rrset in section]
    return min(max(min(ttls, default=LEAST_SECONDS), LEAST_SECONDS), MOST_SECONDS)


async def _exchange(query: dns.message.Message, upstream: tuple[str, int]) -> dns.message.Message:
    """One question to one upstream: UDP, then TCP when the answer was cut."""
    async with asyncio.timeout(TIMEOUT):
        answer = await _over_udp(query, upstream)
        if answer.flags & dns.flags.TC:
            answer = await _over_tcp(query, upstream)
    return answer


class _Client(asyncio.DatagramProtocol):
    """Waits for the datagram that answers one query; any other is ignored."""

    def __init__(self, query: dns.message.Message):
        self.query = query
        self.answer: asyncio.Future[dns.message.Message] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            message = dns.message.from_wire(data, ignore_trailing=True)
        except dns.exception.DNSException:
            return
        if self.query.is_response(message) and not self.answer.done():
            self.answer.set_result(message)

    def error_received(self, exc: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(exc)


async def _over_udp(query: dns.message.Message, upstream: tuple[str, int]) -> dns.message.Message:
    loop = asyncio.get_running_loop()
    transport, client = await loop.create_datagram_endpoint(lambda: _Client(query), remote_addr=upstream)
    try:
        transport.sendto(query.to_wire())
        return await client.answer
    finally:
        transport.close()


async def _over_tcp(query: dns.message.Message, upstream: tuple[str, int]) -> dns.message.Message:
    reader, writer = await asyncio.open_connection(*upstream)
    try:
        writer.write(query.to_wire(prepend_length=True))
        length = int.from_bytes(await reader.readexactly(2), "big")
        message = dns.message.from_wire(await reader.readexactly(length))
    finally:
        writer.close()
    if not query.is_response(message):
        raise dns.exception.FormError("the answer is to another question")
    return message
