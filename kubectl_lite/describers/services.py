"""The text of `describe service`. Pure; `related` holds its EndpointSlices."""

from __future__ import annotations

from kubectl_lite.describers.common import NONE, Json, Text, selector

_POLICIES = (
    ("External Traffic Policy", "externalTrafficPolicy"),
    ("Internal Traffic Policy", "internalTrafficPolicy"),
    ("HealthCheck NodePort", "healthCheckNodePort"),
)


def describe(service: Json, slices: list[Json], events: list[Json] | None) -> str:
    """The Service with the endpoints of each port and its events."""
    out, spec = Text(), service["spec"]
    out.metadata(service)
    out(0, f"Selector:\t{selector(spec.get('selector'))}")
    out(0, f"Type:\t{spec.get('type')}")
    for title, value in _addresses(spec):
        out(0, f"{title}:\t{value}")
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
    if ingress:
        out(0, f"LoadBalancer Ingress:\t{', '.join(map(_ingress, ingress))}")
    for port in spec.get("ports") or ():
        _port(out, port, slices)
    out(0, f"Session Affinity:\t{spec.get('sessionAffinity')}")
    for title, key in _POLICIES:
        if spec.get(key):
            out(0, f"{title}:\t{spec[key]}")
    if spec.get("loadBalancerSourceRanges"):
        out(0, f"LoadBalancer Source Ranges:\t{','.join(spec['loadBalancerSourceRanges'])}")
    out.events(events)
    return out.done()


def _addresses(spec: Json) -> list[tuple[str, str]]:
    found = []
    if spec.get("ipFamilyPolicy"):
        found.append(("IP Family Policy", spec["ipFamilyPolicy"]))
    families = spec.get("ipFamilies")
    found.append(("IP Families", ",".join(families) if families else NONE))
    found.append(("IP", spec.get("clusterIP", "")))
    ips = spec.get("clusterIPs")
    found.append(("IPs", ",".join(ips) if ips else NONE))
    if spec.get("externalIPs"):
        found.append(("External IPs", ",".join(spec["externalIPs"])))
    if spec.get("externalName"):
        found.append(("External Name", spec["externalName"]))
    if spec.get("loadBalancerIP"):
        found.append(("Desired LoadBalancer IP", spec["loadBalancerIP"]))
    return found


def _ingress(ingress: Json) -> str:
    mode = f" ({ingress['ipMode']})" if ingress.get("ipMode") else ""
    return (ingress.get("ip") or ingress.get("hostname", "")) + mode


def _port(out: Text, port: Json, slices: list[Json]) -> None:
    name, protocol = port.get("name") or "<unset>", port.get("protocol", "TCP")
    out(0, f"Port:\t{name}\t{port['port']}/{protocol}")
    out(0, f"TargetPort:\t{port.get('targetPort', '')}/{protocol}")
    if port.get("nodePort"):
        out(0, f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    out(0, f"Endpoints:\t{endpoints(slices, port.get('name', ''))}")


def endpoints(slices: list[Json], port_name: str, most: int = 3) -> str:
    """`10.0.0.1:80,10.0.0.2:80 + 2 more...`: the ready addresses that serve a port."""
    if not slices:
        return NONE
    found = []
    for slice_ in slices:
        ports = [p.get("port") for p in slice_.get("ports") or () if (p.get("name") or "") == port_name]
        for endpoint in slice_.get("endpoints") or ():
            if (endpoint.get("conditions") or {}).get("ready", True):
                found += [f"{_bracketed(a)}:{p}" for p in ports for a in endpoint["addresses"]]
    more = f" + {len(found) - most} more..." if len(found) > most else ""
    return ",".join(found[:most]) + more


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
