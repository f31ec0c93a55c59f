"""How much processor time does one delivered watch event cost, with 300 watchers?

ConfigMaps are created at a steady pace, first with nobody watching and then with 300 watches of the namespace; the
difference in the server's processor time is shared out to the events. Target: what kube-apiserver 1.36 used, 15 to
30 us for 100 to 300 watchers.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPSConnection

from benchmarks import OURS, Row, Settings, Skip, servers
from benchmarks.objects import CONFIG_MAP
from benchmarks.servers import Target, trusting
from benchmarks.watchers import watching

WATCHERS, CHANGES, PACE = 300, 200, 40.0
TARGET = 22.5
_PATIENCE = 20.0


def run(settings: Settings) -> Iterator[Row]:
    for kind in servers.kinds(settings):
        with kind(settings) as target, servers.namespace(target) as namespace:
            if not target.pid:
                raise Skip("the peer's process is unknown (--peer-pid)")
            path = f"/api/v1/namespaces/{namespace}/configmaps"
            samples = tuple(sample(target, path, settings.scaled(CHANGES)) for _ in range(settings.repeat))
            goal = TARGET if target.subject.startswith(OURS) else None
            name = f"watch: CPU for a delivered event, {WATCHERS} watchers"
            yield Row(name, "us", samples, more_is_better=False, subject=target.subject, target=goal)


def sample(target: Target, path: str, changes: int) -> float:
    """Microseconds for each event."""
    alone = change(target, path, changes)
    with watching(target, path, WATCHERS) as watchers:
        start = watchers.seen()
        used = change(target, path, changes)
        expected, deadline = changes * WATCHERS, time.monotonic() + _PATIENCE
        while (seen := watchers.seen() - start) < expected and time.monotonic() < deadline:
            time.sleep(0.1)
        assert seen == expected, f"{seen} events of {expected}"
    return (used - alone) / expected * 1e6


def change(target: Target, path: str, changes: int) -> float:
    """Creates objects at the pace; the processor time that the server used meanwhile."""
    connection = HTTPSConnection(*target.address, context=trusting(), timeout=60)
    headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}
    began, before = time.monotonic(), target.cpu()
    for number in range(changes):
        time.sleep(max(0.0, began + number / PACE - time.monotonic()))
        body = CONFIG_MAP.replace("NAME", f"c{uuid.uuid4().hex[:12]}")
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        assert "metadata" in json.loads(response.read()) and response.status == 201
    time.sleep(0.2)  # the last events are on their way
    used = target.cpu() - before
    connection.close()
    return used
