"""Google's protobuf library as a reader and writer of our messages: a judge that shares nothing but the numbers.

Used by the round-trip tests. The classes are made from the declarations of the types, as `protoc` makes them from a
`.proto` file. What stands out of order, or has a wrong wire type, is not written again as it was read.
"""

from __future__ import annotations

from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from kube.apimachinery.shapes import Shape, embedded_numbers_of, embedded_paths_of, numbers_of
from kube.apimachinery.types import APIModel

_FIELD = descriptor_pb2.FieldDescriptorProto
_SPECIAL = {
    "v1.Time": "Time", "v1.MicroTime": "Time", "resource.Quantity": "Text", "intstr.IntOrString": "IntOrString",
    "runtime.RawExtension": "Raw",
}  # fmt: skip
_PLAIN = {"bool": "TYPE_BOOL", "int32": "TYPE_INT64", "int64": "TYPE_INT64", "[]uint8": "TYPE_BYTES"}


def read(raw: bytes, model: type[APIModel]) -> Message:
    """Raises google.protobuf.message.DecodeError."""
    return message_class(model).FromString(raw)


@cache
def message_class(model: type[APIModel]) -> type[Message]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{id(model)}.proto", package="test", syntax="proto2")
    _Writer(file).struct(model, ())
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"test.{_name(model, ())}"))


def _name(model: type[APIModel], path: tuple[int, ...]) -> str:
    return "_".join([f"{model.__module__}_{model.__name__}".replace(".", "_"), *map(str, path)])


class _Writer:
    def __init__(self, file: descriptor_pb2.FileDescriptorProto):
        self._file, self._known = file, {""}
        for name, fields in (
            ("Time", "int64 int64"), ("Text", "string"), ("IntOrString", "int64 int64 string"), ("Raw", "bytes")
        ):  # fmt: skip
            found = file.message_type.add(name=name)
            for number, type_ in enumerate(fields.split(), 1):
                self._field(found, number, False, f"TYPE_{type_.upper()}")

    def struct(self, model: type[APIModel], path: tuple[int, ...]) -> str:
        name = _name(model, path)
        if name not in self._known:
            self._known.add(name)
            found = self._file.message_type.add(name=name)
            fields = embedded_numbers_of(model, path) if path else numbers_of(model)
            for number, field in fields.items():
                self._shaped(found, number, field.shape)
            for inner in embedded_paths_of(model):
                if inner[:-1] == path:
                    self._field(found, inner[-1], False, "TYPE_MESSAGE", self.struct(model, inner))
        return name

    def _shaped(self, message: descriptor_pb2.DescriptorProto, number: int, shape: Shape, repeated: bool = False):
        if shape.kind == "list":
            self._shaped(message, number, shape.item, repeated=True)
        elif shape.kind == "map":
            entry = self._file.message_type.add(name=f"{message.name}_entry_{number}")
            self._field(entry, 1, False, "TYPE_STRING")
            if shape.item.kind == "list":
                items = self._file.message_type.add(name=f"{entry.name}_items")
                self._shaped(items, 1, shape.item)
                self._field(entry, 2, False, "TYPE_MESSAGE", items.name)
            else:
                self._shaped(entry, 2, shape.item)
            self._field(message, number, True, "TYPE_MESSAGE", entry.name)
        elif shape.kind == "struct":
            self._field(message, number, repeated, "TYPE_MESSAGE", self.struct(shape.model, ()))
        elif shape.go in _SPECIAL:
            self._field(message, number, repeated, "TYPE_MESSAGE", _SPECIAL[shape.go])
        else:
            self._field(message, number, repeated, _PLAIN.get(shape.go, "TYPE_STRING"))

    def _field(self, message: descriptor_pb2.DescriptorProto, number: int, repeated: bool, type_: str, name: str = ""):
        label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
        type_name = f".test.{name}" if name else None
        message.field.add(
            name=f"f{number}", number=number, label=label, type=_FIELD.Type.Value(type_), type_name=type_name
        )
