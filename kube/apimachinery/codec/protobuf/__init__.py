"""Protobuf bodies, as clients written in Go send and read them, by the types' own field numbers.

`open_envelope` and `decode` read a body, `encode` and `seal` write one; `Documents` writes whatever stands in a JSON
body that says its kind. All of it derives from the declarations of the types: nothing else says how a message is laid
out.

    body    = "k8s\\0" runtime.Unknown
    Unknown = 1 TypeMeta {1 apiVersion, 2 kind}, 2 raw (the object's message), 3 contentEncoding, 4 contentType
"""

from kube.apimachinery.codec.protobuf.decode import Envelope, decode, open_envelope
from kube.apimachinery.codec.protobuf.documents import Documents, frame, list_head, list_tail, message_of
from kube.apimachinery.codec.protobuf.encode import encode, seal

__all__ = [
    "Documents", "Envelope", "decode", "encode", "frame", "list_head", "list_tail", "message_of", "open_envelope",
    "seal",
]  # fmt: skip
