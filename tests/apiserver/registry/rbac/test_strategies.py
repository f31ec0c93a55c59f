"""The strategies of roles and bindings."""

import pytest

from apiserver.registry.rbac.bindings.strategy import ClusterRoleBindingStrategy, RoleBindingStrategy
from apiserver.registry.rbac.roles.strategy import ClusterRoleStrategy, RoleStrategy
from kube.api.rbac_v1 import ClusterRole, ClusterRoleBinding, Role, RoleBinding
from tests.apiserver.registry.driver import create, parse, update

REF = "roleRef: {kind: ClusterRole, name: r}"


@pytest.mark.parametrize(
    ("strategy", "kind", "rest", "wanted"),
    [
        (RoleStrategy(), Role, "{rules: []}", []),
        (RoleStrategy(), Role, "{rules: [{}]}",
         ["rules[0].verbs: Required value: verbs must contain at least one value",
          "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
          "rules[0].resources: Required value: resource rules must supply at least one resource"]),
        (RoleStrategy(), Role, "{rules: [{verbs: [get], nonResourceURLs: [/healthz], resources: [pods]}]}",
         ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
          'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and '
          "non-resource URLs"]),
        (ClusterRoleStrategy(), ClusterRole, "{rules: [{verbs: [get], nonResourceURLs: [/healthz]}]}", []),
        (ClusterRoleStrategy(), ClusterRole, "{aggregationRule: {}}",
         ["aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if "
          "aggregationRule is non-nil"]),
        (RoleBindingStrategy(), RoleBinding, "{}",
         ['roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"',
          "roleRef.name: Required value"]),
        (ClusterRoleBindingStrategy(), ClusterRoleBinding,
         "{roleRef: {kind: Role, name: a/b}, subjects: [{kind: ServiceAccount, name: s}]}",
         ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
          "roleRef.name: Invalid value: \"a/b\": may not contain '/'",
          "subjects[0].namespace: Required value"]),
        (RoleBindingStrategy(), RoleBinding,
         f"{{{REF}, subjects: [{{kind: Robot, name: x}}, {{kind: User}}, {{kind: Group, name: g, apiGroup: v1}}, "
         "{kind: ServiceAccount, name: s, apiGroup: v1}]}",
         ['subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
          "subjects[1].name: Required value",
          'subjects[2].apiGroup: Unsupported value: "v1": supported values: "rbac.authorization.k8s.io"',
          'subjects[3].apiGroup: Unsupported value: "v1": supported values: ""']),
    ],
)  # fmt: skip
def test_what_is_wrong(strategy, kind, rest, wanted):
    assert create(strategy, parse(kind, rest))[1] == wanted


def test_groups_are_filled_in():
    obj, _ = create(RoleBindingStrategy(), parse(RoleBinding, f"{{{REF}, subjects: [{{kind: User, name: u}}]}}"))
    assert obj.roleRef.apiGroup == obj.subjects[0].apiGroup == "rbac.authorization.k8s.io"


def test_a_binding_keeps_its_role():
    strategy = RoleBindingStrategy()
    old, _ = create(strategy, parse(RoleBinding, f"{{{REF}}}"))
    assert update(strategy, parse(RoleBinding, "roleRef: {kind: Role, name: r}"), old)[1] == [
        'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"r"}: cannot change '
        "roleRef"
    ]


def test_names_need_only_fit_into_a_url():
    assert RoleStrategy().validate_name("system:Node_ok") == []
    assert RoleStrategy().validate_name("a%b") == ["may not contain '%'"]
