"""A bare FastAPI server: no authentication, no validation, no defaults; one etcd transaction for each create.

Started by `servers.reference` as a process: `python -m benchmarks.reference ETCD CERTIFICATE KEY` prints its URL and
serves. What it reaches says how fast the machine is; what kube-lite does in the same time has everything switched on.
A create writes the object and an address; a GET and a list are answered from memory.
"""

from __future__ import annotations

import itertools
import socket
import sys
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI, Request, Response

from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import Absent, Put

JSON = "application/json"


def application(etcd: EtcdStorage) -> FastAPI:
    app, known, numbers = FastAPI(), {}, itertools.count(1)

    @app.post("/api/v1/namespaces/{namespace}/{plural}")
    async def create(namespace: str, plural: str, request: Request) -> Response:
        body, number = await request.body(), next(numbers)
        key, address = f"/registry/{plural}/{namespace}/o{number}", f"/registry/ipaddresses/{number}"
        await etcd.commit([Absent(key), Absent(address)], [Put(key, body), Put(address, b"{}")])
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
    etcd = EtcdStorage([urlsplit(etcd_url).geturl()], compaction_interval=0)
    config = uvicorn.Config(
        application(etcd), ssl_certfile=certificate, ssl_keyfile=key, access_log=False, log_config=None
    )
    uvicorn.Server(config).run([sock])


if __name__ == "__main__":
    main(*sys.argv[1:])
