"""rbac.authorization.k8s.io/v1: roles and their bindings.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import LabelSelector, Object
from kube.apimachinery.types import APIModel, Nil, Slice, always, wire


class PolicyRule(APIModel):
    """Verbs on resources or on other paths."""

    verbs: Annotated[Slice[str], wire(1, "What may be done; * is everything.", list_type="atomic")] = always(Nil)
    apiGroups: Annotated[list[str], wire(2, "To resources of which groups.", list_type="atomic")] = []
    resources: Annotated[list[str], wire(3, "To which resources.", list_type="atomic")] = []
    resourceNames: Annotated[list[str], wire(4, "Only to these objects.", list_type="atomic")] = []
    nonResourceURLs: Annotated[list[str], wire(5, "To which paths that are no resources.", list_type="atomic")] = []


class AggregationRule(APIModel):
    """Whose rules a role gathers."""

    clusterRoleSelectors: Annotated[
        list[LabelSelector], wire(1, "Which roles, by their labels.", list_type="atomic")
    ] = []


class ClusterRole(Object):
    """What may be done in all namespaces, and to what has none."""

    rules: Annotated[Slice[PolicyRule], wire(2, "What the role allows.", list_type="atomic", required=False)] = always(
        Nil
    )
    aggregationRule: Annotated[AggregationRule | None, wire(3, "Other roles whose rules are gathered in this one.")] = (
        None
    )


class Subject(APIModel):
    """A user, a group or a service account."""

    atomic = True

    kind: Annotated[str, wire(1, "User, Group or ServiceAccount.")] = always("")
    apiGroup: Annotated[
        str, wire(2, "The API group of the kind: rbac.authorization.k8s.io, or empty for a ServiceAccount.")
    ] = ""
    name: Annotated[str, wire(3, "The name.")] = always("")
    namespace: Annotated[str, wire(4, "The namespace of a ServiceAccount.")] = ""


class RoleRef(APIModel):
    """The role that is bound."""

    atomic = True

    apiGroup: Annotated[str, wire(1, "The API group of the role: rbac.authorization.k8s.io.")] = ""
    kind: Annotated[str, wire(2, "Role or ClusterRole.")] = always("")
    name: Annotated[str, wire(3, "The name.")] = always("")


class ClusterRoleBinding(Object):
    """Who may do what a role says, everywhere."""

    subjects: Annotated[list[Subject], wire(2, "To whom the role is given.", list_type="atomic")] = []
    roleRef: Annotated[RoleRef, wire(3, "The ClusterRole; cannot be changed.", required=True)] = always(RoleRef)


class Role(Object):
    """What may be done in one namespace."""

    rules: Annotated[Slice[PolicyRule], wire(2, "What the role allows.", list_type="atomic", required=False)] = always(
        Nil
    )


class RoleBinding(Object):
    """Who may do what a role says, in one namespace."""

    subjects: Annotated[list[Subject], wire(2, "To whom the role is given.", list_type="atomic")] = []
    roleRef: Annotated[RoleRef, wire(3, "The Role or ClusterRole; cannot be changed.", required=True)] = always(RoleRef)
