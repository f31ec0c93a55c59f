"""A name server that knows `example.com`: what cluster DNS is told to ask for names that are not the cluster's.

Started by `examples.__main__` and the end-to-end tests on loopback, because the examples must run without the
Internet. It calls dnspython for the messages.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset

RECORDS = {("my.database.example.com.", "A"): "192.0.2.10", ("my.database.example.com.", "AAAA"): "2001:db8::10"}
TTL = 60


def answer(wire: bytes) -> bytes:
    """The answer to one question. Raises dns.exception.DNSException for what is none."""
    query = dns.message.from_wire(wire)
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.AA
    question = query.question[0]
    known = RECORDS.get((question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)))
    if known:
        reply.answer.append(dns.rrset.from_text(question.name, TTL, "IN", question.rdtype, known))
    elif question.name.to_text().lower() not in {name for name, _ in RECORDS}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()


@contextmanager
def serving() -> Iterator[str]:
    """Serves on a free UDP port of loopback while the block runs; yields HOST:PORT."""
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(sock,), daemon=True)
    thread.start()
    try:
        yield "{}:{}".format(*sock.getsockname())
    finally:
        with socket.socket(type=socket.SOCK_DGRAM) as last:
            last.sendto(b"", sock.getsockname())  # an empty datagram is the end
        thread.join()
        sock.close()


def _serve(sock: socket.socket) -> None:
    while True:
        wire, sender = sock.recvfrom(65535)
        if not wire:
            return
        try:
            sock.sendto(answer(wire), sender)
        except (dns.exception.DNSException, IndexError):
            continue
