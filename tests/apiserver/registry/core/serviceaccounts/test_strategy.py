"""The strategy of ServiceAccounts."""

from apiserver.registry.core.serviceaccounts.strategy import ServiceAccountStrategy
from kube.api.core_v1 import ServiceAccount
from tests.apiserver.registry.driver import create, parse

STRATEGY = ServiceAccountStrategy()


def test_a_secret_is_only_named():
    obj, _ = create(STRATEGY, parse(ServiceAccount, "secrets: [{name: s, kind: Secret, uid: u}]"))
    assert obj.to_dict()["secrets"] == [{"name": "s"}]


def test_a_deprecated_annotation_is_warned_of_when_it_is_new():
    key = "kubernetes.io/enforce-mountable-secrets"
    new = parse(ServiceAccount, f"metadata: {{annotations: {{{key}: 'true'}}}}")
    assert STRATEGY.warnings_on_update(new, parse(ServiceAccount, "{}")) == [
        f"metadata.annotations[{key}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted "
        "secrets"
    ]
    assert STRATEGY.warnings_on_update(new, new) == []
