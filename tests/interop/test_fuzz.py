"""Whatever is sent, the answer is never a 500: requests made from the server's own OpenAPI, and random objects of
every kind.

The runs are small and always the same; `FUZZ_EXAMPLES=200 pytest tests/interop/test_fuzz.py` makes long ones. Paths
are steered to what exists, because a random name ends in a 404 at once.
"""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
import schemathesis.specs.openapi.schemas  # loaded here and now: else by the first test, amid other tests' threads
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

from kube.api import scheme
from kube.apimachinery.scheme import Resource
from tests.kube.api.strategies import dicts
from tests.support.cluster import ApiServer

# The stand-in node's thread may use `random` while a strategy draws, which hypothesis takes for the strategy's doing.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

http.client._MAXHEADERS = 200  # a hundred warnings and what else there is
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
NAMESPACE = "fuzz"
OBJECT = "here"

# In short runs: a few paths of each kind of path.
SHORT_RUN = (
    "{namespace}/endpointslices", "/endpointslices/{name}", "/leases/{name}", "/servicecidrs/{name}",
    "{namespace}/services", "/services/{name}", "/pods/{name}/binding", "/deployments/{name}/scale",
    "{namespace}/deployments",
)  # fmt: skip
GROUPS = [
    "api/v1", "apis/apps/v1", "apis/coordination.k8s.io/v1", "apis/discovery.k8s.io/v1", "apis/networking.k8s.io/v1",
]  # fmt: skip
if EXAMPLES:
    GROUPS = [f"apis/{r.group}/{r.version}" if r.group else f"api/{r.version}" for r in scheme]
    GROUPS = list(dict.fromkeys(GROUPS))


def always_the_same(examples: int) -> settings:
    return settings(
        derandomize=True, max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


class Connection:
    """One kept connection, because there are many requests; remembers what was answered with a 500."""

    def __init__(self, server: ApiServer):
        self._server, self._http = server, self._open(server)
        self.failures: list[str] = []
        self.answers: dict[int, int] = {}

    @staticmethod
    def _open(server: ApiServer) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=30)

    def send(self, method: str, target: str, body: bytes | None, media_type: str | None) -> int:
        headers = {"Authorization": f"Bearer {self._server.token}"}
        if body is not None and media_type:
            headers["Content-Type"] = media_type
        try:
            self._http.request(method.upper(), target, body, headers)
            response = self._http.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            self.failures.append(f"{method} {target} {body!r:.2000}\n  -> {error!r}")
            return 0
        self.answers[response.status] = self.answers.get(response.status, 0) + 1
        if response.status >= 500:
            self.failures.append(f"{method} {target} {body!r:.2000}\n  -> {response.status} {answer!r:.500}")
        if response.will_close:
            self._http.close()
        return response.status

    def close(self) -> None:
        self._http.close()


@pytest.fixture(scope="module")
def connection(cluster: ApiServer) -> Iterator[Connection]:
    cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    for kind in scheme:
        if kind.kind in ("Deployment", "Lease", "EndpointSlice", "Service", "ConfigMap", "StatefulSet"):
            body = {**minimal(kind.kind), "metadata": {"name": OBJECT}}
            status, answer = cluster.request("POST", collection(kind), body)
            assert status == 201, answer
    made = Connection(cluster)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def no_internal_errors(connection: Connection) -> Iterator[None]:
    connection.failures.clear()
    yield
    assert not connection.failures, "\n".join(connection.failures[:5])


def minimal(kind: str) -> dict[str, Any]:
    """The least that makes a valid object."""
    labels = {"a": "b"}
    pods = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    workload = {"spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": pods}}
    return {
        "Deployment": workload, "StatefulSet": workload, "Service": {"spec": {"ports": [{"port": 80}]}},
        "EndpointSlice": {"addressType": "IPv4", "endpoints": [], "ports": []},
    }.get(kind, {})  # fmt: skip


def collection(kind: Resource) -> str:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    return f"{root}/namespaces/{NAMESPACE}/{kind.plural}" if kind.namespaced else f"{root}/{kind.plural}"


@pytest.mark.timeout(3600 if EXAMPLES else 120)
@pytest.mark.parametrize("path", GROUPS)
def test_requests_from_openapi(cluster: ApiServer, connection: Connection, path: str) -> None:
    status, document = cluster.request("GET", f"/openapi/v3/{path}")
    assert status == 200
    if not EXAMPLES:
        document["paths"] = {p: item for p, item in document["paths"].items() if p.endswith(SHORT_RUN)}
    for found in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = found.ok()
        if operation.path in ("/api/v1/namespaces", "/api/v1/nodes") and operation.method == "delete":
            continue

        @always_the_same(EXAMPLES or 2)
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def run(case: schemathesis.Case) -> None:
            query = {k: v for k, v in (case.query or {}).items() if k not in ("watch", "follow")}
            steered = {"namespace": NAMESPACE, "name": OBJECT}
            parts = {k: quote(str(steered.get(k, v)), safe="") for k, v in (case.path_parameters or {}).items()}
            target = case.path.format(**parts) + ("?" + urlencode(query, doseq=True) if query else "")
            body = None if isinstance(case.body, schemathesis.core.NotSet) else json.dumps(case.body).encode()
            connection.send(case.method, target, body, case.media_type)

        run()


@pytest.mark.parametrize("kind", [r for r in scheme if "create" in r.verbs], ids=lambda r: r.plural)
def test_random_objects(connection: Connection, kind: Resource) -> None:
    @always_the_same(EXAMPLES or 4)
    @given(body=dicts(kind.type), name=st.sampled_from(["a", OBJECT, "Not.A.Name"]), method=st.sampled_from("ABC"))
    def run(body: dict[str, Any], name: str, method: str) -> None:
        body["metadata"] = {**body.get("metadata", {}), "name": name, "namespace": NAMESPACE if kind.namespaced else ""}
        sent = json.dumps(body).encode()
        if method == "A":
            connection.send("POST", f"{collection(kind)}?dryRun=All", sent, "application/json")
        elif method == "B":
            connection.send("PUT", f"{collection(kind)}/{name}?dryRun=All", sent, "application/json")
        else:
            patch = "application/strategic-merge-patch+json"
            connection.send("PATCH", f"{collection(kind)}/{OBJECT}?dryRun=All", sent, patch)

    run()
