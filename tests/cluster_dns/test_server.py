"""Real sockets: the responder's guarantees, dig's view, TCP, truncation, forwarding and loops."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Callable

import dns.asyncquery
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cluster_dns.forward import Forwarder
from cluster_dns.records import EndpointInfo, ServiceInfo, SliceInfo
from cluster_dns.responder import Responder
from cluster_dns.server import Server
from kube.clock import RealClock
from tests.cluster_dns.test_zone import HTTP, make_zone


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server(Responder(make_zone()), port=0)
    await server.start()
    yield server
    await server.close()


async def ask(server: Server, name: str, type_: str = "A", *, tcp: bool = False, **more: object) -> dns.message.Message:
    query = dns.message.make_query(name, type_, **more)
    how = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await how(query, "127.0.0.1", port=server.port, timeout=5)


def lines(message: dns.message.Message) -> list[str]:
    return [line for rrset in message.answer for line in rrset.to_text().splitlines()]


@pytest.mark.parametrize("tcp", [False, True])
async def test_answers_over_both_transports(server: Server, tcp: bool) -> None:
    for _ in range(2):  # the second one comes from the finished answers
        answer = await ask(server, "myapp.default.svc.cluster.local.", tcp=tcp)
        assert lines(answer) == ["myapp.default.svc.cluster.local. 5 IN A 10.96.0.20"]
        assert answer.flags & dns.flags.AA
    assert server.responder.hits == 1


async def test_several_questions_are_in_flight_on_one_connection(server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    queries = [dns.message.make_query("myapp.default.svc.cluster.local.", t) for t in ("A", "AAAA", "SRV", "TXT")]
    writer.write(b"".join(q.to_wire(prepend_length=True) for q in queries))
    seen = set()
    for _ in queries:
        length = int.from_bytes(await reader.readexactly(2), "big")
        seen.add(dns.message.from_wire(await reader.readexactly(length)).id)
    assert seen == {q.id for q in queries}
    writer.close()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=64), st.integers(0, 400))
def test_1_malformed_packets_never_end_the_server(noise: bytes, seed: int) -> None:
    responder = Responder(make_zone())
    packet = bytearray(dns.message.make_query("myapp.default.svc.cluster.local.", "A", use_edns=0).to_wire())
    rng = random.Random(seed)
    for _ in range(rng.randrange(1, 6)):
        packet[rng.randrange(len(packet))] = rng.randrange(256)
    for data in (noise, bytes(packet), bytes(packet[: rng.randrange(len(packet))])):
        reply = responder.cached(data, False) or asyncio.run(responder.answer(data, False))
        assert reply == b"" or reply[:2] == data[:2]


async def test_1_formerr_for_what_cannot_be_read(server: Server) -> None:
    packet = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07trunc"
    assert (await server.responder.answer(packet, False))[:4] == b"\x12\x34\x81\x01"
    assert await server.responder.answer(b"\x00", False) == b""


async def test_2_a_change_is_seen_at_once(server: Server) -> None:
    name = "web.default.svc.cluster.local."
    assert len(lines(await ask(server, name))) == 2
    changed = SliceInfo("default", "web-abc", "web", (EndpointInfo("10.244.7.7", "web-0"),), HTTP)
    server.responder.forget(server.responder.zone.set_slice(changed))
    assert lines(await ask(server, name)) == ["web.default.svc.cluster.local. 5 IN A 10.244.7.7"]


async def test_3_the_question_comes_back_as_it_was_spelled(server: Server) -> None:
    for spelling in ("MyApp.Default.svc.Cluster.LOCAL.", "myapp.default.svc.cluster.local."):
        answer = await ask(server, spelling)
        assert answer.question[0].name.to_text() == spelling
        assert lines(answer)[0].split()[-1] == "10.96.0.20"


async def test_an_answer_too_long_for_udp_is_cut_and_whole_over_tcp(server: Server) -> None:
    zone = server.responder.zone
    zone.set_service(ServiceInfo("default", "many", (), HTTP, headless=True))
    endpoints = tuple(EndpointInfo(f"10.1.{i // 250}.{i % 250 + 1}", f"e{i}") for i in range(400))
    zone.set_slice(SliceInfo("default", "many-a", "many", endpoints, HTTP))
    for more in ({}, {"use_edns": 0, "payload": 1232}):
        cut = await ask(server, "many.default.svc.cluster.local.", **more)
        assert cut.flags & dns.flags.TC and 0 < len(lines(cut)) < 400  # for clients that cannot ask over TCP
    whole = await ask(server, "many.default.svc.cluster.local.", tcp=True)
    assert len(lines(whole)) == 400


async def test_additional_records_give_way_before_an_answer_is_cut(server: Server) -> None:
    zone = server.responder.zone
    zone.set_service(ServiceInfo("default", "few", (), HTTP, headless=True))
    endpoints = tuple(EndpointInfo(f"10.1.0.{i}", f"e{i}") for i in range(8))
    zone.set_slice(SliceInfo("default", "few-a", "few", endpoints, HTTP))
    short = await ask(server, "_http._tcp.few.default.svc.cluster.local.", "SRV")
    assert len(lines(short)) == 8 and not short.additional and not short.flags & dns.flags.TC
    whole = await ask(server, "_http._tcp.few.default.svc.cluster.local.", "SRV", use_edns=0, payload=1232)
    assert len(lines(whole)) == 8 and len(whole.additional) == 8
    assert (short.edns, whole.edns, whole.payload) == (-1, 0, 1232)


async def test_external_names_in_the_cluster_are_followed(server: Server) -> None:
    zone = server.responder.zone
    for name, target in (("one", "two"), ("two", "myapp"), ("round", "about"), ("about", "round"), ("gone", "absent")):
        zone.set_service(ServiceInfo("default", name, external_name=f"{target}.default.svc.cluster.local"))
    assert lines(await ask(server, "one.default.svc.cluster.local.")) == [
        "one.default.svc.cluster.local. 5 IN CNAME two.default.svc.cluster.local.",
        "two.default.svc.cluster.local. 5 IN CNAME myapp.default.svc.cluster.local.",
        "myapp.default.svc.cluster.local. 5 IN A 10.96.0.20",
    ]
    assert (await ask(server, "round.default.svc.cluster.local.")).rcode() == dns.rcode.SERVFAIL
    gone = await ask(server, "gone.default.svc.cluster.local.")
    assert (gone.rcode(), len(gone.answer), len(gone.authority)) == (dns.rcode.NXDOMAIN, 1, 1)


async def test_only_the_internet_class_and_only_queries(server: Server) -> None:
    chaos = await ask(server, "version.bind.", "TXT", rdclass="CH")
    assert chaos.rcode() == dns.rcode.REFUSED
    query = dns.message.make_query("myapp.default.svc.cluster.local.", "A")
    query.set_opcode(dns.opcode.NOTIFY)
    assert (await server.responder.answer(query.to_wire(), False))[3] & 0xF == dns.rcode.NOTIMP


async def test_unknown_edns_versions_are_refused(server: Server) -> None:
    answer = await ask(server, "myapp.default.svc.cluster.local.", use_edns=1)
    assert answer.rcode() == dns.rcode.BADVERS


async def test_other_names_are_refused_without_upstreams(server: Server) -> None:
    assert (await ask(server, "example.org.")).rcode() == dns.rcode.REFUSED


async def test_dig_reads_the_answers(server: Server) -> None:
    dig = shutil.which("dig")
    assert dig, "dig is missing: install Debian's bind9-dnsutils"
    process = await asyncio.create_subprocess_exec(
        dig, "@127.0.0.1", "-p", str(server.port), "+noall", "+answer", "-t", "A", "web.default.svc.cluster.local.",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    assert sorted(line.split()[-1] for line in out.decode().splitlines()) == ["10.244.1.2", "10.244.2.3"]


@pytest.fixture
async def upstream() -> AsyncIterator[Server]:
    """Another server of ours, with a zone of its own, plays the world outside."""
    zone = make_zone()
    zone.domain, zone._labels = "org.", ["org"]
    zone.set_service(ServiceInfo("x", "y", ("192.0.2.7",), HTTP))
    server = Server(Responder(zone), port=0)
    await server.start()
    yield server
    await server.close()


def forwarding_to(port: int) -> Responder:
    return Responder(make_zone(), Forwarder((("127.0.0.1", port),), RealClock()))


async def test_other_names_are_forwarded_and_remembered(upstream: Server) -> None:
    server = Server(forwarding_to(upstream.port), port=0)
    await server.start()
    try:
        answer = await ask(server, "y.x.svc.org.")
        assert lines(answer) == ["y.x.svc.org. 5 IN A 192.0.2.7"]
        assert answer.flags & dns.flags.RA
        await upstream.close()
        assert lines(await ask(server, "y.x.svc.org.")) == ["y.x.svc.org. 5 IN A 192.0.2.7"]
    finally:
        await server.close()


async def test_the_next_upstream_is_asked_when_one_is_silent(upstream: Server, free_port: Callable[[], int]) -> None:
    dead = free_port()
    forwarder = Forwarder((("127.0.0.1", dead), ("127.0.0.1", upstream.port)), RealClock())
    server = Server(Responder(make_zone(), forwarder), port=0)
    await server.start()
    try:
        assert lines(await ask(server, "y.x.svc.org.")) == ["y.x.svc.org. 5 IN A 192.0.2.7"]
        gone = await ask(server, "absent.x.svc.org.")
        assert (gone.rcode(), [r.rdtype.name for r in gone.authority]) == (dns.rcode.NXDOMAIN, ["SOA"])
        await upstream.close()
        assert (await ask(server, "other.x.svc.org.")).rcode() == dns.rcode.SERVFAIL
    finally:
        await server.close()


async def test_a_cut_answer_of_an_upstream_is_asked_for_again_over_tcp(upstream: Server) -> None:
    endpoints = tuple(EndpointInfo(f"10.1.{i // 250}.{i % 250 + 1}", f"e{i}") for i in range(400))
    upstream.responder.zone.set_service(ServiceInfo("x", "many", (), HTTP, headless=True))
    upstream.responder.zone.set_slice(SliceInfo("x", "many-a", "many", endpoints, HTTP))
    server = Server(forwarding_to(upstream.port), port=0)
    await server.start()
    try:
        assert len(lines(await ask(server, "many.x.svc.org.", tcp=True))) == 400
    finally:
        await server.close()


async def test_an_external_name_is_followed(upstream: Server) -> None:
    responder = forwarding_to(upstream.port)
    responder.zone.set_service(ServiceInfo("default", "out", external_name="y.x.svc.org"))
    server = Server(responder, port=0)
    await server.start()
    try:
        assert lines(await ask(server, "out.default.svc.cluster.local.")) == [
            "out.default.svc.cluster.local. 5 IN CNAME y.x.svc.org.",
            "y.x.svc.org. 5 IN A 192.0.2.7",
        ]
    finally:
        await server.close()


async def test_a_loop_is_found_and_refused() -> None:
    server = Server(Responder(make_zone()), port=0)
    await server.start()
    try:
        server.responder.forwarder = Forwarder((("127.0.0.1", server.port),), RealClock())
        await server.responder.forwarder.probe_for_loop()
        assert server.responder.forwarder.looping
        assert (await ask(server, "example.org.")).rcode() == dns.rcode.SERVFAIL
    finally:
        await server.close()
