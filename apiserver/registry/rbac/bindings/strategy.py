"""The strategies of RoleBindings and ClusterRoleBindings: who gets the permissions of which role.

Called by the generic store. They call nothing else. That nobody binds a role that he does not have himself is for the
authorizer. Source: kubernetes pkg/apis/rbac/validation/validation.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy
from apiserver.registry.validation.go import GoStruct
from apiserver.registry.validation.names import validate_dns_subdomain
from kube.api.rbac_v1 import ClusterRoleBinding, RoleBinding, RoleRef, Subject
from kube.apimachinery.errors import FieldError, Path, invalid_value, not_supported, required
from kube.apimachinery.validation import is_path_segment_name, name_is_path_segment

GROUP = "rbac.authorization.k8s.io"
ROLE_REF, SUBJECTS = Path("roleRef"), Path("subjects")
SUBJECT_KINDS = ("ServiceAccount", "User", "Group")


class RoleBindingStrategy(Strategy[RoleBinding]):
    allow_create_on_update = True
    role_kinds: tuple[str, ...] = ("Role", "ClusterRole")
    namespaced_subjects = True

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        return name_is_path_segment(name, prefix)

    def default(self, obj: RoleBinding) -> None:
        obj.roleRef.apiGroup = obj.roleRef.apiGroup or GROUP
        for subject in obj.subjects:
            if subject.kind in ("User", "Group"):
                subject.apiGroup = subject.apiGroup or GROUP

    def validate(self, obj: RoleBinding) -> list[FieldError]:
        found = _validate_role_ref(obj.roleRef, self.role_kinds)
        for index, subject in enumerate(obj.subjects):
            found += _validate_subject(subject, SUBJECTS[index], namespaced=self.namespaced_subjects)
        return found

    def validate_update(self, obj: RoleBinding, old: RoleBinding) -> list[FieldError]:
        """Who may change the subjects may not by that change the role."""
        found, ref = self.validate(obj), obj.roleRef
        if ref != old.roleRef:
            value = GoStruct(APIGroup=ref.apiGroup, Kind=ref.kind, Name=ref.name)
            found.append(invalid_value(ROLE_REF, value, "cannot change roleRef"))
        return found


class ClusterRoleBindingStrategy(RoleBindingStrategy, Strategy[ClusterRoleBinding]):
    role_kinds = ("ClusterRole",)
    namespaced_subjects = False


def _validate_role_ref(ref: RoleRef, kinds: tuple[str, ...]) -> list[FieldError]:
    found = [] if ref.apiGroup == GROUP else [not_supported(ROLE_REF["apiGroup"], ref.apiGroup, (GROUP,))]
    if ref.kind not in kinds:
        found.append(not_supported(ROLE_REF["kind"], ref.kind, kinds))
    if not ref.name:
        return [*found, required(ROLE_REF["name"])]
    return found + [invalid_value(ROLE_REF["name"], ref.name, why) for why in is_path_segment_name(ref.name)]


def _validate_subject(subject: Subject, path: Path, *, namespaced: bool) -> list[FieldError]:
    found = [] if subject.name else [required(path["name"])]
    if subject.kind == "ServiceAccount":
        return found + _validate_service_account(subject, path, namespaced)
    if subject.kind not in SUBJECT_KINDS:
        return [*found, not_supported(path["kind"], subject.kind, SUBJECT_KINDS)]
    if subject.apiGroup != GROUP:
        found.append(not_supported(path["apiGroup"], subject.apiGroup, (GROUP,)))
    return found


def _validate_service_account(subject: Subject, path: Path, namespaced: bool) -> list[FieldError]:
    found = validate_dns_subdomain(subject.name, path["name"]) if subject.name else []
    if subject.apiGroup:
        found.append(not_supported(path["apiGroup"], subject.apiGroup, ("",)))
    if not namespaced and not subject.namespace:
        found.append(required(path["namespace"]))
    return found
