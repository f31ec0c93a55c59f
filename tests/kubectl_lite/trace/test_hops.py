"""What FROM and TO mean, and which rules led to the endpoint that was chosen."""

from __future__ import annotations

import pytest

from kubectl_lite.errors import CommandError
from kubectl_lite.trace.hops import choosing_rules, hops, succeeded
from kubectl_lite.trace.places import Goal, Origin, choose_port, entrance, parse_goal, parse_origin
from kubectl_lite.trace.send import Trace
from kubectl_lite.trace.target import Target

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
        ("svc/web:http", Goal("svc", "web", port="http")),
        ("service/web", Goal("svc", "web")),
        ("svc/udp", Goal("svc", "udp")),
        ("svc/kube-dns.kube-system:53/udp", Goal("svc", "kube-dns.kube-system", port="53", protocol="UDP")),
        ("pod/web-1:80", Goal("pod", "web-1", port="80")),
        ("node/node1:30080/sctp", Goal("node", "node1", port="30080", protocol="SCTP")),
        ("web.shop:80", Goal(host="web.shop", port="80")),
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


FLOW = {
    "source": "192.168.77.11:4000", "destination": "10.96.0.5:80", "answerer": "10.244.1.3:80",
    "returnsTo": "10.244.0.1:9000", "answered": True,
}  # fmt: skip
SENT = {"address": "10.96.0.5", "port": 80, "protocol": "TCP", "source": FLOW["source"]}
WEB_2 = {"metadata": {"namespace": "default", "name": "web-2"}, "spec": {"nodeName": "node2"}}


ENDS = ("10.244.0.3:80", "10.244.1.3:80")


def traced(*legs: tuple[str, dict], ends: tuple[str, ...] = ENDS, **sent: object) -> Trace:
    trace = Trace(Origin("node", "node1"), Goal("svc", "web"), Target("10.96.0.5", 80, "TCP", SERVICE, PORT))
    trace.sent, trace.legs, trace.entry, trace.mode = SENT | sent, list(legs), "node1", "ipvs"
    trace.server = {"reach": "ClusterIP", "rules": IPVS, "endpoints": list(ends), "outside": None, "problems": []}
    trace.pod = WEB_2
    return trace


def lines(trace: Trace) -> dict[str, tuple[str, ...]]:
    return {hop.name: hop.lines for hop in hops(trace)}


def test_the_hops_of_a_masqueraded_request():
    trace = traced(("node1", FLOW), status="HTTP/1.1 200 OK", connectMs=0.2)
    by_name = lines(trace)
    assert by_name["rule"] == ("TCP 10.96.0.5:80 rr   (ipvs on node1)", IPVS[2])
    assert by_name["translation"] == (
        "before  192.168.77.11:4000 -> 10.96.0.5:80", "after   10.244.0.1:9000 -> 10.244.1.3:80",
        "masqueraded: the answer has to come back through node1; conntrack on node1 keeps it so",
    )  # fmt: skip
    assert by_name["node"] == ("node1 -> node2",)
    assert by_name["endpoint"] == ("10.244.1.3:80, pod default/web-2 on node2",)
    assert succeeded(trace)


def test_a_node_port_is_translated_where_the_packet_comes_to():
    first = FLOW | {"destination": "192.168.77.12:30080", "answerer": "192.168.77.12:30080"}
    first["returnsTo"] = first["source"]
    second = first | {"answerer": "10.244.1.3:80", "returnsTo": "192.168.77.12:9000"}
    trace = traced(("node1", first), ("node2", second), address="192.168.77.12", port=30080)
    assert trace.flow is second
    assert lines(trace)["node"] == (
        "node1 -> node2", "conntrack on node1: 192.168.77.11:4000 -> 192.168.77.12:30080",
    )  # fmt: skip


WHERE = [
    ("connect: timed out", [("node1", FLOW)], "it died between node1 and node2, which has not seen it"),
    ("answer: timed out", [("node1", FLOW), ("node2", FLOW)], "it came to node2, and 10.244.1.3:80 did not answer"),
    ("connect: connection refused", [("node1", FLOW)], "it came to pod web-2, where nothing listens on port 80"),
]


@pytest.mark.parametrize(("error", "legs", "where"), WHERE, ids=[case[0] for case in WHERE])
def test_where_a_request_died(error: str, legs: list, where: str):
    told = lines(traced(*legs, error=error))["answer"]
    assert told[:3] == (error, where, "next: kubectl_lite why service/web -n default")


def test_without_endpoints_the_node_refuses():
    trace = traced(ends=(), error="connect: connection refused")
    trace.server["rules"] = ["no-endpoint-services { 10.96.0.5 . tcp . 80 : goto refuse }"]
    trace.pod = None
    told = lines(trace)
    assert told["rule"][1] == "there is no endpoint: node1 refuses"
    assert told["answer"][1] == "it died on node1: no endpoint to send it to"


def test_a_pod_in_the_nodes_network_asks_the_nodes_name_servers():
    trace = Trace(Origin("pod", "a"), Goal("svc", "web"), Target("web", 80))
    trace.sender = {"spec": {"hostNetwork": True, "dnsPolicy": "ClusterFirst"}}
    trace.sent = {"error": "web has no address"}
    assert lines(trace)["name"] == (
        "web: there is no name server to ask",
        "a pod in the node's network asks the node's name servers; dnsPolicy ClusterFirstWithHostNet: cluster DNS",
    )


def test_the_search_list_is_told_when_it_was_gone_through():
    trace = Trace(Origin("pod", "a"), Goal(host="wbe", port="80"), Target("wbe", 80))
    asked = [{"name": f"wbe.{domain}", "rcode": "NXDOMAIN", "addresses": [], "server": "10.96.0.10", "ms": 1}
             for domain in ("default.svc.cluster.local.", "")]  # fmt: skip
    trace.sent = {"error": "wbe has no address", "queries": asked, "search": ["default.svc.cluster.local"], "ndots": 5}
    name, *_ = hops(trace)
    assert name.failed
    assert name.lines[2] == "the search list of pod/a: default.svc.cluster.local (ndots 5)"


def test_a_request_that_failed_is_told():
    trace = Trace(Origin("client"), Goal(host="10.96.0.5", port="80"), Target("10.96.0.5", 80))
    trace.sent = {"address": "10.96.0.5", "port": 80, "protocol": "TCP", "error": "connect: timed out"}
    assert not succeeded(trace)
    assert hops(trace)[-1].lines[0] == "connect: timed out"
    assert hops(trace)[-1].failed
