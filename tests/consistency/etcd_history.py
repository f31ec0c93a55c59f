"""etcd's own history, read through its JSON gateway: none of kube-lite's code stands between it and the checker.

Called by test_consistency while the clients work (before something is compacted) and at the end. A watch from the
first revision that has not been read yet tells every change since; it is read up to the revision that etcd names now.
"""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.request
from collections.abc import Iterator

from tests.consistency.checker import Truth
from tests.consistency.history import Version, version_of
from tests.support.etcd_cluster import PATIENCE_SECONDS, EtcdCluster, call, encoded
from tests.support.patience import until

OBJECTS = ("configmaps/", "services/specs/")
ALLOCATIONS = ("ipaddresses/", "nodeports/")


class EtcdHistory:
    def __init__(self, cluster: EtcdCluster, prefix: str):
        self._cluster, self._prefix = cluster, prefix + "/"
        self.revision = 0
        """Everything up to here has been read."""
        self._objects: list[Version] = []
        self._allocations: list[Version] = []

    @property
    def truth(self) -> Truth:
        """All ConfigMaps and Services."""
        return Truth(self._objects)

    @property
    def allocations(self) -> Truth:
        """The records of cluster IPs and node ports; the keys are the addresses and ports themselves."""
        return Truth(self._allocations)

    async def catch_up(self) -> None:
        """Reads on, from whichever member answers."""
        await until(self._read_any, PATIENCE_SECONDS, lambda: f"etcd's history after revision {self.revision}")

    async def _read_any(self) -> bool:
        for url in self._cluster.urls:
            try:
                await asyncio.to_thread(self._read, url)
                return True
            except (OSError, ValueError):
                continue
        return False

    def _read(self, url: str) -> None:
        answer = call(url, "/v3/kv/range", {"key": encoded(b"\0"), "limit": "1"})
        end = int(answer["header"]["revision"])
        if end <= self.revision:
            return
        for event in _events(url, self.revision + 1, end):
            self._note(event, int(event["kv"]["mod_revision"]))
        self.revision = end

    def _note(self, event: dict, revision: int) -> None:
        key = base64.b64decode(event["kv"]["key"]).decode().removeprefix(self._prefix)
        gone = event.get("type") == "DELETE"
        if key.startswith(ALLOCATIONS):
            self._allocations.append(Version(key.partition("/")[2], revision, tokens=None if gone else {}))
        elif key.startswith(OBJECTS):
            if gone:
                self._objects.append(Version(key, revision))
            else:
                obj = json.loads(base64.b64decode(event["kv"]["value"]))
                self._objects.append(version_of(key, obj, revision))


def _events(url: str, start: int, end: int) -> Iterator[dict]:
    """Every event from one revision to another. Raises OSError when the member fails in between: read again then."""
    create = {"key": encoded(b"\0"), "range_end": encoded(b"\0"), "start_revision": str(start), "fragment": True}
    request = urllib.request.Request(f"{url}/v3/watch", json.dumps({"create_request": create}).encode())
    found: list[dict] = []
    with urllib.request.urlopen(request, timeout=5) as lines:
        for line in lines:
            result = json.loads(line).get("result")
            if result is None:
                raise OSError(f"the watch has failed: {line!r}")
            if "compact_revision" in result:
                raise AssertionError(f"revision {start} has been compacted before it was read")
            found += result.get("events", ())
            if found and int(found[-1]["kv"]["mod_revision"]) >= end and not result.get("fragment"):
                return iter([event for event in found if int(event["kv"]["mod_revision"]) <= end])
    raise OSError("the watch has ended")
