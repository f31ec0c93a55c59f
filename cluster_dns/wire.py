"""Packets: reading questions, writing answers. The door to dnspython.

Called by `cluster_dns.responder`. A finished answer is kept as bytes without its identifier, so that the usual question
costs a copy; `question_key` finds it again without parsing more than the header. dnspython reads and writes all else.
"""

from __future__ import annotations

import bisect

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from cluster_dns.records import Record
from cluster_dns.zone import Answer

HEADER = 12
UDP_DEFAULT, UDP_MOST = 512, 1232
"""What fits a UDP answer: without EDNS, and at most (RFC 9715: no fragments)."""

_QUERY_FLAGS = 0xF900 & ~0x0100  # QR, opcode and AA must be 0 for the quick way; RD may be anything


class BadPacket(Exception):
    """Not a question that can be answered. `reply` is the FORMERR or NOTIMP to send, empty for silence."""

    def __init__(self, why: str, reply: bytes = b""):
        super().__init__(why)
        self.reply = reply


def question_key(packet: bytes) -> bytes | None:
    """What identifies a question's answer: everything but its identifier. None when it is no plain query.

    The name's spelling is part of it, since the answer repeats the question as it was asked (RFC 5452, 0x20)."""
    if len(packet) < HEADER + 5 or packet[2] & 0xF8 or packet[4:6] != b"\x00\x01":
        return None
    return packet[2:]


def parse(packet: bytes) -> dns.message.QueryMessage:
    """Reads a query with exactly one question. Raises BadPacket."""
    if len(packet) < HEADER or packet[2] & 0x80:
        raise BadPacket("too short, or no query")
    try:
        message = dns.message.from_wire(packet)
    except (dns.exception.DNSException, ValueError, IndexError) as why:
        raise BadPacket(f"malformed: {why}", _bare_reply(packet, dns.rcode.FORMERR)) from why
    if message.opcode() != dns.opcode.QUERY:
        raise BadPacket("not a query", _bare_reply(packet, dns.rcode.NOTIMP))
    if len(message.question) != 1:
        raise BadPacket("not one question", _bare_reply(packet, dns.rcode.FORMERR))
    return message


def _bare_reply(packet: bytes, rcode: int) -> bytes:
    """A reply of a header alone: for questions that could not be read."""
    opcode_and_rd = packet[2] & 0x79
    return packet[:2] + bytes((0x80 | opcode_and_rd, rcode)) + b"\x00" * 8


def question(message: dns.message.Message) -> tuple[str, str]:
    """The name, absolute and in lower case, and the type, of a message's one question."""
    asked = message.question[0]
    return asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)


def is_internet(message: dns.message.Message) -> bool:
    return message.question[0].rdclass in (dns.rdataclass.IN, dns.rdataclass.ANY)


def udp_size(message: dns.message.Message) -> int:
    """How long a UDP answer may be."""
    return UDP_DEFAULT if message.edns < 0 else min(max(message.payload, UDP_DEFAULT), UDP_MOST)


def reply(query: dns.message.Message, answer: Answer, *, recursion: bool) -> dns.message.Message:
    """The message for an answer of ours."""
    message = _response(query, recursion)
    message.flags |= dns.flags.AA
    message.set_rcode(dns.rcode.from_text(answer.rcode))
    message.answer = _rrsets(answer.answers)
    message.authority = _rrsets(answer.authority)
    message.additional = _rrsets(answer.additional)
    if message.answer and not answer.chase:
        _use_spelling(message, query)
    return message


def failure(query: dns.message.Message, rcode: str, *, recursion: bool) -> dns.message.Message:
    """SERVFAIL, REFUSED and their like."""
    message = _response(query, recursion)
    message.set_rcode(dns.rcode.from_text(rcode))
    return message


def _response(query: dns.message.Message, recursion: bool) -> dns.message.Message:
    message = dns.message.make_response(query, recursion_available=recursion, our_payload=UDP_MOST)
    if query.edns > 0:
        message.use_edns(0, payload=UDP_MOST)
        message.set_rcode(dns.rcode.BADVERS)
    return message


def _use_spelling(message: dns.message.Message, query: dns.message.Message) -> None:
    """Owner names repeat the question's spelling, so that name compression can point to it."""
    asked = query.question[0].name
    for rrset in message.answer:
        if rrset.name == asked:
            rrset.name = asked


def _rrsets(records: tuple[Record, ...]) -> list[dns.rrset.RRset]:
    grouped: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        grouped.setdefault((record.name, record.type), []).append(record)
    return [
        dns.rrset.from_text(name, same[0].ttl, "IN", type_, *(r.data for r in same))
        for (name, type_), same in grouped.items()
    ]


def to_wire(message: dns.message.Message, size: int = 65535) -> bytes:
    """The packet. One that is longer than `size` first loses what nobody asked for, then records, and has the TC flag
    for those (RFC 2181, 9)."""
    try:
        return message.to_wire(max_size=size)
    except dns.exception.TooBig:
        return _first(message, sum(map(len, message.answer)), size) or _cut(message, size)


def _cut(message: dns.message.Message, size: int) -> bytes:
    """As many answers as fit: a client that cannot ask again over TCP has those at least."""
    message.flags |= dns.flags.TC
    count = range(sum(map(len, message.answer)))
    too_many = bisect.bisect_left(count, True, key=lambda n: _first(message, n, size) is None)
    return _first(message, too_many - 1, size) or b""


def _first(message: dns.message.Message, count: int, size: int) -> bytes | None:
    """The packet with so many of the answers and without additional records; None when it does not fit."""
    short = dns.message.make_response(dns.message.make_query(".", "A"))
    short.id, short.flags, short.question = message.id, message.flags, message.question
    short.set_rcode(message.rcode())
    if message.edns >= 0:
        short.use_edns(0, payload=message.payload)
    for rrset in message.answer:
        taken = list(rrset)[:count]
        count -= len(taken)
        if taken:
            short.answer.append(dns.rrset.from_rdata_list(rrset.name, rrset.ttl, taken))
    short.authority = message.authority
    try:
        return short.to_wire(max_size=size)
    except dns.exception.TooBig:
        return None
