"""The strategy of Services: defaults, what a change of type clears, and what is wrong, in Kubernetes' words."""

import pytest

from apiserver.registry.core.services.allocation import ServiceAllocator
from apiserver.registry.core.services.strategy import ServiceStrategy
from kube.api.core_v1 import Service
from tests.apiserver.registry.driver import create, parse, update, update_status


def strategy(*ranges: str) -> ServiceStrategy:
    return ServiceStrategy(ServiceAllocator(None, ranges or ("10.96.0.0/16",)))


def service(text: str) -> Service:
    return parse(Service, f"spec: {text}")


def stored(text: str) -> Service:
    """A Service as an earlier write left it, with an address of its own."""
    obj, found = create(strategy(), service(text))
    assert found == []
    if obj.spec.type != "ExternalName" and not obj.spec.clusterIP:
        obj.spec.clusterIP, obj.spec.clusterIPs = "10.96.0.7", ["10.96.0.7"]
    return obj


def changed(old: Service, **spec) -> Service:
    """What a merge patch of the spec makes of it."""
    data = old.to_dict()
    data["spec"] = {k: v for k, v in {**data["spec"], **spec}.items() if v is not None}
    return Service.from_dict(data)


# ---- defaults ----


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("{ports: [{port: 80}]}",
         "{type: ClusterIP, ports: [{protocol: TCP, port: 80, targetPort: 80}], sessionAffinity: None, "
         "internalTrafficPolicy: Cluster, ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}"),
        ("{type: ExternalName, externalName: a.b}",
         "{type: ExternalName, externalName: a.b, sessionAffinity: None}"),
        ("{clusterIP: None}",
         "{type: ClusterIP, clusterIP: None, clusterIPs: [None], sessionAffinity: None, "
         "internalTrafficPolicy: Cluster, ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack}"),
        ("{clusterIP: None, selector: {a: b}}",
         "{type: ClusterIP, clusterIP: None, clusterIPs: [None], selector: {a: b}, sessionAffinity: None, "
         "internalTrafficPolicy: Cluster, ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}"),
        ("{type: LoadBalancer, sessionAffinity: ClientIP, ports: [{port: 1, targetPort: web}]}",
         "{type: LoadBalancer, ports: [{protocol: TCP, port: 1, targetPort: web}], sessionAffinity: ClientIP, "
         "sessionAffinityConfig: {clientIP: {timeoutSeconds: 10800}}, externalTrafficPolicy: Cluster, "
         "internalTrafficPolicy: Cluster, allocateLoadBalancerNodePorts: true, ipFamilies: [IPv4], "
         "ipFamilyPolicy: SingleStack}"),
        ("{externalIPs: [192.0.2.1], sessionAffinityConfig: {clientIP: {timeoutSeconds: 9}}, ports: [{port: 1}]}",
         "{type: ClusterIP, ports: [{protocol: TCP, port: 1, targetPort: 1}], externalIPs: [192.0.2.1], "
         "sessionAffinity: None, externalTrafficPolicy: Cluster, internalTrafficPolicy: Cluster, ipFamilies: [IPv4], "
         "ipFamilyPolicy: SingleStack}"),
    ],
)  # fmt: skip
def test_defaults(given, wanted):
    obj, found = create(strategy(), service(given))
    assert found == []
    assert obj.to_dict()["spec"] == service(wanted).to_dict()["spec"]


def test_a_dual_stack_cluster_completes_the_families():
    obj, _ = create(
        strategy("10.96.0.0/16", "fd00::/112"), service("{ipFamilyPolicy: PreferDualStack, ports: [{port: 1}]}")
    )
    assert obj.spec.ipFamilies == ["IPv4", "IPv6"]


