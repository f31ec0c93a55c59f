"""The base of every API type: one declaration per field, from which all else derives.

Called by `kube.apimachinery.meta_v1` and `kube.api.*`, which declare the types; read by the codecs, the
patches, OpenAPI and `explain`, which all ask `wire_of(type)`. It calls pydantic only, and knows no kind.

A model behaves as the Go struct of the Kubernetes API reference does:

* An absent field holds its zero value (`""`, `0`, `False`, `[]`, `{}`, an empty struct); only what Go declares
  as a pointer is `None` when absent. So code reads `service.spec.selector` without asking first.
* A field at its default is not written (`omitempty`); one declared with `always(...)` is written whatever it
  holds, as Go does for embedded structs and for fields without `omitempty`.
* Attributes keep the spelling of the wire: `spec.clusterIP` is found by one grep in YAML, code and test.

    class ServicePort(APIModel):
        name:     Annotated[str, wire(1, "The name of this port within the Service.")] = ""
        port:     Annotated[Int32, wire(3, "The port that the Service exposes.")] = always(0)
        nodePort: Annotated[Int32, wire(5)] = 0
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WrapSerializer, WrapValidator
from pydantic_core import to_jsonable_python

from kube.apimachinery.base64 import canonical as canonical_base64
from kube.apimachinery.go_json import escaped
from kube.apimachinery.quantity import canonical as canonical_quantity
from kube.apimachinery.times import canonical_micro_time, canonical_time


@dataclass(frozen=True, slots=True)
class Wire:
    """What a field's declaration says beyond its Python type.

    number: its protobuf field number; doc: one sentence for OpenAPI and `explain`;
    patch_strategy, merge_key: how a strategic merge patch treats it (`merge`, `replace`, `retainKeys`, joined by `,`);
    list_type, list_map_keys, map_type: how server-side apply treats it (structured-merge-diff's terms);
    inline: the protobuf message embeds another whose JSON fields belong to the parent (`volumeSource` of a Volume):
    the numbers of the embedded messages on the way down to the field.
    by_value: whether Go holds it by value, where the declaration here says otherwise (see `shapes.FieldShape`);
    wrapped: protobuf has the list in a message of its own, with the items at 1 (`Verbs`).
    """

    number: int
    doc: str = ""
    patch_strategy: str = ""
    merge_key: str = ""
    list_type: Literal["", "atomic", "set", "map"] = ""
    list_map_keys: tuple[str, ...] = ()
    map_type: Literal["", "atomic", "granular"] = ""
    inline: tuple[int, ...] = ()
    required: bool | None = None
    by_value: bool | None = None
    wrapped: bool = False


def wire(number: int, doc: str = "", **more: Any) -> Wire:
    """Declares a field: `Annotated[str, wire(1, "What it means.")]`. See `Wire` for the keywords."""
    return Wire(number, doc, **more)


def always(default: Any) -> Any:
    """A default that is written even when the field still holds it (Go: no `omitempty`, or an embedded struct).

    Takes a value, or a type of which each object gets an instance of its own: `always(ServiceSpec)`.
    """
    # A default factory that takes the validated data has, for the serializer, no default to compare with,
    # so `exclude_defaults` never drops the field. That is the whole trick; test_types.py holds it.
    make: Callable[[], Any] = default if isinstance(default, type) else lambda: copy.copy(default)
    return Field(default_factory=lambda _validated: make())


# Scalars whose Go width matters for range checks and error texts.
@dataclass(frozen=True, slots=True)
class GoType:
    """The Go type of a scalar, for OpenAPI formats and for decoding errors (`… of type int32`)."""

    name: str
    format: str = ""


Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1), GoType("int32", "int32")]
Int64 = Annotated[int, Field(ge=-(2**63), le=2**63 - 1), GoType("int64", "int64")]
IntOrString = Annotated[Int32 | str, GoType("intstr.IntOrString", "int-or-string")]
"""A port or a count given as a number, or as a name or percentage."""
Bytes = Annotated[str, AfterValidator(canonical_base64), GoType("[]uint8", "byte")]
"""Binary data, base64 on the wire and here."""
Time = Annotated[str, AfterValidator(canonical_time), GoType("v1.Time", "date-time")]
"""RFC 3339 in UTC with whole seconds: `2026-01-02T03:04:05Z`. `kube.apimachinery.times` reads and writes it."""
MicroTime = Annotated[str, AfterValidator(canonical_micro_time), GoType("v1.MicroTime", "date-time")]
"""RFC 3339 in UTC with six decimals."""
Quantity = Annotated[str, AfterValidator(canonical_quantity), GoType("resource.Quantity", "quantity")]
"""`500m`, `1Gi`: `kube.apimachinery.quantity` does the arithmetic. Written in canonical form."""
UID = Annotated[str, GoType("types.UID")]
"""The identity of an object over space and time."""
RawJSON = Annotated[Any, GoType("runtime.RawExtension", "raw")]
"""Any JSON value, kept as it came."""


class Nil(list):
    """A Go slice that was never set. It reads as an empty list; where Go has no `omitempty` it is written `null`."""


def _read_nil(value: Any, read: Any) -> Any:
    return Nil() if value is None or type(value) is Nil else read(value)


def _write_nil(value: Any, write: Any) -> Any:
    return None if type(value) is Nil else write(value)


T = TypeVar("T")
Slice = Annotated[list[T], WrapValidator(_read_nil), WrapSerializer(_write_nil)]
"""A list without `omitempty`, `null` when absent: `rules: Annotated[Slice[PolicyRule], wire(2)] = always(Nil)`."""


class _FreshDefaults(type(BaseModel)):
    """Reads `= []` and `= {}` in a declaration as "a new one each time".

    pydantic would deep-copy such a default for every object, which costs more than all the rest of decoding.
    """

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **more: Any) -> type:
        for key, value in namespace.items():
            if type(value) in (list, dict) and not value and not key.startswith("_"):
                namespace[key] = Field(default_factory=type(value))
        return super().__new__(mcs, name, bases, namespace, **more)


class APIModel(BaseModel, metaclass=_FreshDefaults):
    """A struct of the Kubernetes API. Decoding is strict about types, lenient about unknown fields.

    The codec asks for strictness about unknown fields where the request does (`fieldValidation`); a client that
    talks to a newer server ignores what it does not know, as Kubernetes clients do.
    """

    atomic: ClassVar[bool] = False
    """Server-side apply owns an object of this type as one value (`x-kubernetes-map-type: atomic`)."""

    model_config = ConfigDict(
        extra="ignore",
        strict=True,
        defer_build=True,  # most processes touch few kinds: build a type's validator when it is first used
        protected_namespaces=(),
        serialize_by_alias=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Builds this type's validator, and first those of the types in it, innermost first.

        pydantic makes a validator that is ready part of the outer one, but builds an unready one again for each
        place it appears in: five workload kinds cost 0.2 s this way round and 1.4 s the other.
        """
        if not cls.__pydantic_complete__:
            for inner in _models_in(cls):
                if not inner.__pydantic_complete__ and inner not in _building:
                    _building.add(inner)  # a type may contain itself
                    inner.model_rebuild()
        if "_parent_namespace_depth" in options:
            options["_parent_namespace_depth"] += 1  # this frame is between
        return super().model_rebuild(**options)

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Decodes what a server or the store wrote. Raises pydantic.ValidationError on a wrong type."""
        return cls.model_validate_json(data)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """As `from_json`, from parsed JSON. The given dictionary is not kept."""
        return cls.model_validate(data)

    def to_json(self) -> bytes:
        """The wire form: fields in declared order, absent ones left out, UTF-8."""
        return escaped(self.__pydantic_serializer__.to_json(self, exclude_defaults=True, by_alias=True))

    def to_dict(self) -> dict[str, Any]:
        """The wire form as plain dictionaries, lists and scalars, shared with nothing."""
        return self.__pydantic_serializer__.to_python(self, mode="json", exclude_defaults=True, by_alias=True)

    def deep_copy(self) -> Self:
        """A copy that shares nothing with this object. What an informer hands out must be copied before changing it."""
        return type(self).model_validate_json(self.to_json())


_building: set[type[APIModel]] = set()


def _models_in(model: type[BaseModel]) -> Iterator[type[APIModel]]:
    """The types of a type's fields, also inside of lists, maps and unions."""
    pending = [field.annotation for field in model.model_fields.values()]
    while pending:
        annotation = pending.pop()
        if isinstance(annotation, type) and issubclass(annotation, APIModel):
            yield annotation
        else:
            pending.extend(get_args(annotation))


def wire_of(model: type[APIModel]) -> dict[str, Wire]:
    """JSON field name -> its declaration, in declared order, for the fields that carry one."""
    found: dict[str, Wire] = {}
    for name, info in model.model_fields.items():
        for mark in info.metadata:
            if isinstance(mark, Wire):
                found[info.alias or name] = mark
    return found


def plain(value: Any) -> Any:
    """Parsed JSON out of anything that may hold models: models become dictionaries."""
    return value.to_dict() if isinstance(value, APIModel) else to_jsonable_python(value)
