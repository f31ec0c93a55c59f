"""What a kind decides for itself: the generic store calls these, in this order, and does all the rest.

    create:  decode -> default -> admission -> prepare_for_create -> validate -> allocate -> canonicalize -> store
    update:  decode/patch -> default -> admission -> prepare_for_update -> validate_update -> allocate -> store
    delete:  check_graceful_delete -> finalizers -> release -> remove

Called by `apiserver.registry.generic.store`; subclassed once per resource in `apiserver/registry/<group>/<plural>/`.
Stages named `prepare_*` and `default` may change the object; `validate_*` and `warnings` must not. Nothing here is
asynchronous or reads the store, except `allocate`, which returns a plan that joins the write's transaction.
Source: k8s.io/apiserver/pkg/registry/rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from apiserver.storage.interface import Check, Op
from kube.apimachinery.errors import FieldError
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.scheme import Resource
from kube.apimachinery.validation import name_is_dns1123_subdomain

T = TypeVar("T", bound=Object)


@dataclass(frozen=True)
class WriteContext:
    """Who writes, and how: what a strategy or an admission plugin may ask about the request."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    operation: str = "CREATE"  # CREATE, UPDATE, DELETE, CONNECT
    user: Any = None  # authn.User: name, uid, groups, extra
    dry_run: bool = False
    options: Any = None


@dataclass(frozen=True)
class Allocation:
    """What must be written or removed together with the object, or not at all."""

    checks: Sequence[Check] = ()
    ops: Sequence[Op] = ()
    retry: Any = field(default=None)
    """Given the key whose check failed, says whether to allocate anew (someone else was faster)."""


Stages = tuple[Callable[[T, T, WriteContext], None], Callable[[T, T], list[FieldError]]]


class Strategy(Generic[T]):
    """The defaults suit a kind without spec and status of its own, such as ConfigMap."""

    allow_create_on_update = False
    """PUT of an absent object creates it (Lease, Node status, ...)."""
    allow_unconditional_update = True
    """PUT without resourceVersion overwrites."""
    has_status = False
    has_generation = False
    field_labels: frozenset[str] = frozenset()
    """Field selectors besides metadata.name and metadata.namespace."""
    ttl = 0
    """Seconds after which a written object goes by itself (Events); 0: never."""
    default_grace_seconds: int | None = None
    """Not None: deletion is graceful unless the client asks for 0 (Pod). See `check_graceful_delete`."""

    deprecation = ""
    """A warning that goes with every answer about the kind (Endpoints)."""
    garbage_collected = True
    """Whether deletion may wait for, or orphan, dependents (not for Events)."""
    holds_objects = False
    """Whether `holds` can be true: such an object is marked for deletion without a grace period (Namespace)."""
    errors_as: Resource | None = None
    """The resource that validation errors name, where it is not the one that was asked for."""
    returns_deleted_object = False
    """DELETE answers with the last state of the object instead of a Status (Service, Pod, ...)."""

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        """What is wrong with the name (with `prefix`: with a generateName, to which characters will be added).

        DNS subdomain unless the kind says otherwise (`kube.apimachinery.validation` has the other rules).
        """
        return name_is_dns1123_subdomain(name, prefix)

    def default(self, obj: T) -> None:
        """Fills in the defaults of the API version (pkg/apis/*/defaults.go)."""

    def prepare_for_create(self, obj: T, ctx: WriteContext) -> None:
        """Drops what the creator may not set (status), sets what the server decides."""

    def validate(self, obj: T) -> list[FieldError]:
        """Everything wrong with a new object. Metadata has been validated already."""
        return []

    def warnings_on_create(self, obj: T) -> list[str]:
        return []

    def prepare_for_update(self, obj: T, old: T, ctx: WriteContext) -> None:
        """Keeps what this writer may not change (status on the main resource), counts the generation."""

    def validate_update(self, obj: T, old: T) -> list[FieldError]:
        return []

    def warnings_on_update(self, obj: T, old: T) -> list[str]:
        return []

    def prepare_for_status_update(self, obj: T, old: T, ctx: WriteContext) -> None:
        """Keeps all but the status (and labels, annotations where Kubernetes lets them through)."""

    def validate_status_update(self, obj: T, old: T) -> list[FieldError]:
        return []

    def update_stages(self) -> Mapping[str, Stages[T]]:
        """The subresources through which an object is updated, each with its own stages (prepare, validate). A kind
        with more of them (`finalize`, `resize`, `ephemeralcontainers`) adds its own to these."""
        return {"status": (self.prepare_for_status_update, self.validate_status_update)}

    def check_graceful_delete(self, obj: T, seconds: int | None) -> int | None:
        """Seconds for a graceful end, given what the client asked for; None removes the object at once."""
        return None

    def prepare_for_delete(self, obj: T) -> None:
        """Changes an object whose deletion begins but which stays for now (a Namespace becomes Terminating)."""

    def holds(self, obj: T) -> bool:
        """Whether an object marked for deletion must stay although metadata.finalizers is empty (a Namespace with
        `spec.finalizers`)."""
        return False

    def check_delete(self, obj: T, ctx: WriteContext) -> None:
        """Raises StatusError when this object may not be deleted at all (Namespace default)."""

    async def allocate(self, obj: T, old: T | None, ctx: WriteContext) -> Allocation | None:
        """Claims what must be unique in the cluster, setting it in `obj`; called again when the transaction finds
        it taken. For a dry run it claims nothing that must be given back. Raises StatusError."""
        return None

    def release(self, obj: T) -> Allocation | None:
        """What goes with the object when it is removed."""
        return None

    def fields(self, obj: T) -> dict[str, str]:
        """The values of `field_labels`."""
        return {}

    def columns(self) -> Any:
        """The Table's columns; None gives the default (Name, Created At)."""
        return None
