"""Probes and lifecycle hooks.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import Signal, URIScheme
from kube.apimachinery.types import APIModel, Int32, Int64, IntOrString, always, wire


class ExecAction(APIModel):
    command: Annotated[list[str], wire(1, list_type="atomic")] = []


class HTTPHeader(APIModel):
    name: Annotated[str, wire(1)] = always("")
    value: Annotated[str, wire(2)] = always("")


class HTTPGetAction(APIModel):
    path: Annotated[str, wire(1)] = ""
    port: Annotated[IntOrString, wire(2)] = always(0)
    host: Annotated[str, wire(3)] = ""
    scheme: Annotated[URIScheme, wire(4)] = ""
    httpHeaders: Annotated[list[HTTPHeader], wire(5, list_type="atomic")] = []


class TCPSocketAction(APIModel):
    port: Annotated[IntOrString, wire(1)] = always(0)
    host: Annotated[str, wire(2)] = ""


class SleepAction(APIModel):
    seconds: Annotated[Int64, wire(1)] = always(0)


class LifecycleHandler(APIModel):
    exec: Annotated[ExecAction | None, wire(1)] = None
    httpGet: Annotated[HTTPGetAction | None, wire(2)] = None
    tcpSocket: Annotated[TCPSocketAction | None, wire(3)] = None
    sleep: Annotated[SleepAction | None, wire(4)] = None


class Lifecycle(APIModel):
    postStart: Annotated[LifecycleHandler | None, wire(1)] = None
    preStop: Annotated[LifecycleHandler | None, wire(2)] = None
    stopSignal: Annotated[Signal | None, wire(3)] = None


class GRPCAction(APIModel):
    port: Annotated[Int32, wire(1)] = always(0)
    service: Annotated[str | None, wire(2)] = None


class Probe(APIModel):
    exec: Annotated[ExecAction | None, wire(1, inline=(1,))] = None
    httpGet: Annotated[HTTPGetAction | None, wire(2, inline=(1,))] = None
    tcpSocket: Annotated[TCPSocketAction | None, wire(3, inline=(1,))] = None
    grpc: Annotated[GRPCAction | None, wire(4, inline=(1,))] = None
    initialDelaySeconds: Annotated[Int32, wire(2, "Wait before the first probe.")] = 0
    timeoutSeconds: Annotated[Int32, wire(3, "When a probe counts as failed.")] = 0
    periodSeconds: Annotated[Int32, wire(4, "Time between probes.")] = 0
    successThreshold: Annotated[Int32, wire(5, "So many successes in a row make it well.")] = 0
    failureThreshold: Annotated[Int32, wire(6, "So many failures in a row make it ill.")] = 0
    terminationGracePeriodSeconds: Annotated[Int64 | None, wire(7)] = None
