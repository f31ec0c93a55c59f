"""The composition root: from a configuration to the application that uvicorn runs.

Called by `__main__` and by tests. It makes every part and hands each what it needs; nothing else in the server knows
how the parts are put together. Its life is the ASGI lifespan: storage first, then RBAC, then the post-start hooks.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from apiserver.admission.interface import Chain
from apiserver.admission.plugins import plugins
from apiserver.authn.request import Authenticator
from apiserver.authn.secret_tokens import SecretTokens
from apiserver.authn.service_account import ServiceAccountAuthenticator, TokenIssuer
from apiserver.authn.token_file import read_token_file
from apiserver.authz.informer import Informer, rbac_informer
from apiserver.authz.modes import Authorize, authorizer
from apiserver.authz.node import NodeAuthorizer
from apiserver.authz.node_graph import NodeGraph
from apiserver.authz.rbac import RBAC
from apiserver.bootstrap.hooks import NAMES as HOOKS
from apiserver.bootstrap.hooks import Hooks
from apiserver.bootstrap.kubernetes_service import KubernetesService, first_address
from apiserver.bootstrap.rbac_policy import CLUSTER_ROLES
from apiserver.bootstrap.token_use import marker
from apiserver.config import Config
from apiserver.endpoints import metrics, nonresource, openapi, routes
from apiserver.endpoints.debug import Debugging
from apiserver.endpoints.discovery import Discovery
from apiserver.endpoints.flow_control import FlowControl
from apiserver.endpoints.health import Health
from apiserver.endpoints.request import Request
from apiserver.endpoints.server import Server
from apiserver.endpoints.streaming.kubelet import Kubelets
from apiserver.endpoints.streams import Streams
from apiserver.registry.core.services.repair import NodePortRepair
from apiserver.registry.generic.lookup import Lookup
from apiserver.registry.generic.managed_fields import FieldManager
from apiserver.registry.generic.names import random_suffix
from apiserver.registry.generic.store import Store
from apiserver.registry.generic.strategy import Strategy
from apiserver.registry.resources import Dependencies, storage_of, strategies
from apiserver.serving.notify import notify
from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import TLS, EtcdStorage
from apiserver.storage.etcd import metrics as etcd_metrics
from apiserver.storage.keys import prefix_of
from kube.api import scheme
from kube.apimachinery.scheme import Resource
from kube.clock import Clock, RealClock
from kube.jwt import Signer, Verifier, load_private_key, load_public_key

log = logging.getLogger("apiserver")
LOG_REQUESTS = 4
_RBAC_KINDS = ("clusterrolebindings", "clusterroles", "rolebindings", "roles")


class App:
    """One API server. `asgi` is the application; `close_streams` ends what would keep connections open."""

    def __init__(self, config: Config, clock: Clock | None = None):
        self.config, self.clock = config, clock or RealClock()
        self.address = config.advertise_address or default_address(config.bind_address)
        stored = [r for r in scheme if "list" in r.verbs]
        etcd_metrics.names.update({prefix_of(r): (r.group, r.plural) for r in reversed(stored)})
        self.storage = Cacher(_etcd(config), clock=self.clock)
        self.lookup = Lookup(self.storage)
        self.rbac = RBAC()
        self.streams = Streams()
        self.stores = self._make_stores()
        self.hooks = self._make_hooks()
        self.informers = [rbac_informer(self.stores[kind].resource, self.storage, self.rbac) for kind in _RBAC_KINDS]
        self.authorize = self._make_authorizer()
        self.authenticator = self._make_authenticator()
        self.health = self._make_health()
        self.discovery = Discovery(scheme, f"{self.address}:{config.public_port}")
        self.fastapi = nonresource.build(self._documents())
        self.fastapi.router.lifespan_context = self._lifespan
        self.asgi = Server(
            routes.build(scheme, self._store_of, self._services()), self.fastapi, self.authenticator, self.authorize,
            self._make_flow_control(), _log_request if config.v >= LOG_REQUESTS else None,
            config.request_timeout,
        )  # fmt: skip

    # ---- the parts ----

    def _make_stores(self) -> dict[str, Store[Any]]:
        """By plural; of two groups with one plural (events) the first of the scheme."""
        needs = Dependencies(
            self.storage, self.config.service_cluster_ip_range, self.config.service_node_port_range,
            self.config.event_ttl, self.clock,
        )  # fmt: skip
        table = strategies(needs)
        config = self.config
        admission = Chain(
            plugins(
                self.lookup, self.rbac, random_suffix, self.clock,
                config.enable_admission_plugins, config.disable_admission_plugins,
            )
        )  # fmt: skip
        self._by_resource = {r: self._make_store(r, table, admission) for r in scheme}
        found: dict[str, Store[Any]] = {}
        for resource, store in self._by_resource.items():
            found.setdefault(resource.plural, store)
        return found

    def _make_store(self, resource: Resource, table: dict[Any, Strategy[Any]], admission: Chain) -> Store[Any]:
        strategy = table.get((resource.group, resource.plural)) or Strategy()
        manager = FieldManager(resource, strategy.has_status)
        return Store(resource, strategy, storage_of(resource, self.storage), admission, manager, self.clock)

    def _store_of(self, resource: Resource) -> Store[Any]:
        return self._by_resource[resource]

    def _make_hooks(self) -> Hooks:
        ranges = self.config.service_cluster_ip_range
        service = KubernetesService(
            self.storage, self.stores, first_address(ranges[0]), self.address, self.config.public_port
        )
        return Hooks(self.stores, service, ranges, self.clock)

    def _make_authorizer(self) -> Authorize:
        known: dict[str, Authorize] = {"RBAC": self.rbac.authorize}
        if "Node" in self.config.authorization_mode:
            graph = NodeGraph()
            self.informers.append(Informer(self.stores["pods"].resource, self.storage, graph.apply))
            known["Node"] = NodeAuthorizer(graph, CLUSTER_ROLES["system:node"]).authorize
        return authorizer(self.config.authorization_mode, known)

    def _make_authenticator(self) -> Authenticator:
        config = self.config
        self.verifier, self.issuer = self._make_signing()
        accounts = None
        if self.verifier is not None:
            audiences = config.api_audiences or (config.service_account_issuer,)
            in_secrets = SecretTokens(self.lookup.cached, marker(self.stores["secrets"]), self.clock)
            accounts = ServiceAccountAuthenticator(
                config.service_account_issuer, audiences, self.verifier, self.lookup.cached, self.clock, in_secrets
            )
        tokens = read_token_file(config.token_auth_file) if config.token_auth_file else {}
        return Authenticator(tokens, accounts, config.anonymous_auth, self.clock)

    def _make_signing(self) -> tuple[Verifier | None, TokenIssuer | None]:
        config = self.config
        signing = config.service_account_signing_key_file
        checking = config.service_account_key_file or ((signing,) if signing else ())
        verifier = Verifier([load_public_key(Path(p).read_bytes()) for p in checking]) if checking else None
        if not signing:
            return verifier, None
        signer = Signer(load_private_key(Path(signing).read_bytes()))
        return verifier, TokenIssuer(config.service_account_issuer, signer, self.clock)

    def _services(self) -> dict[str, Any]:
        """What a few handlers need besides their store."""
        return {
            "streams": self.streams, "authorize": self.authorize, "authenticator": self.authenticator,
            "rbac": self.rbac, "issuer": self.issuer, "lookup": self.lookup, "stores": self.stores,
            "config": self.config, "clock": self.clock, "kubelets": self._make_kubelets(),
        }  # fmt: skip

    def _make_flow_control(self) -> FlowControl:
        config = self.config
        flow = FlowControl(config.max_mutating_requests_inflight, config.max_requests_inflight)
        metrics.in_flight.flow = flow
        metrics.resource_objects.count = metrics.storage_objects.count = self._count_objects
        return flow

    def _count_objects(self) -> dict[tuple[str, str], int]:
        return {resource: self.storage.count(prefix) for prefix, resource in etcd_metrics.names.items()}

    def _make_kubelets(self) -> Kubelets:
        config = self.config
        return Kubelets(
            config.kubelet_client_certificate, config.kubelet_client_key, config.kubelet_certificate_authority
        )

    def _documents(self) -> nonresource.Documents:
        issuer: dict[str, Any] = {}
        if self.verifier is not None:
            url = self.config.service_account_issuer
            issuer["/openid/v1/jwks"] = self.verifier.jwks()
            issuer["/.well-known/openid-configuration"] = {
                "issuer": url, "jwks_uri": f"https://{self.address}:{self.config.public_port}/openid/v1/jwks",
                "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": self.verifier.algorithms(),
            }  # fmt: skip
        return nonresource.Documents(
            self.discovery, self.health, openapi.documents(), openapi.serve_v2, issuer,
            Debugging(self.storage.arrivals.when, self.config.controllers_address), openapi.reference,
        )  # fmt: skip

    # ---- life ----

    @asynccontextmanager
    async def _lifespan(self, _app: Any) -> AsyncIterator[None]:
        await self.storage.start()
        tasks = [asyncio.create_task(i.run(), name="informer") for i in self.informers]
        await asyncio.gather(*(informer.synced.wait() for informer in self.informers))
        tasks.append(asyncio.create_task(self.hooks.run(), name="post-start hooks"))
        tasks.append(asyncio.create_task(self._tell_ready(), name="ready"))
        tasks.append(asyncio.create_task(self._repair(), name="repair of the node ports"))
        log.info("serving on %s:%d", self.address, self.config.public_port)
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.hooks.kubernetes.leave(), 1)
            await self.storage.aclose()

    async def _tell_ready(self) -> None:
        await self.hooks.done.wait()
        notify()

    async def _repair(self) -> None:
        await self.hooks.done.wait()
        await NodePortRepair(self.storage, self.clock).run()

    def close_streams(self) -> None:
        """Ends every watch: their clients will come back, to this server or to another."""
        self.streams.close_all()

    # ---- how it is ----

    def _make_health(self) -> Health:
        checks = {f"poststarthook/{name}": partial(self._check_hook, name) for name in HOOKS}
        ready = {
            "etcd-readiness": self._check_etcd, "informer-sync": self._check_informers, "shutdown": self._check_shutdown
        }  # fmt: skip
        return Health({"etcd": self._check_etcd, **checks}, ready)

    def _check_etcd(self) -> str:
        return self.storage.trouble

    def _check_hook(self, name: str) -> str:
        return "" if name in self.hooks.finished else "not finished"

    def _check_informers(self) -> str:
        waited = sum(not informer.synced.is_set() for informer in self.informers)
        return f"{waited} informers not synced yet" if waited else ""

    def _check_shutdown(self) -> str:
        return "process is shutting down" if self.streams.closing else ""


def _log_request(request: Request, seconds: float) -> None:
    """One line a request, with `-v 4`."""
    log.info(
        "%s %s %d %.1fms user=%s", request.method, request.info.path, request.code, seconds * 1000, request.user.name
    )


def _etcd(config: Config) -> EtcdStorage:
    tls = None
    if config.etcd_cafile:
        tls = TLS(ca_file=config.etcd_cafile, cert_file=config.etcd_certfile, key_file=config.etcd_keyfile)
    interval = config.etcd_compaction_interval
    return EtcdStorage(config.etcd_servers, config.etcd_prefix, tls=tls, compaction_interval=interval)


def default_address(bind_address: str) -> str:
    """The address to advertise: the bound one, or for the wildcard the one that leads out of this machine."""
    if bind_address not in ("0.0.0.0", "::"):
        return bind_address
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))  # no packet is sent: this only looks up the route
        return probe.getsockname()[0]
    return "127.0.0.1"
