"""Probes and lifecycle hooks.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import Signal, URIScheme
from kube.apimachinery.types import APIModel, Int32, Int64, IntOrString, always, wire


class ExecAction(APIModel):
    """A command that is run in a container; 0 is success."""

    command: Annotated[
        list[str], wire(1, "The program and its arguments; no shell is involved.", list_type="atomic")
    ] = []


class HTTPHeader(APIModel):
    """A header of an HTTP request."""

    name: Annotated[str, wire(1, "The header's name.")] = always("")
    value: Annotated[str, wire(2, "The header's value.")] = always("")


class HTTPGetAction(APIModel):
    """An HTTP request; an answer below 400 is success."""

    path: Annotated[str, wire(1, "The path to ask for.")] = ""
    port: Annotated[IntOrString, wire(2, "The port's number or name.")] = always(0)
    host: Annotated[str, wire(3, "The host to ask; the pod's address by default.")] = ""
    scheme: Annotated[URIScheme, wire(4, "HTTP or HTTPS.")] = ""
    httpHeaders: Annotated[list[HTTPHeader], wire(5, "Headers to send.", list_type="atomic")] = []


class TCPSocketAction(APIModel):
    """A TCP connection; it opens on success."""

    port: Annotated[IntOrString, wire(1, "The port's number or name.")] = always(0)
    host: Annotated[str, wire(2, "The host to connect to; the pod's address by default.")] = ""


class SleepAction(APIModel):
    """Waits."""

    seconds: Annotated[Int64, wire(1, "For how long.")] = always(0)


class LifecycleHandler(APIModel):
    """What a lifecycle hook does; exactly one field is given."""

    exec: Annotated[ExecAction | None, wire(1, "Runs a command.")] = None
    httpGet: Annotated[HTTPGetAction | None, wire(2, "Asks by HTTP.")] = None
    tcpSocket: Annotated[TCPSocketAction | None, wire(3, "Not used any more.")] = None
    sleep: Annotated[SleepAction | None, wire(4, "Waits.")] = None


class Lifecycle(APIModel):
    """What is done after a container has started and before it is stopped."""

    postStart: Annotated[LifecycleHandler | None, wire(1, "Run right after the container was started.")] = None
    preStop: Annotated[
        LifecycleHandler | None, wire(2, "Run before the container is ended; the grace period goes on meanwhile.")
    ] = None
    stopSignal: Annotated[Signal | None, wire(3, "The signal that ends the container, such as SIGTERM.")] = None


class GRPCAction(APIModel):
    """A request to the gRPC health service."""

    port: Annotated[Int32, wire(1, "The port's number.")] = always(0)
    service: Annotated[str | None, wire(2, "The service to ask about.")] = None


class Probe(APIModel):
    """A question that is asked of a container over and over."""

    exec: Annotated[ExecAction | None, wire(1, "Runs a command; 0 is good.", inline=(1,))] = None
    httpGet: Annotated[HTTPGetAction | None, wire(2, "Asks by HTTP; 200 to 399 is good.", inline=(1,))] = None
    tcpSocket: Annotated[TCPSocketAction | None, wire(3, "Opens a connection.", inline=(1,))] = None
    grpc: Annotated[GRPCAction | None, wire(4, "Asks by gRPC's health checking protocol.", inline=(1,))] = None
    initialDelaySeconds: Annotated[Int32, wire(2, "Wait before the first probe.")] = 0
    timeoutSeconds: Annotated[Int32, wire(3, "When a probe counts as failed.")] = 0
    periodSeconds: Annotated[Int32, wire(4, "Time between probes.")] = 0
    successThreshold: Annotated[Int32, wire(5, "So many successes in a row make it well.")] = 0
    failureThreshold: Annotated[Int32, wire(6, "So many failures in a row make it ill.")] = 0
    terminationGracePeriodSeconds: Annotated[
        Int64 | None, wire(7, "Seconds to end in after this probe failed, if not as the pod says.")
    ] = None
