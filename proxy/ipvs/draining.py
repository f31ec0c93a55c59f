"""Destinations on their way out: they have weight 0 and go when their last connection has ended, or after a limit.

Called by `proxy.ipvs.proxier`. It calls nothing; the time is an argument. It leaves out reading the counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from proxy.ipvs.messages import Destination
from proxy.ipvs.operations import DeleteDestination
from proxy.model.desired import Identity

LIMIT_SECONDS = 900.0
"""No connection holds a destination longer, as upstream's default for TCP in IPVS."""

Place = tuple[Identity, str, int]


class Draining:
    """The destinations of weight 0 and when each must be gone."""

    def __init__(self, limit_seconds: float = LIMIT_SECONDS):
        self._limit = limit_seconds
        self._deadlines: dict[Identity, dict[tuple[str, int], float]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._deadlines.values()))

    def __contains__(self, place: Place) -> bool:
        return place[1:] in self._deadlines.get(place[0], {})

    def start(self, place: Place, now: float) -> None:
        """Weight 0 was set. A second start does not prolong the first."""
        self._deadlines.setdefault(place[0], {}).setdefault(place[1:], now + self._limit)

    def stop(self, place: Place) -> None:
        """It serves again, or it is gone."""
        places = self._deadlines.get(place[0], {})
        places.pop(place[1:], None)
        if not places:
            self._deadlines.pop(place[0], None)

    def forget(self, server: Identity) -> None:
        """The whole virtual server is gone."""
        self._deadlines.pop(server, None)

    def keep_only(self, server: Identity, there: set[tuple[str, int]]) -> None:
        """What the kernel has of a server: whoever is not there any more is not waited for."""
        for at in [at for at in self._deadlines.get(server, {}) if at not in there]:
            self.stop((server, *at))

    def servers(self) -> list[Identity]:
        """The virtual servers to look at."""
        return list(self._deadlines)

    def due(self, server: Identity, found: Iterable[Destination], now: float) -> list[DeleteDestination]:
        """Which of a server's destinations can go, by what the kernel says of it now."""
        deadlines = self._deadlines.get(server, {})
        return [
            DeleteDestination(server, d.address, d.port)
            for d in found
            if (d.address, d.port) in deadlines and (d.active + d.inactive == 0 or now >= deadlines[d.address, d.port])
        ]
