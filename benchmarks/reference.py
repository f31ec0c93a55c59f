"""A bare FastAPI server: no authentication, no validation, no defaults; one etcd transaction for each create, sent by
the gRPC library that etcd's clients use.

Started by `servers.reference` as a process: `python -m benchmarks.reference ETCD CERTIFICATE KEY` prints its URL and
serves. What it reaches says how fast the machine is; what kube-lite does in the same time has everything switched on.
A create writes the object and an address; a GET and a list are answered from memory.
"""

from __future__ import annotations

import itertools
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import grpc.aio
import uvicorn
from aetcd import rpc
from fastapi import FastAPI, Request, Response

from apiserver.storage.etcd.keys import Keys
from apiserver.storage.etcd.transactions import build
from apiserver.storage.interface import Absent, Put

JSON = "application/json"


def application(etcd_address: str) -> FastAPI:
    known, numbers, stubs = {}, itertools.count(1), []

    @asynccontextmanager
    async def connected(_app: FastAPI) -> AsyncIterator[None]:
        async with grpc.aio.insecure_channel(etcd_address) as channel:
            stubs.append(rpc.KVStub(channel))
            yield

    app = FastAPI(lifespan=connected)

    @app.post("/api/v1/namespaces/{namespace}/{plural}")
    async def create(namespace: str, plural: str, request: Request) -> Response:
        body, number = await request.body(), next(numbers)
        key, address = f"/registry/{plural}/{namespace}/o{number}", f"/registry/ipaddresses/{number}"
        checks, ops = [Absent(key), Absent(address)], [Put(key, body), Put(address, b"{}")]
        answer = await stubs[0].Txn(build(Keys(), checks, ops, {}))
        assert answer.succeeded
        known[number] = body
        return Response(body, 201, media_type=JSON)

    @app.get("/api/v1/namespaces/{namespace}/{plural}/{name}")
    async def get(namespace: str, plural: str, name: str) -> Response:
        return Response(known[1], media_type=JSON)

    @app.get("/api/v1/{plural}")
    async def list_(plural: str) -> Response:
        return Response(b'{"items":[' + b",".join(known.values()) + b"]}", media_type=JSON)

    return app


def main(etcd_url: str, certificate: str, key: str) -> None:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(2048)
    print(f"https://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    app, tls = application(urlsplit(etcd_url).netloc), {"ssl_certfile": certificate, "ssl_keyfile": key}
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, **tls)).run([sock])


if __name__ == "__main__":
    main(*sys.argv[1:])
