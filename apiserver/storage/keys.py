"""Where the objects of a resource lie in the store: Kubernetes' own layout, so that etcdctl looks familiar.

    /registry/configmaps/default/settings       /registry/services/specs/default/myapp       /registry/minions/node1

Called by the generic store, the authorizers' informers and the watch cache. It calls nothing. It leaves out the prefix
that a cluster has of its own in etcd (`storage.etcd.keys`).
"""

from __future__ import annotations

from apiserver.storage.interface import ROOT
from kube.apimachinery.scheme import Resource

_BASE = len(ROOT)
_ELSEWHERE = {
    ("", "services"): "services/specs",
    ("", "endpoints"): "services/endpoints",
    ("", "nodes"): "minions",
    ("events.k8s.io", "events"): "events",
}


def prefix_of(resource: Resource) -> str:
    """`/registry/pods/`, with the slash that ends it."""
    return f"{ROOT}{_ELSEWHERE.get((resource.group, resource.plural), resource.plural)}/"


def key_of(resource: Resource, namespace: str, name: str) -> str:
    """The key of one object; cluster-scoped objects have no namespace."""
    prefix = prefix_of(resource)
    return f"{prefix}{namespace}/{name}" if resource.namespaced else prefix + name


def split_key(key: str, prefix: str, namespaced: bool) -> tuple[str, str]:
    """(namespace, name) of a key below a prefix."""
    rest = key[len(prefix) :]
    if not namespaced:
        return "", rest
    namespace, _, name = rest.partition("/")
    return namespace, name


def root_of(key: str) -> str:
    """The resource that a key (or a prefix) belongs to: `/registry/pods/`. Services and Endpoints share a word, for
    historical reasons: `/registry/services/specs/`. Empty when the prefix spans several resources."""
    at = key.find("/", _BASE) + 1
    if at and key.startswith("services/", _BASE):
        at = key.find("/", at) + 1
    return key[:at]
