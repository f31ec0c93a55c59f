"""rbac.authorization.k8s.io/v1: roles and their bindings.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import LabelSelector, Object
from kube.apimachinery.types import APIModel, Nil, Slice, always, wire


class PolicyRule(APIModel):
    verbs: Annotated[Slice[str], wire(1, "What may be done; * is everything.", list_type="atomic")] = always(Nil)
    apiGroups: Annotated[list[str], wire(2, "To resources of which groups.", list_type="atomic")] = []
    resources: Annotated[list[str], wire(3, "To which resources.", list_type="atomic")] = []
    resourceNames: Annotated[list[str], wire(4, "Only to these objects.", list_type="atomic")] = []
    nonResourceURLs: Annotated[list[str], wire(5, "To which paths that are no resources.", list_type="atomic")] = []


class AggregationRule(APIModel):
    clusterRoleSelectors: Annotated[list[LabelSelector], wire(1, list_type="atomic")] = []


class ClusterRole(Object):
    """What may be done in all namespaces, and to what has none."""

    rules: Annotated[Slice[PolicyRule], wire(2, list_type="atomic", required=False)] = always(Nil)
    aggregationRule: Annotated[AggregationRule | None, wire(3)] = None


class Subject(APIModel):
    atomic = True

    kind: Annotated[str, wire(1)] = always("")
    apiGroup: Annotated[str, wire(2)] = ""
    name: Annotated[str, wire(3)] = always("")
    namespace: Annotated[str, wire(4)] = ""


class RoleRef(APIModel):
    atomic = True

    apiGroup: Annotated[str, wire(1)] = ""
    kind: Annotated[str, wire(2)] = always("")
    name: Annotated[str, wire(3)] = always("")


class ClusterRoleBinding(Object):
    """Who may do what a role says, everywhere."""

    subjects: Annotated[list[Subject], wire(2, list_type="atomic")] = []
    roleRef: Annotated[RoleRef, wire(3, required=True)] = always(RoleRef)


class Role(Object):
    """What may be done in one namespace."""

    rules: Annotated[Slice[PolicyRule], wire(2, list_type="atomic", required=False)] = always(Nil)


class RoleBinding(Object):
    """Who may do what a role says, in one namespace."""

    subjects: Annotated[list[Subject], wire(2, list_type="atomic")] = []
    roleRef: Annotated[RoleRef, wire(3, required=True)] = always(RoleRef)
