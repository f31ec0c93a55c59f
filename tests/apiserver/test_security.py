"""Who one is and what one may do, over the wire: tokens, certificates, RBAC, impersonation, reviews, escalation."""

from __future__ import annotations

import http.client
import ssl
from typing import Any

import pytest

from tests.support.cluster import ApiServer

RBAC = "/apis/rbac.authorization.k8s.io/v1"


def who(server: ApiServer, **more: Any) -> dict[str, Any]:
    status, answer = server.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {}, **more)
    assert status == 201, answer
    return answer["status"]["userInfo"]


def test_a_token_of_the_file_names_its_user(apiserver: ApiServer) -> None:
    assert who(apiserver, token="joe-token") == {
        "username": "joe", "uid": "joe-uid", "groups": ["developers", "testers", "system:authenticated"],
    }  # fmt: skip


def test_a_client_certificate_names_its_user(apiserver: ApiServer) -> None:
    cert = apiserver.authority.client("carol", ["wheel"])
    assert who(apiserver, token="", cert=cert) == {"username": "carol", "groups": ["wheel", "system:authenticated"]}


def test_a_bad_token_is_401_and_no_token_is_anonymous(apiserver: ApiServer) -> None:
    status, answer = apiserver.request("GET", "/api/v1/pods", token="nonsense")
    assert (status, answer["reason"], answer["message"]) == (401, "Unauthorized", "Unauthorized")
    status, answer = apiserver.request("GET", "/api/v1/pods", token="")
    who_may_not = 'User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope'
    assert (status, answer["message"]) == (403, f"pods is forbidden: {who_may_not}")
    assert apiserver.request("GET", "/healthz", token="") == (200, "ok")


def test_a_certificate_of_another_authority_is_refused(apiserver: ApiServer, tmp_path_factory: Any) -> None:
    from tests.support.pki import Authority

    cert = Authority(tmp_path_factory.mktemp("other")).client("mallory", ["system:masters"])
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        apiserver.request("GET", "/api", token="", cert=cert)


def test_rbac_allows_what_a_binding_says_and_nothing_else(apiserver: ApiServer, namespace: str) -> None:
    rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"], "resourceNames": ["mine"]}]
    url = f"{RBAC}/namespaces/{namespace}"
    assert apiserver.request("POST", f"{url}/roles", {"metadata": {"name": "reader"}, "rules": rules})[0] == 201
    binding = {
        "metadata": {"name": "readers"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role",
        "name": "reader"}, "subjects": [{"kind": "User", "name": "jane", "apiGroup": "rbac.authorization.k8s.io"}],
    }  # fmt: skip
    assert apiserver.request("POST", f"{url}/rolebindings", binding)[0] == 201
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    apiserver.request("POST", maps, {"metadata": {"name": "mine"}})
    _wait_for(apiserver, namespace, "get", "mine")
    assert apiserver.request("GET", f"{maps}/mine", token="jane-token")[0] == 200
    assert apiserver.request("GET", f"{maps}/other", token="jane-token")[0] == 403
    assert apiserver.request("DELETE", f"{maps}/mine", token="jane-token")[0] == 403
    assert apiserver.request("GET", "/api/v1/namespaces/default/configmaps/mine", token="jane-token")[0] == 403


def _wait_for(server: ApiServer, namespace: str, verb: str, name: str) -> None:
    """Rules take effect when the server has seen them: a moment after the write."""
    spec = {
        "user": "jane", "resourceAttributes": {
            "namespace": namespace, "verb": verb, "resource": "configmaps", "name": name}}  # fmt: skip
    for _ in range(200):
        _, answer = server.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": spec})
        if answer["status"]["allowed"]:
            assert answer["status"]["reason"].startswith('RBAC: allowed by RoleBinding "readers/')
            return
    raise AssertionError("the binding never took effect")


def test_nobody_grants_more_than_they_hold(apiserver: ApiServer, namespace: str) -> None:
    admin = {
        "metadata": {"name": "jane-is-admin"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole", "name": "admin"}, "subjects": [{"kind": "User", "name": "jane"}],
    }  # fmt: skip
    url = f"{RBAC}/namespaces/{namespace}"
    assert apiserver.request("POST", f"{url}/rolebindings", admin)[0] == 201
    rules = [{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get", "delete"]}]
    for _ in range(200):
        status, answer = apiserver.request(
            "POST", f"{url}/roles", {"metadata": {"name": "more"}, "rules": rules}, token="jane-token"
        )
        if "attempting" in answer["message"]:
            break
    assert status == 403
    assert answer["message"] == (
        'roles.rbac.authorization.k8s.io "more" is forbidden: user "jane" (groups=["system:authenticated"]) is '
        "attempting to grant RBAC permissions not currently held:\n"
        '{APIGroups:[""], Resources:["nodes"], Verbs:["get" "delete"]}'
    )
    rules[0]["resources"] = ["pods"]
    role = {"metadata": {"name": "less"}, "rules": rules}
    assert apiserver.request("POST", f"{url}/roles", role, token="jane-token")[0] == 201


def test_impersonation_must_be_allowed(apiserver: ApiServer) -> None:
    as_bob = {"Impersonate-User": "bob", "Impersonate-Group": "builders"}
    assert who(apiserver, headers=as_bob) == {"username": "bob", "groups": ["builders", "system:authenticated"]}
    status, answer = apiserver.request("GET", "/api/v1/pods", token="jane-token", headers=as_bob)
    assert status == 403
    assert answer["message"].startswith('users "bob" is forbidden: User "jane" cannot impersonate resource "users"')


def test_a_service_account_token_works_until_its_account_goes(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    assert apiserver.request("POST", url, {"metadata": {"name": "robot"}})[0] == 201
    status, answer = apiserver.request("POST", f"{url}/robot/token", {"spec": {"expirationSeconds": 600}})
    assert status == 201
    token = answer["status"]["token"]
    me = who(apiserver, token=token)
    assert me["username"] == f"system:serviceaccount:{namespace}:robot"
    assert me["groups"] == ["system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated"]
    review = {"spec": {"token": token}}
    _, answer = apiserver.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert answer["status"]["authenticated"] and answer["status"]["user"]["username"] == me["username"]
    apiserver.request("DELETE", f"{url}/robot")
    _, answer = apiserver.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review)
    assert "authenticated" not in answer["status"] and "is gone" in answer["status"]["error"]


def test_the_issuers_keys_are_public(apiserver: ApiServer) -> None:
    status, answer = apiserver.request("GET", "/openid/v1/jwks")
    assert status == 200 and answer["keys"][0]["alg"] == "ES256"
    status, answer = apiserver.request("GET", "/.well-known/openid-configuration")
    assert status == 200 and answer["issuer"] == "https://kubernetes.default.svc"