# ---- what is wrong with a new Service ----

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
RANGE = "must be between 1 and 65535, inclusive"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("{}", ["spec.ports: Required value"]),
        ("{type: NodePort, clusterIP: None, ports: [{port: 1}]}",
         ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"]),
        ("{type: LoadBalancer, ports: [{port: 10250}]}",
         ["spec.ports[0]: Invalid value: 10250: may not expose port 10250 externally since it is used by kubelet"]),
        ("{type: ExternalName}", ["spec.externalName: Required value"]),
        ("{type: ExternalName, externalName: a.b, clusterIP: 10.96.0.1, ipFamilyPolicy: SingleStack}",
         ["spec.clusterIPs: Forbidden: may not be set for ExternalName services",
          "spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services"]),
        ("{ports: [{port: 80}, {port: 81}]}",
         ["spec.ports[0].name: Required value", "spec.ports[1].name: Required value"]),
        ("{ports: [{port: 1}, {name: x, port: 1}, {name: x, port: 2, protocol: Q}, "
         "{name: Y, nodePort: 4, port: 3, targetPort: t t}]}",
         ["spec.ports[0].name: Required value",
          'spec.ports[2].name: Duplicate value: "x"',
          'spec.ports[2].protocol: Unsupported value: "Q": supported values: "SCTP", "TCP", "UDP"',
          f'spec.ports[3].name: Invalid value: "Y": {LABEL}',
          'spec.ports[3].targetPort: Invalid value: "t t": must contain only alpha-numeric characters (a-z, 0-9), '
          "and hyphens (-)",
          "spec.ports[3].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
          'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":1,"TargetPort":0,'
          '"NodePort":0}']),
        ("{ports: [{port: 0}]}",
         [f"spec.ports[0].port: Invalid value: 0: {RANGE}", f"spec.ports[0].targetPort: Invalid value: 0: {RANGE}"]),
        ("{type: NodePort, ports: [{name: a, port: 1, nodePort: 30000}, {name: b, port: 2, nodePort: 30000}]}",
         ["spec.ports[1].nodePort: Duplicate value: 30000"]),
        ("{type: Cluster, ports: [{port: 1}]}",
         ['spec.type: Unsupported value: "Cluster": supported values: "ClusterIP", "ExternalName", "LoadBalancer", '
          '"NodePort"']),
        ("{sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 86401}}, ports: [{port: 1}]}",
         ["spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 86401: must be greater than 0 and less "
          "than 86400"]),
        ("{ports: [{port: 1}], externalTrafficPolicy: Local}",
         ['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services']),
        ("{type: NodePort, ports: [{port: 1}], externalTrafficPolicy: Zone}",
         ['spec.externalTrafficPolicy: Unsupported value: "Zone": supported values: "Cluster", "Local"']),
        ("{type: NodePort, ports: [{port: 1}], externalTrafficPolicy: Local, healthCheckNodePort: 30001}",
         ["spec.healthCheckNodePort: Invalid value: 30001: may only be set when `type` is 'LoadBalancer' and "
          "`externalTrafficPolicy` is 'Local'"]),
        ("{ports: [{port: 1}], internalTrafficPolicy: ''}",
         ['spec.internalTrafficPolicy: Unsupported value: "": supported values: "Cluster", "Local"']),
        ("{ports: [{port: 1}], trafficDistribution: Near}",
         ['spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameZone", '
          '"PreferSameNode"']),
        ("{ports: [{port: 1}], allocateLoadBalancerNodePorts: true, loadBalancerClass: x/y}",
         ["spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
          "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"]),
        ("{ports: [{port: 1}], loadBalancerSourceRanges: [10.0.0.0/8, 10.0.0.1/8, ten]}",
         ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
          'spec.LoadBalancerSourceRanges[1]: Invalid value: "10.0.0.1/8": must not have bits set beyond the prefix '
          "length",
          'spec.LoadBalancerSourceRanges[2]: Invalid value: "ten": must be a valid CIDR value, (e.g. 10.9.8.0/24 or '
          "2001:db8::/64)"]),
        ("{ports: [{port: 1}], externalIPs: [127.0.0.1, 169.254.0.1, 0.0.0.0, x]}",
         ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
          'spec.externalIPs[1]: Invalid value: "169.254.0.1": may not be in the link-local range (169.254.0.0/16, '
          "fe80::/10)",
          'spec.externalIPs[2]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
          'spec.externalIPs[3]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']),
        # what is wrong with addresses and families is said alone
        ("{clusterIP: ten}",
         ['spec.clusterIPs[0]: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']),
        ("{clusterIP: 010.096.0.1}", ['spec.clusterIPs[0]: Invalid value: "010.096.0.1": must not have leading 0s']),
        ("{clusterIPs: [10.96.0.1, 10.96.0.2]}",
         ['spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: must be empty when `clusterIP` is not specified',
          'spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: may specify no more than one IP for each IP '
          "family"]),
        ("{clusterIP: None, clusterIPs: [None, 10.96.0.1]}",
         ["spec.clusterIPs: Invalid value: [\"None\",\"10.96.0.1\"]: 'None' must be the first and only value"]),
        ("{ipFamilies: [IPv5, IPv4, IPv4], ipFamilyPolicy: Both}",
         ['spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
          'spec.ipFamilies[2]: Duplicate value: "IPv4"',
          'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", '
          '"SingleStack"']),
        ("{ipFamilies: [IPv6], clusterIP: 10.96.0.1}",
         ['spec.clusterIPs[0]: Invalid value: "10.96.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`']),
        ("{ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6]}",
         ['spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack '
          "services",
          'spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster']),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_new_service(given, wanted):
    assert create(strategy(), service(given))[1] == wanted


