"""OpenAPI documents, made from the scheme and the declarations: `/openapi/v3`, `/openapi/v2`.

Called by the API server; kubectl needs them for `explain`, for validation and to know whether a dry run is possible.
"""

from kube.apimachinery.openapi.documents import v2, v2_protobuf, v3, v3_hash, v3_index, v3_protobuf, v3_whole

__all__ = ["v2", "v2_protobuf", "v3", "v3_hash", "v3_index", "v3_protobuf", "v3_whole"]
