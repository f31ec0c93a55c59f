"""A small kind of the patch tests' own, with every way a field can be merged and owned."""

from __future__ import annotations

from typing import Annotated

import yaml
from hypothesis import HealthCheck, settings

from kube.apimachinery.meta_v1 import LabelSelector, Object
from kube.apimachinery.types import APIModel, Int32, IntOrString, Nil, Quantity, Slice, always, wire


class Port(APIModel):
    name: Annotated[str, wire(1)] = ""
    port: Annotated[Int32, wire(2)] = always(0)
    protocol: Annotated[str, wire(3)] = ""
    target: Annotated[IntOrString | None, wire(4)] = None


class Env(APIModel):
    name: Annotated[str, wire(1)] = always("")
    value: Annotated[str, wire(2)] = ""


class Volume(APIModel):
    name: Annotated[str, wire(1)] = always("")
    disk: Annotated[str, wire(2)] = ""
    memory: Annotated[dict[str, Quantity], wire(3)] = {}


class Box(APIModel):
    name: Annotated[str, wire(1)] = always("")
    image: Annotated[str, wire(2)] = ""
    args: Annotated[list[str], wire(3, list_type="atomic")] = []
    env: Annotated[
        list[Env], wire(4, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",))
    ] = []


class Strategy(APIModel):
    type: Annotated[str, wire(1)] = ""
    step: Annotated[Int32, wire(2)] = 0


class GadgetSpec(APIModel):
    size: Annotated[Int32 | None, wire(1)] = None
    paused: Annotated[bool, wire(2)] = False
    boxes: Annotated[
        Slice[Box], wire(3, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",))
    ] = always(Nil)
    ports: Annotated[
        list[Port],
        wire(4, patch_strategy="merge", merge_key="port", list_type="map", list_map_keys=("port", "protocol")),
    ] = []
    volumes: Annotated[
        list[Volume],
        wire(5, patch_strategy="merge,retainKeys", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    strategy: Annotated[Strategy, wire(6, patch_strategy="retainKeys")] = always(Strategy)
    selector: Annotated[LabelSelector | None, wire(7)] = None
    tags: Annotated[list[str], wire(8, list_type="set", patch_strategy="merge")] = []


class GadgetStatus(APIModel):
    ready: Annotated[Int32, wire(1)] = 0


class Gadget(Object):
    spec: Annotated[GadgetSpec, wire(2)] = always(GadgetSpec)
    status: Annotated[GadgetStatus, wire(3)] = always(GadgetStatus)


def y(text: str) -> dict:
    """A YAML document, as the tests write objects, patches and field sets."""
    return yaml.safe_load(text) or {}


def gadget(text: str, **meta: object) -> dict:
    """A Gadget with the given YAML as its spec."""
    return {"kind": "Gadget", "apiVersion": "v1", "metadata": {"name": "g", **meta}, "spec": y(text)}


some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Few examples and no clock: these tests also pass on a machine that is busy with others."""