def test_topology_annotations_must_agree():
    obj = service("{ports: [{port: 1}]}")
    obj.metadata.annotations = {
        "service.kubernetes.io/topology-aware-hints": "auto",
        "service.kubernetes.io/topology-mode": "Disabled",
    }
    assert create(strategy(), obj)[1] == [
        'metadata.annotations[service.kubernetes.io/topology-mode]: Invalid value: "Disabled": must match '
        "annotations[service.kubernetes.io/topology-aware-hints] when both are specified"
    ]


# ---- changes of type ----

CLUSTER_IP = "{ports: [{port: 80}], selector: {app: a}}"
NODE_PORT = "{type: NodePort, ports: [{port: 80, nodePort: 30001}], selector: {app: a}}"
LOCAL = (
    "{type: LoadBalancer, ports: [{port: 80, nodePort: 30001}], selector: {app: a}, externalTrafficPolicy: Local, "
    "healthCheckNodePort: 30002, loadBalancerClass: a/b, loadBalancerIP: 192.0.2.1}"
)


@pytest.mark.parametrize(
    ("before", "change", "gone"),
    [
        (CLUSTER_IP, {"type": "ExternalName", "externalName": "a.b"},
         {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"}),
        (NODE_PORT, {"type": "ClusterIP"}, {"externalTrafficPolicy"}),
        (LOCAL, {"type": "NodePort"},
         {"allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort"}),
        (LOCAL, {"type": "ClusterIP"},
         {"allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort", "externalTrafficPolicy"}),
        (LOCAL, {"externalTrafficPolicy": "Cluster"}, {"healthCheckNodePort"}),
        ("{ports: [{port: 80}], externalIPs: [192.0.2.1]}", {"externalIPs": []},
         {"externalTrafficPolicy", "externalIPs"}),
    ],
)  # fmt: skip
def test_a_change_clears_what_has_no_use_any_more(before, change, gone):
    old = stored(before)
    obj, found = update(strategy(), changed(old, **change), old)
    assert found == []
    assert old.to_dict()["spec"].keys() - obj.to_dict()["spec"].keys() == gone


def test_node_ports_go_with_the_type_but_stay_when_it_still_needs_them():
    old = stored(NODE_PORT)
    to_cluster_ip, _ = update(strategy(), changed(old, type="ClusterIP"), old)
    assert to_cluster_ip.spec.ports[0].nodePort == 0
    to_load_balancer, _ = update(strategy(), changed(old, type="LoadBalancer"), old)
    assert to_load_balancer.spec.ports[0].nodePort == 30001


def test_what_the_writer_changed_too_is_refused_rather_than_cleared():
    old = stored(NODE_PORT)
    _, found = update(strategy(), changed(old, type="ClusterIP", ports=[{"port": 80, "nodePort": 30005}]), old)
    assert found == ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]


def test_source_ranges_are_not_cleared():
    old = stored("{type: LoadBalancer, ports: [{port: 80}], loadBalancerSourceRanges: [198.51.100.0/24]}")
    _, found = update(strategy(), changed(old, type="ClusterIP"), old)
    assert found == ["spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'"]


def test_put_to_external_name_with_only_the_old_address_clears_it():
    old = stored(CLUSTER_IP)
    obj = service("{type: ExternalName, externalName: a.b, clusterIP: 10.96.0.7}")
    obj, found = update(strategy(), obj, old)
    assert found == [] and obj.spec.clusterIP == ""


def test_leaving_load_balancer_clears_its_status():
    old = stored(LOCAL)
    old.status = parse(Service, "status: {loadBalancer: {ingress: [{ip: 192.0.2.9, ipMode: VIP}]}}").status
    kept, _ = update(strategy(), changed(old, selector={"x": "y"}), old)
    assert kept.status.loadBalancer.ingress[0].ip == "192.0.2.9"
    left, _ = update(strategy(), changed(old, type="NodePort"), old)
    assert left.status.loadBalancer.ingress == []


@pytest.mark.parametrize(
    ("before", "change", "wanted"),
    [
        (CLUSTER_IP, {"clusterIP": "10.96.0.8", "clusterIPs": ["10.96.0.8"]},
         ['spec.clusterIPs[0]: Invalid value: ["10.96.0.8"]: may not change once set']),
        (CLUSTER_IP, {"clusterIPs": ["10.96.0.8"]},
         ['spec.clusterIPs: Invalid value: ["10.96.0.8"]: first value must match `clusterIP`']),
        (CLUSTER_IP, {"clusterIP": None, "clusterIPs": None}, []),
        (CLUSTER_IP, {"clusterIPs": ["10.96.0.7", "fd00::9"]},
         ["spec.ipFamilyPolicy: Invalid value: \"SingleStack\": must be 'RequireDualStack' or 'PreferDualStack' when "
          "multiple cluster IPs are specified",
          'spec.clusterIPs[1]: Invalid value: ["10.96.0.7","fd00::9"]: IPv6 is not configured on this cluster']),
        (LOCAL, {"loadBalancerClass": "a/c"},
         ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set']),
        (CLUSTER_IP, {"loadBalancerClass": "a/c"},
         ["spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'"] * 2),
        (LOCAL, {"healthCheckNodePort": 30009}, ["spec.healthCheckNodePort: Forbidden: field is immutable"]),
    ],
)  # fmt: skip
def test_what_an_update_may_not_change(before, change, wanted):
    old = stored(before)
    assert update(strategy(), changed(old, **change), old)[1] == wanted


def test_an_address_that_was_stored_before_the_rules_grew_stricter_stays_valid():
    old = stored("{ports: [{port: 80}]}")
    old.spec.externalIPs = ["192.0.2.010"]
    old.spec.externalTrafficPolicy = "Cluster"
    assert update(strategy(), changed(old, selector={"x": "y"}), old)[1] == []
    _, found = update(strategy(), changed(old, externalIPs=["192.0.2.011"]), old)
    assert found == ['spec.externalIPs[0]: Invalid value: "192.0.2.011": must not have leading 0s']


# ---- status ----


@pytest.mark.parametrize(
    ("before", "ingress", "wanted"),
    [
        (LOCAL, "{ip: 192.0.2.1}", []),
        (LOCAL, "{ip: lb, hostname: _}",
         ['[0].ip: Invalid value: "lb": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
          "[0].hostname: Invalid value: \"_\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
          "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex "
          "used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"]),
        (LOCAL, "{hostname: 192.0.2.1}",
         ['[0].hostname: Invalid value: "192.0.2.1": must be a DNS name, not an IP address']),
        (LOCAL, "{hostname: a.b, ipMode: VIP}", ["[0].ipMode: Forbidden: may not be specified when `ip` is not set"]),
        (LOCAL, "{ip: 192.0.2.1, ipMode: Tunnel}",
         ['[0].ipMode: Unsupported value: "Tunnel": supported values: "Proxy", "VIP"']),
        (CLUSTER_IP, "{ip: 192.0.2.1, ipMode: VIP}",
         [": Forbidden: may only be used when `spec.type` is 'LoadBalancer'"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_status(before, ingress, wanted):
    old = stored(before)
    obj = old.deep_copy()
    obj.status = parse(Service, f"status: {{loadBalancer: {{ingress: [{ingress}]}}}}").status
    _, found = update_status(strategy(), obj, old)
    assert found == [f"status.loadBalancer.ingress{line}" for line in wanted]


def test_a_status_update_keeps_the_spec():
    old = stored(LOCAL)
    obj, found = update_status(strategy(), changed(old, type="ClusterIP"), old)
    assert found == [] and obj.spec == old.spec


# ---- warnings ----


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("{ports: [{port: 1}], trafficDistribution: PreferClose}",
         ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']),
        ("{clusterIP: None, sessionAffinity: ClientIP}", ["spec.SessionAffinity is ignored for headless services"]),
        ("{ports: [{port: 1}], externalName: a.b}",
         ['spec.externalName is ignored when spec.type is not "ExternalName"']),
        ("{type: LoadBalancer, ports: [{port: 1}], loadBalancerIP: 192.0.2.010}",
         ['spec.loadBalancerIP: non-standard IP address "192.0.2.010" will be considered invalid in a future '
          'Kubernetes release: use "192.0.2.10"']),
        ("{type: LoadBalancer, ports: [{port: 1}], loadBalancerSourceRanges: ['2001:DB8::/64']}",
         ['spec.loadBalancerSourceRanges[0]: IPv6 CIDR value "2001:DB8::/64" should be in RFC 5952 canonical format '
          '("2001:db8::/64")']),
    ],
)  # fmt: skip
def test_warnings(given, wanted):
    governed = strategy()
    obj, _ = create(governed, service(given))
    assert governed.warnings_on_create(obj) == wanted
