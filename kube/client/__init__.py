"""The client of the Kubernetes API: `Client`, its configuration, its errors, and a stateful fake for tests."""

from kube.client.client import Client, ObjectList, prepare
from kube.client.config import ClientConfig, ConfigError, load
from kube.client.transport import Response, Stream, Unreachable
from kube.client.watch import WatchEvent

__all__ = [
    "Client", "ClientConfig", "ConfigError", "ObjectList", "Response", "Stream", "Unreachable", "WatchEvent", "load",
    "prepare",
]  # fmt: skip
