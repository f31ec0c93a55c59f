"""The pod spec inside an object, and what `set` changes in it. Pure.

Called by `kubectl_lite set`. Source: k8s.io/kubectl/pkg/cmd/set. Every function returns the changed pod spec; the
patch that leads there is made of the two by the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from kubectl_lite.errors import CommandError

Json = dict[str, Any]
_TEMPLATES = ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController")


def path_to_pod_spec(kind: str) -> tuple[str, ...]:
    """Where the pod spec of a kind is; empty for kinds without."""
    if kind == "Pod":
        return ("spec",)
    if kind == "CronJob":
        return ("spec", "jobTemplate", "spec", "template", "spec")
    return ("spec", "template", "spec") if kind in _TEMPLATES else ()


def pod_spec(obj: Json) -> Json:
    """Raises CommandError for an object without pods."""
    path = path_to_pod_spec(obj["kind"])
    if not path:
        type_ = f"*{obj['apiVersion'].rpartition('/')[2]}.{obj['kind']}"
        raise CommandError(f"the object is not a pod or does not have a pod template: {type_}")
    for name in path:
        obj = obj[name]
    return obj


def with_pod_spec(obj: Json, spec: Json) -> Json:
    """The object with this pod spec in the place of its own."""

    def put(value: Json, path: tuple[str, ...]) -> Json:
        return value | {path[0]: put(value[path[0]], path[1:])} if path else spec

    return put(obj, path_to_pod_spec(obj["kind"]))


def containers(spec: Json) -> list[tuple[str, Json]]:
    """Each container with the list it stands in."""
    return [(field, c) for field in ("initContainers", "containers") for c in spec.get(field) or ()]


def changed_containers(spec: Json, change: Callable[[Json], Json]) -> Json:
    """The pod spec with each container as `change` returns it."""
    fields = [field for field in ("initContainers", "containers") if spec.get(field)]
    return spec | {field: [change(c) for c in spec[field]] for field in fields}


# ---- set image ----


def images(words: Sequence[str]) -> dict[str, str]:
    """`web=nginx:1.27`, `*=busybox`. Raises CommandError."""
    found: dict[str, str] = {}
    for word in words:
        name, equals, image = word.partition("=")
        if not equals or not name:
            raise CommandError(f"invalid image format: {word}, expected container=image")
        found[name] = image
    if not found:
        raise CommandError("at least one image update is required")
    if "*" in found and len(found) > 1:
        raise CommandError("all containers are already specified by *, but saw more than one container_name="
                           "container_image pairs")  # fmt: skip
    return found


def with_images(spec: Json, wanted: dict[str, str]) -> Json:
    """The images of the named containers; `*` is all."""

    def change(container: Json) -> Json:
        image = wanted.get(container["name"], wanted.get("*"))
        return container | ({} if image is None else {"image": image})

    return changed_containers(spec, change)


def missing_containers(spec: Json, names: Iterable[str]) -> list[str]:
    """Which of the names no container has."""
    return [name for name in names if name != "*" and all(c["name"] != name for _, c in containers(spec))]


def matching(spec: Json, pattern: str) -> list[Json]:
    """The containers whose names match."""
    return [c for _, c in containers(spec) if fnmatchcase(c["name"], pattern)]


# ---- set resources ----


def quantities(text: str) -> dict[str, str]:
    """`cpu=200m,memory=512Mi`. Raises CommandError."""
    from kube.apimachinery.quantity import parse

    found = {}
    for word in filter(None, text.split(",")):
        name, equals, value = word.partition("=")
        if not equals:
            raise CommandError(f"Invalid argument syntax {word}, expected <resource>=<value>")
        try:
            parse(value)
        except ValueError as why:
            raise CommandError(str(why)) from why
        found[name] = value
    return found


def with_resources(spec: Json, pattern: str, limits: dict[str, str], requests: dict[str, str]) -> Json:
    """Lays limits and requests over those of the matching containers."""

    def change(container: Json) -> Json:
        if not fnmatchcase(container["name"], pattern):
            return container
        have = container.get("resources") or {}
        new = {k: (have.get(k) or {}) | v for k, v in (("limits", limits), ("requests", requests)) if v}
        return container | {"resources": have | new}

    return changed_containers(spec, change)


# ---- set selector ----


def selector_map(text: str) -> dict[str, str]:
    """`a=b,c=d`. Raises CommandError for what is no selector, or one that a map cannot say."""
    from kube.apimachinery.labels import parse

    try:
        terms = parse(text).requirements
    except ValueError as why:
        raise CommandError(f"couldn't parse the selector string \"{text}\": {why}") from why
    others = [term for term in terms if term.operator not in ("=", "==")]
    if others:
        names = {"in": "In", "notin": "NotIn", "!=": "NotIn", "exists": "Exists", "!": "DoesNotExist"}
        shown = " ".join(f"{{{t.key} {names.get(t.operator, t.operator)} [{' '.join(sorted(t.values))}]}}"
                         for t in others)  # fmt: skip
        raise CommandError(f"match expression [{shown}] not supported on this object")
    return {term.key: next(iter(term.values)) for term in terms}


# ---- set env ----


def with_env(spec: Json, pattern: str, sets: Sequence[Json], removed: Sequence[str], overwrite: bool) -> Json:
    """Sets and removes variables in the matching containers; `sets` are entries of a container's `env`."""

    def change(container: Json) -> Json:
        if not fnmatchcase(container["name"], pattern):
            return container
        env = {e["name"]: e for e in container.get("env") or ()}
        taken = [e["name"] for e in sets if e["name"] in env and not overwrite]
        if taken:
            have = env[taken[0]].get("value", "")
            raise CommandError(f"'{taken[0]}' already has a value ({have}), and --overwrite is false")
        env |= {name: next(e for e in sets if e["name"] == name) for name in (e["name"] for e in sets)}  # the first
        kept = [e for name, e in env.items() if name not in removed]
        return container | ({"env": kept} if kept or "env" in container else {})

    return changed_containers(spec, change)


def env_from(obj: Json, prefix: str, keys: Sequence[str]) -> list[tuple[str, Json]]:
    """The keys of a ConfigMap or Secret, and a variable for each, named after it."""
    field = {"ConfigMap": "configMapKeyRef", "Secret": "secretKeyRef"}[obj["kind"]]
    found = []
    for key in sorted(obj.get("data") or {}):
        if not keys or key in keys:
            name = prefix + re.sub(r"[^A-Za-z0-9_]", "_", key).upper()
            ref = {"key": key, "name": obj["metadata"]["name"]}
            found.append((key, {"name": name, "valueFrom": {field: ref}}))
    return found


def shown_env(entry: Json) -> str:
    """`A=b`, or for a value from elsewhere a comment that says from where."""
    source = entry.get("valueFrom")
    if not source:
        return f"{entry['name']}={entry.get('value', '')}"
    kind, ref = next(iter(source.items()))
    where = {
        "configMapKeyRef": lambda: f"configmap {ref['name']}, key {ref['key']}",
        "secretKeyRef": lambda: f"secret {ref['name']}, key {ref['key']}",
        "fieldRef": lambda: f"field path {ref['fieldPath']}",
        "resourceFieldRef": lambda: f"resource field {ref['resource']}",
    }[kind]()
    return f"# {entry['name']} from {where}"
