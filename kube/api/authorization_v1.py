"""authorization.k8s.io/v1: what somebody may do.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import FieldSelectorRequirement, LabelSelectorRequirement, Object
from kube.apimachinery.types import APIModel, Nil, Slice, always, wire


class FieldSelectorAttributes(APIModel):
    rawSelector: Annotated[str, wire(1)] = ""
    requirements: Annotated[list[FieldSelectorRequirement], wire(2, list_type="atomic")] = []


class LabelSelectorAttributes(APIModel):
    rawSelector: Annotated[str, wire(1)] = ""
    requirements: Annotated[list[LabelSelectorRequirement], wire(2, list_type="atomic")] = []


class ResourceAttributes(APIModel):
    namespace: Annotated[str, wire(1)] = ""
    verb: Annotated[str, wire(2)] = ""
    group: Annotated[str, wire(3)] = ""
    version: Annotated[str, wire(4)] = ""
    resource: Annotated[str, wire(5)] = ""
    subresource: Annotated[str, wire(6)] = ""
    name: Annotated[str, wire(7)] = ""
    fieldSelector: Annotated[FieldSelectorAttributes | None, wire(8)] = None
    labelSelector: Annotated[LabelSelectorAttributes | None, wire(9)] = None


class NonResourceAttributes(APIModel):
    path: Annotated[str, wire(1)] = ""
    verb: Annotated[str, wire(2)] = ""


class SubjectAccessReviewSpec(APIModel):
    resourceAttributes: Annotated[ResourceAttributes | None, wire(1)] = None
    nonResourceAttributes: Annotated[NonResourceAttributes | None, wire(2)] = None
    user: Annotated[str, wire(3)] = ""
    groups: Annotated[list[str], wire(4, list_type="atomic")] = []
    extra: Annotated[dict[str, list[str]], wire(5)] = {}
    uid: Annotated[str, wire(6)] = ""


class SubjectAccessReviewStatus(APIModel):
    allowed: Annotated[bool, wire(1)] = always(False)
    denied: Annotated[bool, wire(4)] = False
    reason: Annotated[str, wire(2)] = ""
    evaluationError: Annotated[str, wire(3)] = ""


class LocalSubjectAccessReview(Object):
    """Asks whether somebody may do something in a namespace."""

    spec: Annotated[SubjectAccessReviewSpec, wire(2, required=True)] = always(SubjectAccessReviewSpec)
    status: Annotated[SubjectAccessReviewStatus, wire(3)] = always(SubjectAccessReviewStatus)


class SelfSubjectAccessReviewSpec(APIModel):
    resourceAttributes: Annotated[ResourceAttributes | None, wire(1)] = None
    nonResourceAttributes: Annotated[NonResourceAttributes | None, wire(2)] = None


class SelfSubjectAccessReview(Object):
    """Asks whether one may do something."""

    spec: Annotated[SelfSubjectAccessReviewSpec, wire(2, required=True)] = always(SelfSubjectAccessReviewSpec)
    status: Annotated[SubjectAccessReviewStatus, wire(3)] = always(SubjectAccessReviewStatus)


class SelfSubjectRulesReviewSpec(APIModel):
    namespace: Annotated[str, wire(1)] = ""


class ResourceRule(APIModel):
    verbs: Annotated[Slice[str], wire(1, list_type="atomic")] = always(Nil)
    apiGroups: Annotated[list[str], wire(2, list_type="atomic")] = []
    resources: Annotated[list[str], wire(3, list_type="atomic")] = []
    resourceNames: Annotated[list[str], wire(4, list_type="atomic")] = []


class NonResourceRule(APIModel):
    verbs: Annotated[Slice[str], wire(1, list_type="atomic")] = always(Nil)
    nonResourceURLs: Annotated[list[str], wire(2, list_type="atomic")] = []


class SubjectRulesReviewStatus(APIModel):
    resourceRules: Annotated[Slice[ResourceRule], wire(1, list_type="atomic")] = always(Nil)
    nonResourceRules: Annotated[Slice[NonResourceRule], wire(2, list_type="atomic")] = always(Nil)
    incomplete: Annotated[bool, wire(3)] = always(False)
    evaluationError: Annotated[str, wire(4)] = ""


class SelfSubjectRulesReview(Object):
    """Asks what one may do in a namespace."""

    spec: Annotated[SelfSubjectRulesReviewSpec, wire(2, required=True)] = always(SelfSubjectRulesReviewSpec)
    status: Annotated[SubjectRulesReviewStatus, wire(3)] = always(SubjectRulesReviewStatus)


class SubjectAccessReview(Object):
    """Asks whether somebody may do something."""

    spec: Annotated[SubjectAccessReviewSpec, wire(2, required=True)] = always(SubjectAccessReviewSpec)
    status: Annotated[SubjectAccessReviewStatus, wire(3)] = always(SubjectAccessReviewStatus)
