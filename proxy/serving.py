"""What the proxy answers over HTTP: health for everybody, metrics and debugging for this host.

Called by `proxy.runner`. It calls `kube.http_server`, `proxy.debug` and the health of the proxy. It leaves out the
health check node ports of Services (`proxy.healthcheck.service_health`).

    --healthz-bind-address   /healthz /livez
    --metrics-bind-address   /healthz /livez /metrics /proxyMode /configz /debug/...
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from kube.http_server import Answer, Handler, HttpServer
from kube.http_server import metrics as metrics_page
from proxy import metrics
from proxy.config_file import document_of
from proxy.debug import Debug, Running

log = logging.getLogger("proxy")


class Serving:
    """The servers of one proxy. `addresses`: where each listens, `healthz` and `metrics`."""

    def __init__(self, proxy: Running):
        self._proxy = proxy
        self._servers: list[HttpServer] = []
        self.addresses: dict[str, tuple[str, int]] = {}

    async def start(self) -> None:
        """Listens where the configuration says; an address that is taken is logged."""
        config, health = self._proxy.config, {"/healthz": self.healthz, "/livez": self.livez}
        more: Mapping[str, Handler] = {
            "/metrics": metrics_page, "/proxyMode": self._mode, "/configz": self._configz
        }  # fmt: skip
        await self._listen("healthz", config.healthz_bind_address, HttpServer(health))
        server = HttpServer({**health, **more}, Debug(self._proxy).below)
        await self._listen("metrics", config.metrics_bind_address, server)

    async def stop(self) -> None:
        for server in self._servers:
            await server.stop()

    def healthz(self) -> Answer:
        answer = self._proxy.health.healthz()
        metrics.HEALTHZ.inc(str(answer.status))
        return answer

    def livez(self) -> Answer:
        answer = self._proxy.health.livez()
        metrics.LIVEZ.inc(str(answer.status))
        return answer

    def _mode(self) -> Answer:
        return Answer(self._proxy.dataplane.mode)

    def _configz(self) -> Answer:
        document = document_of(vars(self._proxy.config))
        return Answer(json.dumps({"kubeproxy.config.k8s.io": document}), content_type="application/json")

    async def _listen(self, name: str, address: str, server: HttpServer) -> None:
        host, _, port = address.rpartition(":")
        if not host and not int(port):
            return
        try:
            self.addresses[name] = host, await server.start(host.strip("[]"), int(port))
            self._servers.append(server)
        except OSError as error:
            log.error("cannot serve on %s: %s", address, error)
