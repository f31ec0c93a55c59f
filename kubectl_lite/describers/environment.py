"""A container's environment in words: values, where they come from, and what they are in this pod. Pure.

Called by `describers.containers`. What a field of the pod or a resource of the container is, is worked out here as the
kubelet would, as far as kubectl does it.
"""

from __future__ import annotations

from math import ceil

from kubectl_lite.describers.common import NONE, Json, Text

_FIELDS = {"metadata.name": ("metadata", "name"), "metadata.namespace": ("metadata", "namespace"),
           "metadata.uid": ("metadata", "uid")}  # fmt: skip


def environment(out: Text, c: Json, pod: Json | None, level: int) -> None:
    """The variables of a container, those from whole ConfigMaps and Secrets first; `pod` is None for a template."""
    if c.get("envFrom"):
        out(level, "Environment Variables from:")
    for e in c.get("envFrom") or ():
        kind, ref = ("ConfigMap", e["configMapRef"]) if "configMapRef" in e else ("Secret", e.get("secretRef", {}))
        prefix = f" with prefix '{e['prefix']}'" if e.get("prefix") else ""
        out(level + 1, f"{ref.get('name', '')}\t{kind}{prefix}\tOptional: {_optional(ref)}")
    out(level, f"Environment:{'' if c.get('env') else chr(9) + NONE}")
    for e in c.get("env") or ():
        first, *more = _value(e, c, pod).split("\n")
        out(level + 1, f"{e['name']}:\t{first}")
        for line in more:
            out(level + 1, f"\t{line}")


def _optional(ref: Json) -> str:
    return str(ref.get("optional", False)).lower()


def _value(e: Json, container: Json, pod: Json | None) -> str:
    source = e.get("valueFrom") or {}
    if "fieldRef" in source:
        ref = source["fieldRef"]
        value = field_value(pod, ref["fieldPath"]) if pod is not None else ""
        return f"{value} ({ref.get('apiVersion', 'v1')}:{ref['fieldPath']})"
    if "resourceFieldRef" in source:
        ref = source["resourceFieldRef"]
        value = resource_value(container, ref["resource"], str(ref.get("divisor", "0")))
        if value == "0" and ref["resource"] in ("limits.cpu", "limits.memory"):
            value = "node allocatable"
        return f"{value} ({ref['resource']})"
    for key, phrase in (("secretKeyRef", "in secret"), ("configMapKeyRef", "of config map")):
        if key in source:
            ref = source[key]
            return f"<set to the key '{ref['key']}' {phrase} '{ref.get('name', '')}'>\tOptional: {_optional(ref)}"
    return str(e.get("value", ""))


def field_value(pod: Json, path: str) -> str:
    """A field of the pod's metadata; those of its spec and status are left to the kubelet."""
    if path in _FIELDS:
        first, second = _FIELDS[path]
        return str(pod[first].get(second, ""))
    return ""


def resource_value(container: Json, resource: str, divisor: str) -> str:
    """`limits.cpu` in units of the divisor, rounded up; nothing for a resource that kubectl does not know here."""
    from kube.apimachinery.quantity import parse

    kind, _, name = resource.partition(".")
    given = parse(str(((container.get("resources") or {}).get(kind) or {}).get(name, "0")))
    unit = parse("1" if divisor == "0" else divisor)
    if name == "cpu":
        return str(ceil(given.milli_value / unit.milli_value))
    return str(ceil(given.value / unit.value))
