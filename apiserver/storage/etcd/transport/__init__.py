"""gRPC as etcd speaks it, on asyncio: what carries the requests that the modules above build.

    Channel (gRPC: calls, deadlines, reconnecting) -> Connection (HTTP/2: frames, windows) -> hpack (headers)

The grpc package does the same, with a thread of its own that every call must pass through: on the machine this was
measured on, a small call cost 300 microseconds of processor time there and 20 here, and every write and every
consistent read of the API server is such a call. It leaves out what etcd does not use: compression, server push,
metadata in answers.
"""

from apiserver.storage.etcd.transport.channel import Channel, Code, RpcError, StreamCall

__all__ = ["Channel", "Code", "RpcError", "StreamCall"]
