"""Clients that create, read, change and delete ConfigMaps and Services, and write down what they were told.

Called by test_consistency. They call the API servers through httpx, one at a time, and turn to another when one fails;
a write whose answer did not come is never sent again, so that each word written (token) belongs to one request.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx

from tests.consistency.history import NEVER, Op, Version, version_of
from tests.support.cluster import ApiServer

NAMESPACE = "history"
PREFIXES = {"configmaps": "configmaps/", "services": "services/specs/"}
NAMES = {"configmaps": 8, "services": 24}
VERBS = ("create", "create", "replace", "patch", "patch", "delete", "get", "get", "get", "list")
SECONDS = 6.0
MERGE = {"Content-Type": "application/merge-patch+json"}


class Log:
    """What all clients write down, and the clock they share."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.faults = Counter[str]()
        """Answers that are no plain success or refusal: how often each came."""
        self.odd: list[str] = []
        """Answers that no client should get."""
        self._ticks = itertools.count(1)

    def tick(self) -> int:
        return next(self._ticks)


class Servers:
    """Connections to the API servers, shared by all clients."""

    def __init__(self, servers: list[ApiServer], seconds: float = SECONDS):
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
        self.clients = [
            httpx.AsyncClient(
                base_url=server.url, verify=server.context(), limits=limits, timeout=seconds, trust_env=False,
                headers={"Authorization": f"Bearer {server.token}"},
            )
            for server in servers
        ]  # fmt: skip

    async def aclose(self) -> None:
        for client in self.clients:
            await client.aclose()


class Client:
    def __init__(self, number: int, seed: int, servers: Servers, log: Log):
        self._servers, self._log = servers, log
        self._chance = random.Random(f"{seed} client {number}")
        self._number, self._at = number, number
        self._tokens = itertools.count(1)
        self._known: dict[str, Version] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """One request after another until it is told to stop."""
        while not stop.is_set():
            resource = self._chance.choice(("configmaps", "services"))
            name = f"x{self._chance.randrange(NAMES[resource])}"
            await self.act(self._chance.choice(VERBS), resource, name)
            await asyncio.sleep(self._chance.uniform(0, 0.05))

    async def act(self, verb: str, resource: str, name: str) -> Op:
        """One request, written down."""
        key = f"{PREFIXES[resource]}{NAMESPACE}/{'' if verb == 'list' else name}"
        known = self._known.get(key)
        if verb == "replace" and known is None:
            verb = "get"
        token = {f"c{self._number}": f"t{self._number}-{next(self._tokens)}"}
        tokens = token if verb in ("create", "replace", "patch") else {}
        began = self._log.tick()
        response = await self._send(verb, resource, name, tokens, known)
        op = self._op(verb, key, began, tokens, known, response)
        self._log.ops.append(op)
        if op.found is not None:
            self._known[key] = op.found
        elif op.code in (404, 409) or verb == "delete":
            self._known.pop(key, None)
        return op

    async def _send(
        self, verb: str, resource: str, name: str, tokens: Mapping[str, str], known: Version | None
    ) -> httpx.Response | None:
        """None when no answer came."""
        url = f"/api/v1/namespaces/{NAMESPACE}/{resource}"
        one, client = f"{url}/{name}", self._servers.clients[self._at % len(self._servers.clients)]
        try:
            match verb:
                case "create":
                    return await client.post(url, json=_object(resource, name, tokens, self._chance))
                case "replace":
                    return await client.put(one, json=_changed(resource, name, tokens, known))
                case "patch":
                    return await client.patch(one, json=_content(resource, tokens), headers=MERGE)
                case "delete":
                    return await client.delete(one)
            return await client.get(url if verb == "list" else one)
        except httpx.HTTPError as error:
            self._log.faults[f"{verb}: {type(error).__name__}"] += 1
            self._at += 1
            return None

    def _op(
        self, verb: str, key: str, began: int, tokens: Mapping[str, str], known: Version | None,
        response: httpx.Response | None,
    ) -> Op:  # fmt: skip
        facts: dict[str, Any] = {"tokens": tokens, "based_on": known.revision if known and verb == "replace" else 0}
        if response is None:
            return Op(verb, key, began, NEVER, "unknown", **facts)
        ended, code = self._log.tick(), response.status_code
        answer = response.json()
        if code >= 400:
            self._note(verb, response, answer)
            refused = code < 500
            if verb == "get" and code == 404:
                return Op(verb, key, began, ended, "ok", code)
            return Op(verb, key, began, ended if refused else NEVER, "refused" if refused else "unknown", code, **facts)
        if verb == "list":
            revision = int(answer["metadata"]["resourceVersion"])
            items = tuple(version_of(key + item["metadata"]["name"], item) for item in answer["items"])
            return Op(verb, key, began, ended, "ok", code, revision=revision, items=items)
        if verb == "delete":
            uid = answer["details"]["uid"] if answer["kind"] == "Status" else answer["metadata"]["uid"]
            return Op(verb, key, began, ended, "ok", code, uid=uid)
        return Op(verb, key, began, ended, "ok", code, found=version_of(key, answer), **facts)

    def _note(self, verb: str, response: httpx.Response, answer: Any) -> None:
        code = response.status_code
        if code in (404, 409):
            return
        self._log.faults[f"{verb}: {code} {answer.get('reason', '')}"] += 1
        if code not in (429, 503, 504) or not response.headers.get("Retry-After"):
            self._log.odd.append(f"{verb}: {code} {response.headers.get('Retry-After')} {answer}")
        self._at += 1


def _object(resource: str, name: str, tokens: Mapping[str, str], chance: random.Random) -> dict[str, Any]:
    """A new one; half of the Services want a node port as well."""
    body = {"metadata": {"name": name}} | _content(resource, tokens)
    if resource == "services":
        body["metadata"]["name"] = name
        body["spec"] = {"type": chance.choice(("ClusterIP", "NodePort")), "ports": [{"port": 80}]}
    return body


def _content(resource: str, tokens: Mapping[str, str]) -> dict[str, Any]:
    return {"metadata": {"annotations": dict(tokens)}} if resource == "services" else {"data": dict(tokens)}


def _changed(resource: str, name: str, tokens: Mapping[str, str], known: Version | None) -> dict[str, Any]:
    """A whole object at the revision that the client knows."""
    assert known is not None
    body = _content(resource, tokens)
    body["metadata"] = {**body.get("metadata", {}), "name": name, "resourceVersion": str(known.revision)}
    if resource == "services":
        kind = "NodePort" if known.ports else "ClusterIP"
        body["spec"] = {"type": kind, "ports": [{"port": 80}]}
    return body
