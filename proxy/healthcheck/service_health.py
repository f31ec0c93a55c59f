"""The health check node ports: a load balancer asks each node whether it has endpoints of a Service.

Called by `proxy.runner` after each sync. It calls `proxy.http_server`. It leaves out counting (`proxy.model.desired`).
Source: kube-proxy's healthcheck/service_health.go; KEP-3458 (load balancers may read the weight).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping

from proxy.http_server import Answer, HttpServer
from proxy.model.desired import HealthCheck, ServiceState
from proxy.model.objects import Key

log = logging.getLogger(__name__)


class ServiceHealth:
    """One HTTP server a Service that has a health check node port."""

    def __init__(self, proxy_is_healthy: Callable[[], bool], host: str = ""):
        self._proxy_is_healthy, self._host = proxy_is_healthy, host
        self._checks: dict[Key, HealthCheck] = {}
        self._servers: dict[Key, tuple[int, HttpServer]] = {}

    async def update(self, states: Mapping[Key, ServiceState]) -> None:
        """Opens, moves and closes ports as the states say; a port that is taken is logged and tried again."""
        self._checks = {key: state.health for key, state in states.items() if state.health}
        for key, (port, server) in list(self._servers.items()):
            if key not in self._checks or self._checks[key].port != port:
                await server.stop()
                del self._servers[key]
        for key, check in self._checks.items():
            if key not in self._servers:
                await self._open(key, check.port)

    async def stop(self) -> None:
        await self.update({})

    async def _open(self, key: Key, port: int) -> None:
        server = HttpServer({"": lambda: self._answer(key)})
        try:
            await server.start(self._host, port)
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
