"""Deployments, pods and disruption budgets from flags: `create deployment`, `run`, `create pdb`. Pure."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from typing import Any

from kubectl_lite.env_names import is_env_name
from kubectl_lite.errors import CommandError

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""Those of k8s.io/apimachinery/pkg/util/rand: none that make words."""


def deployment(
    name: str, images: Sequence[str], replicas: int, port: int | None, argv: Sequence[str]
) -> dict[str, Any]:
    """A Deployment of one container an image. Raises CommandError for a command that could be any container's."""
    if argv and len(images) > 1:
        raise CommandError("cannot specify multiple --image options and command")
    images = [image for given in images if given for image in given.split(",")]
    containers: list[dict[str, Any]] = [{"name": _container_name(image), "image": image} for image in images]
    if argv and containers:
        containers[0]["command"] = list(argv)
    if port is not None and port >= 0 and containers:
        containers[0]["ports"] = [{"containerPort": port}]
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
        },
    }


def _container_name(image: str) -> str:
    """`registry/path/nginx:1.27` -> `nginx`; one that had to be changed gets letters by chance, not to clash."""
    last = image.rpartition("/")[2].partition(":")[0].partition("@")[0]
    safe = re.sub("[_.]", "-", last)
    return last if safe == last else f"{safe}-{''.join(random.choices(_LETTERS, k=5))}"


def pod(name: str, image: str, flags: dict[str, Any], argv: Sequence[str]) -> dict[str, Any]:
    """A pod of one container, as `run` makes it."""
    container: dict[str, Any] = {"name": name, "image": image}
    if flags["image_pull_policy"]:
        container["imagePullPolicy"] = flags["image_pull_policy"]
    if flags["env"]:
        container["env"] = [_env(word) for word in flags["env"]]
    if flags["port"]:
        container["ports"] = [{"containerPort": _port(flags["port"])}]
    if argv:
        container["command" if flags["command"] else "args"] = list(argv)
    if flags["stdin"]:
        container |= {"stdin": True} | ({} if flags["leave_stdin_open"] else {"stdinOnce": True})
        container |= {"tty": True} if flags["tty"] else {}
    if flags["privileged"]:
        container["securityContext"] = {"privileged": True}
    metadata: dict[str, Any] = {"name": name, "labels": _labels(flags["labels"]) or {"run": name}}
    if flags["annotations"]:
        metadata["annotations"] = dict(_annotation(word) for word in flags["annotations"])
    spec = {"containers": [container], "restartPolicy": flags["restart"], "dnsPolicy": "ClusterFirst"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _port(text: str) -> int:
    if not text.lstrip("-").isdigit():
        raise CommandError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text)


def _env(word: str) -> dict[str, str]:
    name, equals, value = word.partition("=")
    if not equals or not is_env_name(name):
        raise CommandError(f"invalid env: {word}")
    return {"name": name, "value": value}


def _annotation(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise CommandError(f"invalid annotations format: {word}")
    return key, value


def _labels(text: str) -> dict[str, str]:
    found = {}
    for word in filter(None, text.split(",")):
        key, equals, value = word.partition("=")
        if not equals:
            raise CommandError(f"unexpected label spec: {word}")
        found[key] = value
    return found


def disruption_budget(name: str, selector: str, min_available: str, max_unavailable: str) -> dict[str, Any]:
    """A PodDisruptionBudget. Raises CommandError for what contradicts itself or guards nothing."""
    if not selector:
        raise CommandError("a selector must be specified")
    if not min_available and not max_unavailable:
        raise CommandError("one of min-available or max-unavailable must be specified")
    if min_available and max_unavailable:
        raise CommandError("min-available and max-unavailable cannot be both specified")
    for flag, value in (("min-available", min_available), ("max-unavailable", max_unavailable)):
        if value and not re.fullmatch(r"\d+%?", value):
            raise CommandError(f"invalid format specified for {flag}")
    field, value = ("minAvailable", min_available) if min_available else ("maxUnavailable", max_unavailable)
    spec = {field: int(value) if value.isdigit() else value, "selector": _label_selector(selector)}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


_OPERATORS = {"in": "In", "notin": "NotIn", "!=": "NotIn", "exists": "Exists", "!": "DoesNotExist"}


def _label_selector(text: str) -> dict[str, Any]:
    """A selector's text as the object that specs hold. Raises CommandError."""
    from kube.apimachinery.labels import parse

    try:
        terms = parse(text).requirements
    except ValueError as why:
        raise CommandError(f"couldn't parse the selector string \"{text}\": {why}") from why
    pairs = {term.key: next(iter(term.values)) for term in terms if term.operator in ("=", "==")}
    expressions = []
    for term in (term for term in terms if term.operator not in ("=", "==")):
        if term.operator not in _OPERATORS:
            raise CommandError(f'"{term.operator}" is not a valid label selector operator')
        values = {"values": sorted(term.values)} if term.values else {}
        expressions.append({"key": term.key, "operator": _OPERATORS[term.operator]} | values)
    return ({"matchLabels": pairs} if pairs else {}) | ({"matchExpressions": expressions} if expressions else {})
