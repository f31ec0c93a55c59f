"""The scheme: what is served, under which names, and that nothing is named twice."""

import subprocess
import sys

import pytest

from kube.api import scheme
from kube.api.apps_v1 import Deployment
from kube.api.core_v1 import Pod, Service


@pytest.mark.parametrize(
    ("group", "plural", "kind", "namespaced", "short"),
    [
        ("", "services", "Service", True, "svc"), ("", "pods", "Pod", True, "po"), ("", "nodes", "Node", False, "no"),
        ("", "namespaces", "Namespace", False, "ns"), ("", "endpoints", "Endpoints", True, "ep"),
        ("", "configmaps", "ConfigMap", True, "cm"), ("", "serviceaccounts", "ServiceAccount", True, "sa"),
        ("", "events", "Event", True, "ev"), ("apps", "deployments", "Deployment", True, "deploy"),
        ("apps", "replicasets", "ReplicaSet", True, "rs"), ("apps", "statefulsets", "StatefulSet", True, "sts"),
        ("apps", "daemonsets", "DaemonSet", True, "ds"), ("networking.k8s.io", "ipaddresses", "IPAddress", False, "ip"),
        ("networking.k8s.io", "networkpolicies", "NetworkPolicy", True, "netpol"),
        ("policy", "poddisruptionbudgets", "PodDisruptionBudget", True, "pdb"),
    ],
)  # fmt: skip
def test_resources(group, plural, kind, namespaced, short):
    resource = scheme.by_path(group, "v1", plural)
    assert (resource.kind, resource.namespaced, resource.short_names) == (kind, namespaced, (short,))
    assert resource.singular == kind.lower()


def test_get_all_shows_workloads_and_services():
    assert [r.plural for r in scheme if "all" in r.categories] == [
        "pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets",
    ]  # fmt: skip


def test_verbs_and_subresources():
    assert "deletecollection" not in scheme.by_path("", "v1", "namespaces").verbs
    assert scheme.by_path("", "v1", "bindings").verbs == ("create",)
    subresources = {s.name: (s.kind, s.group) for s in scheme.by_type(Pod).subresources}
    assert subresources["eviction"] == ("Eviction", "policy") and subresources["log"] == ("Pod", None)
    assert {s.name for s in scheme.by_type(Deployment).subresources} == {"scale", "status"}


def test_no_name_is_given_twice():
    served = list(scheme)
    assert len({(r.group, r.plural) for r in served}) == len(served)
    shorts = [(r.group, s) for r in served for s in r.short_names]
    assert len(set(shorts)) == len(shorts)


def test_paths():
    services = scheme.by_type(Service)
    assert services.path("ns", "a", "status") == "/api/v1/namespaces/ns/services/a/status"
    assert scheme.by_type(Deployment).path() == "/apis/apps/v1/deployments"


def test_new_objects_know_their_kind():
    assert scheme.new(Deployment).to_json().startswith(b'{"kind":"Deployment","apiVersion":"apps/v1",')


def test_the_bodies_of_subresources_are_known():
    for resource in scheme:
        for sub in resource.subresources:
            version = f"{sub.group}/{sub.version}" if sub.group else resource.api_version
            assert scheme.type_of(version, sub.kind) or sub.kind.endswith("Options"), sub


def test_every_field_has_a_number_of_its_own():
    from kube.apimachinery.openapi.definitions import _reachable
    from kube.apimachinery.shapes import fields_of

    for model in _reachable([r.type for r in scheme]):
        fields = [f for f in fields_of(model).values() if f.name not in ("kind", "apiVersion")]
        numbers = [(*f.wire.inline, f.wire.number) for f in fields]
        assert all(number[-1] for number in numbers), model
        assert len(set(numbers)) == len(numbers), model


def test_importing_every_kind_builds_no_validator():
    """Most processes use few kinds: a type is built when it is first used."""
    code = "from kube.api.core_v1 import Pod; assert not Pod.__pydantic_complete__; import kube.api; print('ok')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "ok\n"
