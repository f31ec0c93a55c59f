"""Bodies of requests to objects: JSON, YAML and protobuf, with Kubernetes' words for what is wrong.

`decode` is for creates and updates, `decode_delete_options` for deletes, `to_object` for the results of patches.
`go_json` and `yaml_body` parse as Go does, for whoever needs a document without a type.
"""

from kube.apimachinery.codec.decode import (
    JSON,
    PROTOBUF,
    UNKNOWN_FORMAT,
    YAML,
    Decoded,
    DecodingError,
    FieldValidation,
    decode,
    decode_delete_options,
    to_object,
)

__all__ = [
    "JSON",
    "PROTOBUF",
    "UNKNOWN_FORMAT",
    "YAML",
    "Decoded",
    "DecodingError",
    "FieldValidation",
    "decode",
    "decode_delete_options",
    "to_object",
]
