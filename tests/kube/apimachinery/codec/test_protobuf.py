"""What goes over the wire in protobuf, byte by byte, worked out by hand from the .proto files of Kubernetes."""

import json

import pytest

from kube.api import scheme
from kube.api.core_v1 import ConfigMap, Event, Pod, Service
from kube.api.policy_v1 import PodDisruptionBudget
from kube.apimachinery.codec import protobuf
from kube.apimachinery.codec.protobuf.varint import varint
from kube.apimachinery.meta_v1 import ListMeta, ObjectMeta, OwnerReference
from kube.apimachinery.types import APIModel

EMPTY_META = bytes.fromhex("0a00 1200 1a00 2200 2a00 3200 3800 4200".replace(" ", ""))
"""Names, uid and revision are strings, the generation a number, the time of creation a message: all by value in Go."""


def message(text: str) -> bytes:
    """Hexadecimal with what is in quotes as it is: `0a 01 'a'`."""
    return b"".join(part.encode() if i % 2 else bytes.fromhex(part) for i, part in enumerate(text.split("'")))


@pytest.mark.parametrize(
    ("model", "data", "expected"),
    [
        (ListMeta, {}, message("0a 00 12 00 1a 00")),
        (ListMeta, {"continue": "t", "remainingItemCount": 0}, message("0a 00 12 00 1a 01 't' 20 00")),
        (ObjectMeta, {}, EMPTY_META),
        (ObjectMeta, {"labels": {"b": "", "a": "1"}},
         EMPTY_META + message("5a 06 0a 01 'a' 12 01 '1'  5a 05 0a 01 'b' 12 00")),
        (ObjectMeta, {"deletionTimestamp": "1970-01-01T00:02:08Z"}, EMPTY_META + message("4a 05 08 80 01 10 00")),
        (OwnerReference, {"kind": "K", "uid": "u", "controller": False},
         message("0a 01 'K' 1a 00 22 01 'u' 2a 00 30 00")),
        (ConfigMap, {"binaryData": {"z": "", "y": "AAE="}},
         message("0a 10") + EMPTY_META + message("1a 07 0a 01 'y' 12 02 00 01  1a 05 0a 01 'z' 12 00")),
    ],
)  # fmt: skip
def test_messages(model: type[APIModel], data: dict, expected: bytes) -> None:
    assert protobuf.encode(data, model) == expected


@pytest.mark.parametrize(
    ("model", "path", "expected"),
    [
        # ServicePort {1 name, 2 protocol, 3 port, 4 targetPort {1 type, 2 number, 3 string}, 5 nodePort}
        (Service, {"spec": {"ports": [{"port": 80, "targetPort": "http"}]}},
         message("0a 00 12 00 18 50 22 0a 08 01 10 00 1a 04 'http' 28 00")),
        (Service, {"spec": {"ports": [{"port": 65535, "targetPort": 8080}]}},
         message("0a 00 12 00 18 ff ff 03 22 07 08 00 10 90 3f 1a 00 28 00")),
        # Volume {1 name, 2 source, whose fields are the volume's in JSON {6 emptyDir {1 medium, 2 sizeLimit}}}
        (Pod, {"spec": {"volumes": [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}]}},
         message("0a 01 'v' 12 0b 12 09 0a 00 12 05 0a 03 '1Gi'")),
        # Toleration {1 key, 2 operator, 3 value, 4 effect, 5 seconds}: minus one takes ten bytes
        (Pod, {"spec": {"tolerations": [{"key": "k", "tolerationSeconds": -1}]}},
         message("0a 01 'k' 12 00 1a 00 22 00 28 ffffffffffffffffff01")),
        # lastHeartbeatTime by value, empty; MicroTime in nanoseconds
        (Event, {"eventTime": "1970-01-01T00:00:01.000002Z"}, message("52 05 08 01 10 d0 0f")),
        (Event, {"firstTimestamp": None}, message("32 00")),
        (PodDisruptionBudget, {"status": {"disruptedPods": {"p": None}}}, message("12 05 0a 01 'p' 12 00")),
    ],
)  # fmt: skip
def test_parts_of_messages(model: type[APIModel], path: dict, expected: bytes) -> None:
    assert expected in protobuf.encode(path, model)


def test_the_envelope() -> None:
    found = protobuf.seal("v1", "Pod", b"raw")
    assert found == b"k8s\x00" + message("0a 09 0a 02 'v1' 12 03 'Pod' 12 03 'raw' 1a 00 22 00")


def test_a_list() -> None:
    wire = {
        "kind": "ConfigMapList",
        "apiVersion": "v1",
        "metadata": {"resourceVersion": "7"},
        "items": [{"metadata": {}}],
    }
    meta = message("0a 07 0a 00 12 01 '7' 1a 00")
    items = message("12 12 0a 10") + EMPTY_META
    found = protobuf.Documents(scheme.type_of).body(json.dumps(wire).encode())
    assert found == protobuf.seal("v1", "ConfigMapList", meta + items)


def test_what_has_no_type_has_no_protobuf() -> None:
    with pytest.raises(KeyError):
        protobuf.Documents(scheme.type_of).body(b'{"kind":"Table","apiVersion":"meta.k8s.io/v1"}')


def test_a_frame() -> None:
    assert protobuf.frame("ADDED", b"body") == message("00 00 00 0f 0a 05 'ADDED' 12 06 0a 04 'body'")


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "00"), (127, "7f"), (128, "8001"), (4096, "8020"), (2**64 - 1, "ff" * 9 + "01")]
)
def test_varint(value: int, expected: str) -> None:
    assert varint(value).hex() == expected
