"""Short stable names for templates: FNV-1a and the alphabet in which Kubernetes writes hashes.

Called by the deployment, statefulset and daemonset controllers. Pure. The hash is taken over the template's JSON, not
over Go's printed struct, so its letters differ from upstream's for the same template; nothing may depend on them.
Source: k8s.io/apimachinery/pkg/util/rand (SafeEncodeString), pkg/util/hash.
"""

from __future__ import annotations

from kube.apimachinery.types import APIModel

_SAFE = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels, no digits that look like them: no hash is a word."""


def fnv32a(data: bytes) -> int:
    value = 0x811C9DC5
    for byte in data:
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def safe_encode(text: str) -> str:
    return "".join(_SAFE[ord(letter) % len(_SAFE)] for letter in text)


def template_hash(template: APIModel, collision_count: int | None = None) -> str:
    """`66b6c48dd5`: the value of `pod-template-hash`."""
    data = template.to_json()
    if collision_count is not None:
        data += collision_count.to_bytes(8, "little")
    return safe_encode(str(fnv32a(data)))
