"""What FROM and TO mean, and which rules led to the endpoint that was chosen."""

from __future__ import annotations

import pytest

from kubectl_lite.errors import CommandError
from kubectl_lite.trace.hops import choosing_rules, hops, succeeded
from kubectl_lite.trace.places import Goal, Origin, choose_port, entrance, parse_goal, parse_origin
from kubectl_lite.trace.send import Trace

PORT = {"name": "http", "port": 80, "nodePort": 30080}
SERVICE = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"clusterIP": "10.96.0.5", "ports": [PORT]}}
NODES = [{"status": {"addresses": [{"type": "InternalIP", "address": "192.168.77.11"}]}}]
NFT = [
    "cluster-ips { 10.96.0.5 }",
    "hairpin { 10.244.0.3 . 10.244.0.3 }",
    "services { 10.96.0.5 . tcp . 80 : goto tcp-balance-2 }",
    "tcp-endpoints { 10.96.0.5 . 80 . 0 : 10.244.0.3 . 80 }",
    "tcp-endpoints { 10.96.0.5 . 80 . 1 : 10.244.1.3 . 80 }",
    "chain tcp-balance-2 { dnat ip to ... }",
]
IPVS = ["TCP 10.96.0.5:80 rr", "  -> 10.244.0.3:80 Masq weight 1", "  -> 10.244.1.3:80 Masq weight 1"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("svc/web:http", Goal(service="web", port="http")),
        ("service/web", Goal(service="web")),
        ("10.96.0.5:80", Goal(host="10.96.0.5", port="80")),
        ("[fd00::5]:80", Goal(host="fd00::5", port="80")),
    ],
)
def test_goals(word: str, meant: Goal):
    assert parse_goal(word) == meant


def test_origins():
    assert parse_origin("pod/a") == Origin("pod", "a")
    assert parse_origin("client") == Origin("client")
    for wrong in ("pod/", "svc/a", "nowhere"):
        with pytest.raises(CommandError):
            parse_origin(wrong)


def test_a_port_by_name_by_number_or_the_first():
    assert choose_port(SERVICE, "http") == choose_port(SERVICE, "80") == choose_port(SERVICE, "") == PORT
    with pytest.raises(CommandError, match="has no port 81; its ports are 80"):
        choose_port(SERVICE, "81")


def test_where_each_goes_in():
    assert entrance(Origin("pod", "a"), "default", SERVICE, PORT, NODES) == ("web", 80)
    assert entrance(Origin("pod", "a"), "shop", SERVICE, PORT, NODES) == ("web.default", 80)
    assert entrance(Origin("node", "n"), "default", SERVICE, PORT, NODES) == ("10.96.0.5", 80)
    assert entrance(Origin("client"), "default", SERVICE, PORT, NODES) == ("192.168.77.11", 30080)
    with pytest.raises(CommandError, match="from inside the cluster only"):
        entrance(Origin("client"), "default", SERVICE, {"port": 80}, NODES)


def test_the_rules_that_chose():
    assert choosing_rules(NFT, "10.244.1.3:80", ["10.244.0.3:80"]) == [
        "services { 10.96.0.5 . tcp . 80 : goto tcp-balance-2 }",
        "chain tcp-balance-2 { dnat ip to ... }",
        "tcp-endpoints { 10.96.0.5 . 80 . 1 : 10.244.1.3 . 80 }",
    ]
    assert choosing_rules(IPVS, "10.244.1.3:80", ["10.244.0.3:80"]) == [IPVS[0], IPVS[2]]


def test_the_hops_of_a_masqueraded_request():
    trace = Trace(Origin("node", "node1"), Goal(service="web"), service=SERVICE, port=PORT, entry="node1", mode="ipvs")
    trace.sent = {"address": "10.96.0.5", "port": 80, "protocol": "TCP", "connectMs": 0.2, "status": "HTTP/1.1 200 OK"}
    trace.flow = {"source": "192.168.77.11:4000", "destination": "10.96.0.5:80", "answerer": "10.244.1.3:80",
                  "returnsTo": "10.244.0.1:9000"}  # fmt: skip
    ends = ["10.244.0.3:80", "10.244.1.3:80"]
    trace.server = {"reach": "ClusterIP", "rules": IPVS, "endpoints": ends, "outside": None}
    trace.pod = {"metadata": {"namespace": "default", "name": "web-2"}, "spec": {"nodeName": "node2"}}
    by_name = {hop.name: hop.lines for hop in hops(trace)}
    assert by_name["rule"] == ("TCP 10.96.0.5:80 rr   (ipvs on node1)", IPVS[2])
    assert by_name["translation"][1].startswith("after   10.244.0.1:9000 -> 10.244.1.3:80   (masqueraded")
    assert by_name["node"] == ("node1 -> node2",)
    assert by_name["endpoint"] == ("10.244.1.3:80, pod default/web-2 on node2",)
    assert succeeded(trace)


def test_a_request_that_failed_is_told():
    trace = Trace(Origin("client"), Goal(host="10.96.0.5", port="80"))
    trace.sent = {"address": "10.96.0.5", "port": 80, "protocol": "TCP", "error": "connect: timed out"}
    assert not succeeded(trace)
    assert hops(trace)[-1].lines[0] == "connect: timed out"
    assert hops(trace)[-1].failed
