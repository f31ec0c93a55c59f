"""Two IP families at once: addresses for nodes, pods, Services and DNS, and packets to each of them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster, wait_for

pytestmark = [pytest.mark.root, pytest.mark.timeout(600)]

DOMAIN = "default.svc.cluster.local"
AGNHOST = "registry.k8s.io/e2e-test-images/agnhost"
ASKER = {
    "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "asker"},
    "spec": {"containers": [{"name": "asker", "image": AGNHOST, "args": ["pause"]}]},
}  # fmt: skip
WEB = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "whoami"},
    "spec": {
        "replicas": 3, "selector": {"matchLabels": {"app": "whoami"}},
        "template": {
            "metadata": {"labels": {"app": "whoami"}},
            "spec": {"containers": [{
                "name": "whoami", "image": AGNHOST,
                "args": ["netexec", "--http-port=8080"],
                "readinessProbe": {"httpGet": {"path": "/hostname", "port": 8080}, "periodSeconds": 1},
            }]},
        },
    },
}  # fmt: skip


def service(name: str, **spec: object) -> dict:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    whole = {"selector": {"app": "whoami"}, "ports": ports, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": whole}


SERVICES = [
    service("single"),
    service("dual", ipFamilyPolicy="PreferDualStack", type="LoadBalancer"),
    service("six-first", ipFamilyPolicy="RequireDualStack", ipFamilies=["IPv6", "IPv4"]),
    service("six", ipFamilyPolicy="SingleStack", ipFamilies=["IPv6"]),
    service("headless", ipFamilyPolicy="PreferDualStack", clusterIP="None"),
    service("direct", ipFamilyPolicy="PreferDualStack", type="LoadBalancer", externalTrafficPolicy="Local"),
]


@pytest.fixture
def whoami(either: Cluster) -> Iterator[Cluster]:
    """Three pods and Services of all kinds before them."""
    items = {"apiVersion": "v1", "kind": "List", "items": [ASKER, WEB, *SERVICES]}
    either.kubectl("apply", "-f", "-", input=json.dumps(items))
    wait_for("three pods", lambda: len(either.pods("app=whoami")) == 3, 120)
    yield either
    either.kubectl("delete", "deployments,services,pods", "--all", "--wait=false")
    wait_for("no pods", lambda: not either.get("pods")["items"], 120)


def test_two_families(whoami: Cluster) -> None:
    cluster = whoami
    nodes_and_pods_have_both(cluster)
    services = with_balancers(cluster)
    dns_speaks_both(cluster, services)
    addresses_answer(cluster, services)
    ports_of_nodes_answer(cluster, services["dual"])
    balancers_answer(cluster, services)


def families(addresses: list[str]) -> list[str]:
    return ["IPv6" if ":" in address else "IPv4" for address in addresses]


def own_addresses(node: dict) -> list[str]:
    return [one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP"]


def ingress(service: dict) -> list[str]:
    return [one["ip"] for one in service["status"]["loadBalancer"].get("ingress", ())]


def nodes_and_pods_have_both(cluster: Cluster) -> None:
    for node in cluster.get("nodes")["items"]:
        assert families(own_addresses(node)) == ["IPv4", "IPv6"]
        assert families(node["spec"]["podCIDRs"]) == ["IPv4", "IPv6"]
    for pod in cluster.get("pods", "-l", "app=whoami")["items"]:
        assert families([one["ip"] for one in pod["status"]["podIPs"]]) == ["IPv4", "IPv6"]
    slices = cluster.get("endpointslices", "-l", "kubernetes.io/service-name=dual")["items"]
    assert sorted(one["addressType"] for one in slices) == ["IPv4", "IPv6"]


def with_balancers(cluster: Cluster) -> dict[str, dict]:
    """The Services by name, when those that want balancers have them."""

    def found() -> dict[str, dict] | None:
        services = {one["metadata"]["name"]: one for one in cluster.get("services")["items"]}
        return services if all(ingress(services[name]) for name in ("dual", "direct")) else None

    services = wait_for("EXTERNAL-IP of both load balancers", found)
    both, six_first = ["IPv4", "IPv6"], ["IPv6", "IPv4"]
    expected = {"single": ["IPv4"], "dual": both, "six-first": six_first, "six": ["IPv6"], "direct": both}
    assert {name: families(services[name]["spec"]["clusterIPs"]) for name in expected} == expected
    assert families(ingress(services["dual"])) == families(ingress(services["direct"])) == both
    return services


def dns_speaks_both(cluster: Cluster, services: dict[str, dict]) -> None:
    """The same answers whether the question goes over IPv4 or IPv6."""
    servers = cluster.get("-n", "kube-system", "service", "kube-dns")["spec"]["clusterIPs"]
    assert servers == ["10.96.0.10", "fd00:10:96::a"]
    addresses = {name: services[name]["spec"]["clusterIPs"] for name in ("single", "dual", "six-first", "six")}
    pods = cluster.get("pods", "-l", "app=whoami")["items"]
    addresses["headless"] = [one["ip"] for pod in pods for one in pod["status"]["podIPs"]]
    expected = {f"{name}.{DOMAIN}. 5 IN {'AAAA' if ':' in address else 'A'} {address}"
                for name, of_name in addresses.items() for address in of_name}  # fmt: skip
    questions = [word for name in addresses for type_ in ("A", "AAAA") for word in (f"{name}.{DOMAIN}", type_)]
    for server in servers:
        wait_for(f"{server}: {expected}", lambda s=server: dig(cluster, s, *questions) == expected)
    six = addresses["six"][0]
    assert cluster.node("dig", "+short", f"@{servers[1]}", "-x", six) == f"six.{DOMAIN}.\n"


def dig(cluster: Cluster, server: str, *questions: str) -> set[str]:
    """Answers as zone-file lines."""
    answered = cluster.node("dig", f"@{server}", "+noall", "+answer", *questions, check=False)
    return {" ".join(line.split()) for line in answered.splitlines()}


def fetch(cluster: Cluster, machine: str, *hosts: str, path: str = "/hostname", port: int = 80) -> list[str]:
    """What each answers. Waits until all do: proxies and balancers follow the API server in their own time."""
    urls = [f"http://{f'[{host}]' if ':' in host else host}:{port}{path}" for host in hosts]
    script = f'for url in {" ".join(urls)}; do curl -gsf --max-time 5 "$url" || exit 1; echo; done'

    def answered() -> list[str] | None:
        done = cluster.lab("exec", machine, "--", "sh", "-c", script, check=False)
        return done.stdout.split() if done.returncode == 0 else None

    return wait_for(f"{machine} asks {urls}", answered)


def addresses_answer(cluster: Cluster, services: dict[str, dict]) -> None:
    """From a node and from a pod, which is seen with its own address."""
    addresses = [a for name in ("single", "dual", "six-first", "six") for a in services[name]["spec"]["clusterIPs"]]
    fetch(cluster, "node1", *addresses)
    four, six = (one["ip"] for one in cluster.get("pod", "asker")["status"]["podIPs"])
    for address, seen in zip(addresses, fetch(cluster, "asker", *addresses, path="/clientip"), strict=True):
        assert seen.lstrip("[").startswith(six if ":" in address else f"{four}:"), f"{address}: {seen}"
    fetch(cluster, "asker", "dual", f"dual.{DOMAIN}")


def ports_of_nodes_answer(cluster: Cluster, service: dict) -> None:
    """Every node, at its address of each family."""
    addresses = [address for node in cluster.get("nodes")["items"] for address in own_addresses(node)]
    fetch(cluster, "client", *addresses, port=service["spec"]["ports"][0]["nodePort"])


def balancers_answer(cluster: Cluster, services: dict[str, dict]) -> None:
    """With `externalTrafficPolicy: Local` the pod sees the client, else it does not."""
    for name in ("dual", "direct"):
        addresses = ingress(services[name])
        for address, seen in zip(addresses, fetch(cluster, "client", *addresses, path="/clientip"), strict=True):
            client = "fd00:77::64" if ":" in address else "192.168.77.100"
            assert (client in seen) is (name == "direct"), f"{name} {address}: {seen}"
