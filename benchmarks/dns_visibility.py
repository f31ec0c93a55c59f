"""How long until a changed endpoint is in the answers of cluster DNS?

One of 500 headless Services gets another address, and its name is asked again and again until the answer has it. Taken
from when the write is sent, so it holds the API server's write to etcd as well; target: 50 ms from the event alone.
"""

from __future__ import annotations

import random
import socket
import statistics
import threading
import time
from collections.abc import Iterator

from benchmarks import Row, Settings, dns_server
from benchmarks.dns_server import SLICES, Dns, endpoint_slice, question

SERVICES, CHANGES = 500, 200
PAUSE = 0.0005
"""Seconds between two questions: they must not be what the server is busy with."""
TARGET_MS = 50.0


def run(settings: Settings) -> Iterator[Row]:
    services = settings.scaled(SERVICES)
    halves: list[float] = []
    worst: list[float] = []
    with dns_server.serving(settings, services) as dns, dns_server.client(dns.port) as sock:
        for repetition in range(settings.repeat):
            found = sorted(_changes(dns, sock, services, settings.scaled(CHANGES), repetition))
            halves.append(statistics.median(found))
            worst.append(found[int(len(found) * 0.99)])
    note = f"{services:,} Services; {settings.scaled(CHANGES)} changes each time, from the sent write to the answer"
    for name, samples in (("p50", halves), ("p99", worst)):
        yield Row(f"endpoint change visible in DNS, {name}", "ms", tuple(samples), more_is_better=False,
                  target=TARGET_MS, note=note)  # fmt: skip


def _changes(dns: Dns, sock: socket.socket, services: int, count: int, repetition: int) -> Iterator[float]:
    for change in range(repetition * count + 1, (repetition + 1) * count + 1):
        time.sleep(random.uniform(0, 0.02))
        number = random.randrange(services)
        slice_ = endpoint_slice(number, change)
        address = socket.inet_aton(slice_["endpoints"][0]["addresses"][0])
        seen: list[float] = []
        asking = threading.Thread(target=_ask_until, args=(sock, question(f"s{number}"), address, seen))
        began = time.perf_counter()
        asking.start()
        dns.api.write("PUT", f"{SLICES}/s{number}", slice_)
        asking.join()
        yield (seen[0] - began) * 1000


def _ask_until(sock: socket.socket, query: bytes, address: bytes, seen: list[float]) -> None:
    while not seen:
        sock.send(query)
        if address in sock.recv(4096):
            seen.append(time.perf_counter())
        time.sleep(PAUSE)
