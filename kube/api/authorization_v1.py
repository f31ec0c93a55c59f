"""authorization.k8s.io/v1: what somebody may do.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import FieldSelectorRequirement, LabelSelectorRequirement, Object
from kube.apimachinery.types import APIModel, Nil, Slice, always, wire


class FieldSelectorAttributes(APIModel):
    """The field selector of a request, as it was written or taken apart."""

    rawSelector: Annotated[str, wire(1, "The selector as the request's query has it.")] = ""
    requirements: Annotated[
        list[FieldSelectorRequirement],
        wire(2, "The selector taken apart; all requirements must hold.", list_type="atomic"),
    ] = []


class LabelSelectorAttributes(APIModel):
    """The label selector of a request, as it was written or taken apart."""

    rawSelector: Annotated[str, wire(1, "The selector as the request's query has it.")] = ""
    requirements: Annotated[
        list[LabelSelectorRequirement],
        wire(2, "The selector taken apart; all requirements must hold.", list_type="atomic"),
    ] = []


class ResourceAttributes(APIModel):
    """A request for a resource."""

    namespace: Annotated[str, wire(1, "The namespace; empty for all, or for what is in none.")] = ""
    verb: Annotated[str, wire(2, "get, list, watch, create, update, patch, delete, ...")] = ""
    group: Annotated[str, wire(3, "The API group; * for all.")] = ""
    version: Annotated[str, wire(4, "The API version.")] = ""
    resource: Annotated[str, wire(5, "The resource, in the plural; * for all.")] = ""
    subresource: Annotated[str, wire(6, "The subresource, such as log.")] = ""
    name: Annotated[str, wire(7, "The name; empty for all.")] = ""
    fieldSelector: Annotated[
        FieldSelectorAttributes | None, wire(8, "The field selector of the request, for authorizers that heed it.")
    ] = None
    labelSelector: Annotated[
        LabelSelectorAttributes | None, wire(9, "The label selector of the request, for authorizers that heed it.")
    ] = None


class NonResourceAttributes(APIModel):
    """A request for a path that is no resource."""

    path: Annotated[str, wire(1, "The path of the URL.")] = ""
    verb: Annotated[str, wire(2, "The method, in lower case.")] = ""


class SubjectAccessReviewSpec(APIModel):
    """Who wants to do what; one of the two sorts of attributes is given."""

    resourceAttributes: Annotated[ResourceAttributes | None, wire(1, "The request, when it is about a resource.")] = (
        None
    )
    nonResourceAttributes: Annotated[
        NonResourceAttributes | None, wire(2, "The request, when it is about another path.")
    ] = None
    user: Annotated[str, wire(3, "The user's name.")] = ""
    groups: Annotated[list[str], wire(4, "The groups that the user is in.", list_type="atomic")] = []
    extra: Annotated[dict[str, list[str]], wire(5, "What else is known of the user.")] = {}
    uid: Annotated[str, wire(6, "What tells the user from a namesake.")] = ""


class SubjectAccessReviewStatus(APIModel):
    """Whether it is allowed."""

    allowed: Annotated[bool, wire(1, "Whether it is allowed.")] = always(False)
    denied: Annotated[bool, wire(4, "Whether it is refused, whatever others may say.")] = False
    reason: Annotated[str, wire(2, "Why.")] = ""
    evaluationError: Annotated[str, wire(3, "What went wrong while it was decided.")] = ""


class LocalSubjectAccessReview(Object):
    """Asks whether somebody may do something in a namespace."""

    spec: Annotated[SubjectAccessReviewSpec, wire(2, "Who wants to do what.", required=True)] = always(
        SubjectAccessReviewSpec
    )
    status: Annotated[SubjectAccessReviewStatus, wire(3, "Whether they may.")] = always(SubjectAccessReviewStatus)


class SelfSubjectAccessReviewSpec(APIModel):
    """What one wants to do; one of the two sorts of attributes is given."""

    resourceAttributes: Annotated[ResourceAttributes | None, wire(1, "The request, when it is about a resource.")] = (
        None
    )
    nonResourceAttributes: Annotated[
        NonResourceAttributes | None, wire(2, "The request, when it is about another path.")
    ] = None


class SelfSubjectAccessReview(Object):
    """Asks whether one may do something."""

    spec: Annotated[SelfSubjectAccessReviewSpec, wire(2, "What one wants to do oneself.", required=True)] = always(
        SelfSubjectAccessReviewSpec
    )
    status: Annotated[SubjectAccessReviewStatus, wire(3, "Whether one may.")] = always(SubjectAccessReviewStatus)


class SelfSubjectRulesReviewSpec(APIModel):
    """The namespace that one asks about."""

    namespace: Annotated[str, wire(1, "The namespace.")] = ""


class ResourceRule(APIModel):
    """Verbs that are allowed on resources."""

    verbs: Annotated[Slice[str], wire(1, "The verbs; * for all.", list_type="atomic")] = always(Nil)
    apiGroups: Annotated[list[str], wire(2, "The API groups; * for all.", list_type="atomic")] = []
    resources: Annotated[list[str], wire(3, "The resources; * for all.", list_type="atomic")] = []
    resourceNames: Annotated[
        list[str], wire(4, "The only objects that are meant; all without it.", list_type="atomic")
    ] = []


class NonResourceRule(APIModel):
    """Methods that are allowed on paths that are no resources."""

    verbs: Annotated[Slice[str], wire(1, "The methods, in lower case; * for all.", list_type="atomic")] = always(Nil)
    nonResourceURLs: Annotated[
        list[str], wire(2, "The paths; a * at the end stands for whatever follows.", list_type="atomic")
    ] = []


class SubjectRulesReviewStatus(APIModel):
    """What one may do in a namespace."""

    resourceRules: Annotated[Slice[ResourceRule], wire(1, "What is allowed on resources.", list_type="atomic")] = (
        always(Nil)
    )
    nonResourceRules: Annotated[
        Slice[NonResourceRule], wire(2, "What is allowed on other paths.", list_type="atomic")
    ] = always(Nil)
    incomplete: Annotated[bool, wire(3, "Whether there may be more.")] = always(False)
    evaluationError: Annotated[str, wire(4, "What went wrong while it was worked out.")] = ""


class SelfSubjectRulesReview(Object):
    """Asks what one may do in a namespace."""

    spec: Annotated[SelfSubjectRulesReviewSpec, wire(2, "Where.", required=True)] = always(SelfSubjectRulesReviewSpec)
    status: Annotated[SubjectRulesReviewStatus, wire(3, "What one may do there.")] = always(SubjectRulesReviewStatus)


class SubjectAccessReview(Object):
    """Asks whether somebody may do something."""

    spec: Annotated[SubjectAccessReviewSpec, wire(2, "Who wants to do what.", required=True)] = always(
        SubjectAccessReviewSpec
    )
    status: Annotated[SubjectAccessReviewStatus, wire(3, "Whether they may.")] = always(SubjectAccessReviewStatus)
