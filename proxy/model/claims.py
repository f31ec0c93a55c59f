"""Two Services that want the same address, protocol and port: the first keeps it, the next gets it when it is freed.

Called by `proxy.planner`. It calls nothing. It leaves out cluster IPs and node ports in ordinary life, which the API
server hands out once; external IPs and load-balancer IPs are written by people.
"""

from __future__ import annotations

from proxy.model.desired import Identity, ServiceState
from proxy.model.objects import Key


class Claims:
    """Who owns which identity.

    1. At every moment each identity has one owner.
    2. A Service that lost is returned by `settle` of the owner that lets go, so that it is planned again.
    """

    def __init__(self) -> None:
        self._owner: dict[Identity, Key] = {}
        self._waiting: dict[Identity, set[Key]] = {}

    def settle(self, key: Key, before: ServiceState, wanted: ServiceState) -> tuple[ServiceState, set[Key]]:
        """What the Service gets of what it wants, and which others to plan again. `before`: what it had got."""
        freed: set[Key] = set()
        kept = {server.identity for server in wanted.servers}
        for server in before.servers:
            if server.identity not in kept:
                freed |= self._release(server.identity, key)
        granted = tuple(server for server in wanted.servers if self._take(server.identity, key))
        if len(granted) == len(wanted.servers):
            return wanted, freed
        return wanted._replace(servers=granted), freed

    def _take(self, identity: Identity, key: Key) -> bool:
        if self._owner.setdefault(identity, key) == key:
            return True
        self._waiting.setdefault(identity, set()).add(key)
        return False

    def _release(self, identity: Identity, key: Key) -> set[Key]:
        if self._owner.get(identity) != key:
            return set()
        del self._owner[identity]
        return self._waiting.pop(identity, set())
