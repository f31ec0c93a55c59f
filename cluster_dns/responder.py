"""From packet to packet: cached bytes if there are any, else the zone, else the forwarder.

Called by `cluster_dns.server` for each packet. Calls `zone`, `wire` and `forward`. Sockets are left out.

Numbered guarantees (each has a test that bears its number):

1. A malformed packet is answered FORMERR or dropped; it never ends the server.
2. After `forget(stale)`, no answer that depends on what changed is given from the cache.
3. An answer repeats the identifier and the question of its query, letter by letter.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode

from cluster_dns import wire
from cluster_dns.forward import Forwarder, Loop, Unanswered
from cluster_dns.zone import Answer, Zone
from kube.metrics import Counter

log = logging.getLogger(__name__)

MOST_CACHED = 100_000
MOST_CNAMES = 8
"""ExternalNames that name one another are followed so far."""
REQUESTS = Counter("coredns_dns_requests_total", "Counter of DNS requests.", ("server", "zone", "proto", "type"))
RESPONSES = Counter("coredns_dns_responses_total", "Counter of response status codes.", ("server", "zone", "rcode"))
HITS = Counter("coredns_cache_hits_total", "The count of cache hits.", ("server", "type"))


@dataclass
class Responder:
    """Answers packets about one zone."""

    zone: Zone
    forwarder: Forwarder | None = None
    hits: int = 0
    _cache: dict[tuple[bytes, bool], bytes] = field(default_factory=dict)
    _keys: dict[str, set[tuple[bytes, bool]]] = field(default_factory=lambda: defaultdict(set))

    def cached(self, packet: bytes, tcp: bool) -> bytes | None:
        """The whole answer if it is at hand: the usual case, and all that a busy server does."""
        key = wire.question_key(packet)
        found = self._cache.get((key, tcp)) if key else None
        if found is None:
            return None
        self.hits += 1
        return packet[:2] + found

    async def answer(self, packet: bytes, tcp: bool) -> bytes:
        """The answer to any packet; empty for one that deserves none."""
        try:
            query = wire.parse(packet)
        except wire.BadPacket as why:
            RESPONSES.inc("dns://", ".", "FORMERR")
            return why.reply
        name, type_ = wire.question(query)
        REQUESTS.inc("dns://", self.zone.domain, "tcp" if tcp else "udp", type_)
        try:
            message, keep = await self._message(query, name, type_)
        except Exception:
            log.exception("answering %s %s failed", name, type_)
            message, keep = wire.failure(query, "SERVFAIL", recursion=bool(self.forwarder)), None
        RESPONSES.inc("dns://", self.zone.domain, dns.rcode.to_text(message.rcode()))
        reply = wire.to_wire(message, 65535 if tcp else wire.udp_size(query))
        if keep is not None:
            self._keep(packet, tcp, reply, keep)
        return reply

    async def _message(
        self, query: dns.message.Message, name: str, type_: str
    ) -> tuple[dns.message.Message, str | None]:
        """The answer, and on what it depends if it may be kept."""
        recursion = self.forwarder is not None
        if query.edns > 0:
            return wire.failure(query, "BADVERS", recursion=recursion), None
        if not wire.is_internet(query):
            return wire.failure(query, "REFUSED", recursion=recursion), None
        answer = self.zone.resolve(name, type_)
        if answer is None:
            return await self._forward(query, name, type_), None
        if answer.chase and type_ not in ("CNAME", "ANY"):
            return await self._follow(query, answer, type_), None
        return wire.reply(query, answer, recursion=recursion), answer.depends

    async def _forward(self, query: dns.message.Message, name: str, type_: str) -> dns.message.Message:
        if self.forwarder is None:
            return wire.failure(query, "REFUSED", recursion=False)
        if self.forwarder.saw_own_question(name, type_):
            return wire.failure(query, "SERVFAIL", recursion=True)
        try:
            found = await self.forwarder.ask(query, name, type_)
        except (Unanswered, Loop):
            return wire.failure(query, "SERVFAIL", recursion=True)
        message = wire.failure(query, dns.rcode.to_text(found.rcode()), recursion=True)
        message.flags |= found.flags & (dns.flags.AD | dns.flags.TC)
        message.answer, message.authority, message.additional = found.answer, found.authority, found.additional
        return message

    async def _follow(self, query: dns.message.Message, answer: Answer, type_: str) -> dns.message.Message:
        """An ExternalName's CNAME with what its target resolves to: in the zone, or through the forwarder."""
        recursion = self.forwarder is not None
        message = wire.reply(query, answer, recursion=recursion)
        for _ in range(MOST_CNAMES):
            inside = self.zone.resolve(answer.chase, type_)
            if inside is None:
                return await self._follow_outside(message, answer.chase, type_)
            answer, found = inside, wire.reply(query, inside, recursion=recursion)
            message.answer = message.answer + found.answer
            if not inside.chase:
                message.authority = found.authority
                message.set_rcode(found.rcode())
                return message
        return wire.failure(query, "SERVFAIL", recursion=recursion)  # they lead round in a circle

    async def _follow_outside(self, message: dns.message.Message, name: str, type_: str) -> dns.message.Message:
        if self.forwarder is None:
            return message
        try:
            found = await self.forwarder.ask(dns.message.make_query(name, type_), name, type_)
        except (Unanswered, Loop):
            message.set_rcode(dns.rcode.SERVFAIL)
            return message
        message.answer, message.authority = message.answer + found.answer, found.authority
        message.set_rcode(found.rcode())
        return message

    # ---- finished answers ----

    def _keep(self, packet: bytes, tcp: bool, reply: bytes, depends: str) -> None:
        key = wire.question_key(packet)
        if key is None:
            return
        if len(self._cache) >= MOST_CACHED:
            self.clear()
        self._cache[key, tcp] = reply[2:]
        self._keys[depends].add((key, tcp))

    def forget(self, stale: Iterable[str]) -> None:
        """Drops the answers that depend on what changed."""
        for depends in stale:
            for key in self._keys.pop(depends, ()):
                self._cache.pop(key, None)

    def clear(self) -> None:
        self._cache.clear()
        self._keys.clear()
