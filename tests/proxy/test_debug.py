"""What the proxy tells of a Service: what it wants, what its kernel holds, when it did what."""

from __future__ import annotations

import json

from kube.client.fake import FakeServer
from proxy.conntrack.flows import End, Flow
from proxy.debug import Debug, flow_of
from tests.proxy.objects import endpoint, endpoint_slice, service, state
from tests.proxy.test_runner import KEY, _first, _node, running


async def test_a_service_with_its_stages():
    server = FakeServer()
    server.seed(_node(), service())
    async with running(server) as (proxy, dataplane, client):
        await _first(dataplane)
        while not proxy.health.healthy:  # what came with the first list is no change
            await proxy.clock.sleep(0.01)
        await client.create(endpoint_slice("myapp", [endpoint("10.244.1.2")]))
        while not proxy.stages.shown(KEY):
            await proxy.clock.sleep(0.01)
        answer = await Debug(proxy).below["/debug/services/"]("default/myapp", {})
        told = json.loads(answer.body)
    assert (told["node"], told["mode"], told["failure"]) == ("node1", "fake", "")
    assert told["healthy"] is True
    (one,) = told["servers"]
    assert (one["address"], one["port"], one["endpoints"]) == ("10.96.0.10", 80, ["10.244.1.2:8080"])
    assert one["problems"] == []
    last = told["stages"][-1]
    assert [cause["kind"] for cause in last["causes"]] == ["EndpointSlice"]
    assert [done["kind"] for done in last["wrote"]] == ["kernel"]
    assert last["causes"][0]["at"] <= last["began"] <= last["wrote"][0]["at"] <= last["ended"]


async def test_a_failure_is_told_until_it_is_mended():
    server = FakeServer()
    server.seed(_node())
    async with running(server) as (proxy, dataplane, client):
        await _first(dataplane)
        dataplane.failing[KEY] = 1
        await client.create(service())
        await dataplane.reached(lambda d: d.syncs)
        while not proxy.failures:
            await proxy.clock.sleep(0.01)
        assert proxy.failures == {KEY: "told to fail"}
        await dataplane.reached(lambda d: KEY in d.states)
        while proxy.failures:
            await proxy.clock.sleep(0.01)


def test_flows_of_a_service_are_those_to_its_addresses_and_node_ports():
    is_ours = flow_of(state(service(), endpoint_slice("myapp", [endpoint("10.244.1.2")])))
    client, pod = End("10.244.9.9", 4000), End("10.244.1.2", 8080)

    def flow(destination: End, protocol: str = "TCP") -> Flow:
        return Flow(protocol, client, destination, pod, client, True, 100)

    assert is_ours(flow(End("10.96.0.10", 80)))
    assert not is_ours(flow(End("10.96.0.10", 81)))
    assert not is_ours(flow(End("10.96.0.10", 80), "UDP"))
    assert not is_ours(flow(pod))
