"""The health check node ports: a load balancer asks each node whether it has endpoints of a Service.

Called by `proxy.runner` after each sync. It calls `kube.http_server`. It leaves out counting (`proxy.model.desired`).
Source: kube-proxy's healthcheck/service_health.go; KEP-3458 (load balancers may read the weight).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence

from kube.http_server import Answer, HttpServer
from proxy.dataplane import Change
from proxy.model.desired import HealthCheck
from proxy.model.objects import Key

log = logging.getLogger(__name__)


def everywhere() -> None:
    """All of the node's addresses."""


class ServiceHealth:
    """One HTTP server a Service that has a health check node port."""

    def __init__(self, proxy_is_healthy: Callable[[], bool], hosts: Callable[[], Sequence[str] | None] = everywhere):
        """`hosts`: the addresses to listen on; None: all."""
        self._proxy_is_healthy, self._hosts = proxy_is_healthy, hosts
        self._checks: dict[Key, HealthCheck] = {}
        self._servers: dict[Key, tuple[int, HttpServer]] = {}

    async def update(self, changes: Iterable[Change]) -> None:
        """Opens, moves and closes ports as the changed Services say; a port that is taken is logged."""
        for key, _, new in changes:
            port = self._servers[key][0] if key in self._servers else None
            if new.health is None:
                self._checks.pop(key, None)
            else:
                self._checks[key] = new.health
            wanted = new.health.port if new.health else None
            if port is not None and port != wanted:
                await self._servers.pop(key)[1].stop()
            if wanted is not None and key not in self._servers:
                await self._open(key, wanted)

    async def stop(self) -> None:
        for _, server in self._servers.values():
            await server.stop()
        self._servers.clear()

    async def _open(self, key: Key, port: int) -> None:
        server = HttpServer({"": lambda: self._answer(key)})
        try:
            hosts = self._hosts()
            if hosts is not None and not hosts:
                raise OSError("no address of this node is among the --nodeport-addresses")
            await server.start(hosts or "", port)
        except OSError as error:
            log.error("health check node port %d of %s/%s: %s", port, *key, error)
            return
        self._servers[key] = (port, server)

    def _answer(self, key: Key) -> Answer:
        """200 where the Service has endpoints on this node and this proxy works, else 503."""
        namespace, name = key
        check = self._checks.get(key)
        count = check.local_endpoints if check else 0
        healthy = self._proxy_is_healthy()
        body = {
            "service": {"namespace": namespace, "name": name},
            "localEndpoints": count,
            "serviceProxyHealthy": healthy,
        }
        headers = {"X-Load-Balancing-Endpoint-Weight": str(count)}
        return Answer(json.dumps(body), 200 if count and healthy else 503, "application/json", headers)
