"""An Ingress from the rules of flags: `foo.com/bar*=svc:http,tls=secret`. Pure.

Called by `kubectl_lite.commands.create_elsewhere`. Source: k8s.io/kubectl/pkg/cmd/create/create_ingress.go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
_RULE = re.compile(r"[\w*\-.]*/.*=[\w\-]+:[\w\-]+(,tls=?([\w\-]+)?)?")


def ingress(name: str, rules: Sequence[str], class_: str, backend: str, annotations: Sequence[str]) -> Json:
    """Raises CommandError for words that are no rule, annotation or backend."""
    _check(rules, backend, annotations)
    spec: Json = {"ingressClassName": class_} if class_ else {}
    spec |= {"defaultBackend": _backend(backend)} if backend else {}
    spec |= {"tls": tls} if (tls := _tls(rules)) else {}
    spec |= {"rules": hosts} if (hosts := _hosts(rules)) else {}
    metadata: Json = {"name": name, "creationTimestamp": None}
    metadata |= {"annotations": dict(word.split("=", 1) for word in annotations)} if annotations else {}
    return {"kind": "Ingress", "apiVersion": "networking.k8s.io/v1", "metadata": metadata, "spec": spec,
            "status": {"loadBalancer": {}}}  # fmt: skip


def _check(rules: Sequence[str], backend: str, annotations: Sequence[str]) -> None:
    if not backend and not rules:
        raise CommandError(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all "
            "traffic) or a list of rules (which catch specific paths)"
        )
    for rule in rules:
        if not _RULE.match(rule):
            form = "host/path=svcname:svcport[,tls[=secret]]"
            raise CommandError(f"rule {rule} is invalid and should be in format {form}")
    for word in annotations:
        if "=" not in word:
            raise CommandError(f"annotation {word} is invalid and should be in format key=[value]")
    if backend and backend.count(":") != 1:
        raise CommandError("default-backend should be in format servicename:serviceport")


def _backend(text: str) -> Json:
    service, _, port = text.partition(":")
    number = port.isdigit()
    return {"service": {"name": service, "port": {"number": int(port)} if number else {"name": port}}}


def _tls(rules: Sequence[str]) -> list[Json]:
    """One entry a secret; a host is taken once."""
    found: list[Json] = []
    hosts: set[str] = set()
    for rule in rules:
        words, host = rule.split(","), rule.partition("/")[0]
        if len(words) != 2 or host in hosts:
            continue
        hosts.add(host)
        secret = words[1].partition("=")[2]
        entry = next((e for e in found if e.get("secretName", "") == secret), None)
        if entry is not None:
            entry["hosts"] = [*entry.get("hosts", ()), host]
        elif host or secret:
            found.append(({"hosts": [host]} if host else {}) | ({"secretName": secret} if secret else {}))
    return found


def _hosts(rules: Sequence[str]) -> list[Json]:
    by_host: dict[str, list[Json]] = {}
    for rule in rules:
        host, _, rest = rule.partition("/")
        words = rest.split("=")
        path, service = f"/{words[0]}", words[1].partition(",")[0]
        kind = "Prefix" if path.endswith("*") else "Exact"
        entry = {"path": path.removesuffix("*"), "pathType": kind, "backend": _backend(service)}
        by_host.setdefault(host, []).append(entry)
    return [({"host": host} if host else {}) | {"http": {"paths": paths}} for host, paths in by_host.items()]
