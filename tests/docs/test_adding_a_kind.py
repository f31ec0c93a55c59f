"""The code of docs/adding-a-kind.md, block after block, and the kind that it makes, on a real store."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Store
from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from kube.apimachinery.errors import Invalid
from kube.apimachinery.scheme import Resource, Scheme

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-kind.md"


@pytest.fixture
def kind() -> dict[str, Any]:
    """The page's names, as if each block stood in the file of its heading."""
    scheme = Scheme()

    def add(group: str, type_: type, plural: str, **more: Any) -> None:
        scheme.add(Resource(group, "v1", type_.__name__, plural, type_, singular=type_.__name__.lower(), **more))

    names: dict[str, Any] = {"_add": add, "table": {}, "scheme": scheme, "__name__": "page"}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL):
        exec(compile(block, str(PAGE), "exec", dont_inherit=True), names)
    return names


async def test_the_kind_on_the_page_works(kind: dict[str, Any], etcd: str):
    resource = kind["scheme"].by_kind("scheduling.k8s.io/v1", "PriorityClass")
    assert resource.path(name="high") == "/apis/scheduling.k8s.io/v1/priorityclasses/high"
    storage = Cacher(EtcdStorage([etcd], "/adding-a-kind"))
    await storage.start()
    try:
        store = Store(resource, kind["table"]["scheduling.k8s.io", "priorityclasses"], storage)
        made = kind["PriorityClass"].from_dict({
            "kind": "PriorityClass", "apiVersion": "scheduling.k8s.io/v1", "metadata": {"name": "high"}, "value": 1000,
        })  # fmt: skip
        store.strategy.default(made)
        await store.create("", made, Write())
        stored = await store.get_object("", "high")
        assert (stored.value, stored.preemptionPolicy, stored.metadata.generation) == (1000, "PreemptLowerPriority", 1)
        assert stored.metadata.uid
        assert kind["priority_class"](stored)[:3] == ["high", 1000, False]

        async def change(current: Any) -> Any:
            current.value = 5
            return current

        with pytest.raises(Invalid, match=r"value: Forbidden: may not be changed in an update\."):
            await store.update("", "high", change, Write())
    finally:
        await storage.aclose()


def test_its_validation(kind: dict[str, Any]):
    strategy = kind["PriorityClassStrategy"]()
    obj = kind["PriorityClass"].from_dict({"metadata": {"name": "x"}, "value": 1_000_000_001})
    strategy.default(obj)
    assert [str(e) for e in strategy.validate(obj)] == [
        "value: Forbidden: maximum allowed value of a user defined priority is 1000000000"
    ]
