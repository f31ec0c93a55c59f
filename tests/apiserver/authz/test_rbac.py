"""RBAC: rules, what covers what, and the guarantees of the authorizer by number."""

from __future__ import annotations

from typing import Any

import pytest

from apiserver.authn.user import User
from apiserver.authz.attributes import Attributes
from apiserver.authz.rbac import RBAC
from apiserver.authz.rules import rule_allows, uncovered

JANE = User("jane", groups=("developers",))


def asked(what: str, user: User = JANE) -> Attributes:
    """`get pods in d`, `create pods/exec in d`, `delete deployments.apps web in d`, `get /metrics`."""
    words = what.split()
    verb, thing = words[:2]
    if thing.startswith("/"):
        return Attributes(user, verb, path=thing)
    namespace = words[words.index("in") + 1] if "in" in words else ""
    name = words[2] if len(words) > 2 and words[2] != "in" else ""
    resource, _, group = thing.partition(".")
    resource, _, subresource = resource.partition("/")
    return Attributes(user, verb, group, "v1", resource, subresource, namespace, name)


def rule(verbs: str, resources: str = "", groups: str = "''", names: str = "", urls: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"verbs": verbs.split()}
    if resources:
        found |= {"resources": resources.split(), "apiGroups": [g.strip("'") for g in groups.split()]}
    if names:
        found["resourceNames"] = names.split()
    if urls:
        found["nonResourceURLs"] = urls.split()
    return found


@pytest.mark.parametrize(
    ("given", "yes", "no"),
    [
        (rule("get list", "pods"), "get pods p in d", "delete pods p in d"),
        (rule("*", "*", "*"), "fly unicorns.none.example in d", "get /metrics"),
        (rule("get", "pods"), "get pods p in d", "get pods/log p in d"),
        (rule("get", "pods/log"), "get pods/log p in d", "get pods p in d"),
        (rule("get", "*/log"), "get pods/log p in d", "get pods/exec p in d"),
        (rule("get", "pods", names="a b"), "get pods a in d", "get pods c in d"),
        (rule("list", "pods", names="a"), "list pods a in d", "list pods in d"),
        (rule("get", "deployments", "apps"), "get deployments.apps w in d", "get deployments w in d"),
        (rule("get", urls="/healthz/*"), "get /healthz/etcd", "get /metrics"),
        (rule("get", urls="*"), "get /anything", "post /anything"),
    ],
)
def test_rules(given: dict[str, Any], yes: str, no: str) -> None:
    assert rule_allows(given, asked(yes)) and not rule_allows(given, asked(no))


@pytest.mark.parametrize(
    ("owned", "wanted", "missing"),
    [
        ([rule("get list", "pods")], rule("get", "pods"), 0),
        ([rule("get", "pods")], rule("get list", "pods secrets"), 3),
        ([rule("*", "*", "*")], rule("get", "pods", names="a"), 0),
        ([rule("get", "pods", names="a")], rule("get", "pods"), 1),
        ([rule("get", "pods", names="a")], rule("get", "pods", names="a b"), 1),
        ([rule("get", urls="/healthz/*")], rule("get", urls="/healthz/x /metrics"), 1),
    ],
)
def test_cover(owned: list[dict[str, Any]], wanted: dict[str, Any], missing: int) -> None:
    assert len(uncovered(owned, [wanted])) == missing


def cluster(**bindings: tuple[str, str, str]) -> RBAC:
    """Name -> (namespace, role kind and name, subject): a role `reader` in `d` and a cluster role of that name."""
    rbac = RBAC()
    rbac.apply("Role", "d", "reader", {"rules": [rule("get", "pods")]})
    rbac.apply("ClusterRole", "", "reader", {"rules": [rule("get list", "pods nodes")]})
    for name, (namespace, role, subject) in bindings.items():
        kind, who = subject.split("/")
        ref = {"kind": role.split("/")[0], "name": role.split("/")[1]}
        metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
        binding = {"metadata": metadata, "roleRef": ref, "subjects": [{"kind": kind, "name": who, "namespace": "d"}]}
        rbac.apply("RoleBinding" if namespace else "ClusterRoleBinding", namespace, name, binding)
    return rbac


def test_where_a_binding_holds() -> None:
    rbac = cluster(b=("d", "ClusterRole/reader", "User/jane"))
    assert rbac.authorize(asked("list pods in d")).allowed
    assert not rbac.authorize(asked("list pods in other")).allowed
    assert not rbac.authorize(asked("list pods")).allowed
    assert not rbac.authorize(asked("get nodes n")).allowed  # a binding in a namespace says nothing about the cluster
    rbac = cluster(b=("", "ClusterRole/reader", "Group/developers"))
    decision = rbac.authorize(asked("get nodes n"))
    assert decision.allowed
    assert decision.reason == ('RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "reader" to Group "developers"')


def test_service_accounts_are_subjects() -> None:
    rbac = cluster(b=("d", "Role/reader", "ServiceAccount/robot"))
    robot = User("system:serviceaccount:d:robot", groups=("system:serviceaccounts",))
    assert rbac.authorize(asked("get pods p in d", robot)).allowed
    assert not rbac.authorize(asked("get pods p in d", User("system:serviceaccount:e:robot"))).allowed


def test_guarantee_1_a_change_counts_at_once() -> None:
    rbac = cluster(b=("d", "Role/reader", "User/jane"))
    assert rbac.authorize(asked("get pods p in d")).allowed
    rbac.apply("RoleBinding", "d", "b", None)
    assert not rbac.authorize(asked("get pods p in d")).allowed


def test_guarantee_2_a_role_that_is_gone_allows_nothing() -> None:
    rbac = cluster(b=("d", "Role/reader", "User/jane"))
    rbac.apply("Role", "d", "reader", None)
    assert not rbac.authorize(asked("get pods p in d")).allowed
    assert not RBAC().authorize(asked("get pods p in d")).allowed


def test_guarantee_3_masters_may_do_everything() -> None:
    root = User("root", groups=("system:masters",))
    assert RBAC().authorize(asked("fly unicorns", root)).allowed and RBAC().authorize(asked("get /x", root)).allowed
