"""The cluster's zone: a question in, records out. Pure: this is the Kubernetes DNS specification, and nothing else.

Called by `cluster_dns.responder` for every question that is not in its cache; holds the Services and slices that
`cluster_dns.cluster` puts in. Forwarding, packets and caching are left out.

An answer says on what it depends, so that one changed endpoint invalidates one Service's names and no other:

    question                                depends on
    myapp.default.svc.cluster.local         svc/default/myapp
    default.svc.cluster.local               ns/default
    1.0.96.10.in-addr.arpa                  ip/10.96.0.1
    dns-version.cluster.local               (nothing)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from cluster_dns.records import (
    Port,
    Record,
    ServiceInfo,
    SliceInfo,
    address_of_reverse,
    address_type,
    is_address,
    pod_address,
    unique,
)

NOERROR, NXDOMAIN = "NOERROR", "NXDOMAIN"
SCHEMA_VERSION = "1.1.0"
TTL = 5
"""Seconds. Short, as in CoreDNS, so that clients follow changes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the zone says to one question. `chase` is a name outside the zone that the forwarder should resolve."""

    rcode: str
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    depends: str = ""
    chase: str = ""


class Zone:
    """Services and slices by name, and what follows from them. `serial` counts changes; it is the SOA's serial."""

    def __init__(self, domain: str = "cluster.local", dns_ips: tuple[str, ...] = ()):
        self.domain = domain.strip(".").lower() + "."
        self.serial = 1
        self._dns_ips = dns_ips
        self._labels = self.domain.rstrip(".").split(".")
        self._services: dict[tuple[str, str], ServiceInfo] = {}
        self._slices: dict[tuple[str, str], dict[str, SliceInfo]] = defaultdict(dict)
        self._by_ip: dict[str, dict[str, None]] = defaultdict(dict)  # address -> the names it has, in order
        self._namespaces: set[str] = set()

    # ---- changes: each returns what answers may no longer be kept ----

    def set_service(self, service: ServiceInfo) -> set[str]:
        """Adds or replaces a Service."""
        stale = self.delete_service(service.namespace, service.name)
        self._services[service.namespace, service.name] = service
        return stale | self._index(service.cluster_ips, self._service_name(service))

    def delete_service(self, namespace: str, name: str) -> set[str]:
        self.serial += 1
        stale = {f"svc/{namespace}/{name}"}
        old = self._services.pop((namespace, name), None)
        if old:
            stale |= self._unindex(old.cluster_ips, self._service_name(old))
        return stale

    def set_slice(self, slice_: SliceInfo) -> set[str]:
        """Adds or replaces a slice of a Service."""
        stale = self.delete_slice(slice_.namespace, slice_.service, slice_.name)
        self._slices[slice_.namespace, slice_.service][slice_.name] = slice_
        for endpoint in slice_.endpoints:
            stale |= self._index((endpoint.address,), self._endpoint_name(slice_, endpoint.hostname))
        return stale

    def delete_slice(self, namespace: str, service: str, name: str) -> set[str]:
        self.serial += 1
        stale = {f"svc/{namespace}/{service}"}
        slices = self._slices.get((namespace, service), {})
        old = slices.pop(name, None)
        if not slices:
            self._slices.pop((namespace, service), None)
        for endpoint in old.endpoints if old else ():
            stale |= self._unindex((endpoint.address,), self._endpoint_name(old, endpoint.hostname))
        return stale

    def set_namespace(self, name: str, present: bool) -> set[str]:
        self.serial += 1
        (self._namespaces.add if present else self._namespaces.discard)(name)
        return {f"ns/{name}"}

    def _index(self, addresses: tuple[str, ...], name: str) -> set[str]:
        for address in addresses:
            self._by_ip[address][name] = None
        return {f"ip/{address}" for address in addresses}

    def _unindex(self, addresses: tuple[str, ...], name: str) -> set[str]:
        for address in addresses:
            names = self._by_ip.get(address, {})
            names.pop(name, None)
            if not names:
                self._by_ip.pop(address, None)
        return {f"ip/{address}" for address in addresses}

    def _service_name(self, service: ServiceInfo) -> str:
        return f"{service.name}.{service.namespace}.svc.{self.domain}"

    def _endpoint_name(self, slice_: SliceInfo, hostname: str) -> str:
        return f"{hostname}.{slice_.service}.{slice_.namespace}.svc.{self.domain}"

    # ---- questions ----

    def owns(self, name: str) -> bool:
        """Whether the name is of the cluster's domain."""
        return name == self.domain or name.endswith("." + self.domain)

    def resolve(self, name: str, type_: str) -> Answer | None:
        """The answer to a question (name absolute and in lower case); None when it is not ours to answer."""
        if name.endswith((".in-addr.arpa.", ".ip6.arpa.")):
            return self._reverse(name, type_)
        if not self.owns(name):
            return None
        labels = name.rstrip(".").split(".")[: -len(self._labels)]
        match labels:
            case []:
                return self._apex(name, type_)
            case ["dns-version"]:
                return self._found(name, type_, (Record(name, TTL, "TXT", f'"{SCHEMA_VERSION}"'),), "")
            case ["dns"]:
                return self._no_data("")
            case ["ns", "dns"]:
                return self._found(name, type_, self._name_server(name), "")
            case ["svc"] | ["pod"]:
                return self._no_data("")
            case [namespace, "svc"] | [namespace, "pod"]:
                there = namespace in self._namespaces
                return self._no_data(f"ns/{namespace}") if there else self._no_such_name(f"ns/{namespace}")
            case [address, namespace, "pod"]:
                return self._pod(name, type_, address, namespace)
            case [service, namespace, "svc"]:
                return self._service(name, type_, service, namespace)
            case [hostname, service, namespace, "svc"] if not hostname.startswith("_"):
                return self._endpoint(name, type_, hostname, service, namespace)
            case [protocol, service, namespace, "svc"]:
                return self._protocol(protocol, service, namespace)
            case [port, protocol, service, namespace, "svc"] if port[0] == protocol[0] == "_":
                return self._port(name, type_, port[1:], protocol[1:], service, namespace)
        return self._no_such_name("")

    # ---- one function a form of name ----

    def _apex(self, name: str, type_: str) -> Answer:
        records = (*self._soa(), Record(name, TTL, "NS", f"ns.dns.{self.domain}"))
        return self._found(name, type_, records, "")

    def _name_server(self, name: str) -> tuple[Record, ...]:
        return tuple(Record(name, TTL, address_type(ip), ip) for ip in self._dns_ips)

    def _pod(self, name: str, type_: str, label: str, namespace: str) -> Answer:
        depends, address = f"ns/{namespace}", pod_address(label)
        if namespace not in self._namespaces or address is None:
            return self._no_such_name(depends)
        return self._found(name, type_, (Record(name, TTL, address_type(address), address),), depends)

    def _service(self, name: str, type_: str, service: str, namespace: str) -> Answer:
        depends, info = f"svc/{namespace}/{service}", self._services.get((namespace, service))
        if info is None:
            return self._no_such_name(depends)
        if info.external_name:
            return self._external(name, info.external_name, depends)
        addresses = unique(self._addresses(name, info))
        if info.headless and not addresses:
            return self._no_such_name(depends)  # nothing answers to the name now, as in CoreDNS
        records = addresses + (self._srv(name, info, self._ports(info)) if type_ in ("SRV", "ANY") else ())
        return self._found(name, type_, records, depends, info)

    def _addresses(self, name: str, info: ServiceInfo) -> Iterator[Record]:
        """The virtual addresses, or those of all endpoints of a headless Service."""
        for ip in info.cluster_ips:
            yield Record(name, TTL, address_type(ip), ip)
        if info.headless:
            for slice_ in self._slices_of(info):
                for endpoint in slice_.endpoints:
                    yield Record(name, TTL, address_type(endpoint.address), endpoint.address)

    def _endpoint(self, name: str, type_: str, hostname: str, service: str, namespace: str) -> Answer:
        """One endpoint's own name: the specification's for headless Services, CoreDNS' for those with a cluster IP."""
        depends, info = f"svc/{namespace}/{service}", self._services.get((namespace, service))
        if info is None:
            return self._no_such_name(depends)
        found = unique(
            Record(name, TTL, address_type(e.address), e.address)
            for slice_ in self._slices_of(info)
            for e in slice_.endpoints
            if e.hostname == hostname
        )
        return self._found(name, type_, found, depends) if found else self._no_such_name(depends)

    def _protocol(self, protocol: str, service: str, namespace: str) -> Answer:
        """`_tcp.myapp.default.svc`: there are names below it, but no records of its own."""
        depends, info = f"svc/{namespace}/{service}", self._services.get((namespace, service))
        there = info and any(port.protocol == protocol[1:] and port.name for port in self._ports(info))
        return self._no_data(depends) if there else self._no_such_name(depends)

    def _port(self, name: str, type_: str, port: str, protocol: str, service: str, namespace: str) -> Answer:
        depends, info = f"svc/{namespace}/{service}", self._services.get((namespace, service))
        if info is None:
            return self._no_such_name(depends)
        if info.external_name:
            return self._external(name, info.external_name, depends)
        ports = [p for p in self._ports(info) if (p.name, p.protocol) == (port, protocol)]
        records = self._srv(name, info, ports)
        return self._found(name, type_, records, depends, info) if records else self._no_such_name(depends)

    def _external(self, name: str, target: str, depends: str) -> Answer:
        if is_address(target):
            return self._no_such_name(depends)  # an address is no name that a CNAME could give
        target = target.rstrip(".").lower() + "."
        return Answer(NOERROR, (Record(name, TTL, "CNAME", target),), depends=depends, chase=target)

    def _reverse(self, name: str, type_: str) -> Answer | None:
        address = address_of_reverse(name)
        names = self._by_ip.get(address, {}) if address else {}
        if not names:
            return None
        return self._found(name, type_, tuple(Record(name, TTL, "PTR", n) for n in names), f"ip/{address}")

    # ---- pieces ----

    def _slices_of(self, info: ServiceInfo) -> list[SliceInfo]:
        slices = self._slices.get((info.namespace, info.name), {})
        return [slices[name] for name in sorted(slices)]

    def _ports(self, info: ServiceInfo) -> list[Port]:
        """The ports by which the Service is reached: its own, or for a headless one those of its endpoints."""
        if not info.headless:
            return list(info.ports)
        return list(dict.fromkeys(port for slice_ in self._slices_of(info) for port in slice_.ports))

    def _srv(self, name: str, info: ServiceInfo, ports: list[Port]) -> tuple[Record, ...]:
        """One SRV for each port and target; the weight is shared among the targets."""
        if not info.headless:
            targets = [(port, self._service_name(info)) for port in ports if info.cluster_ips]
        else:
            targets = list(
                dict.fromkeys(
                    (port, self._endpoint_name(slice_, endpoint.hostname))
                    for slice_ in self._slices_of(info)
                    for port in slice_.ports
                    if port in ports
                    for endpoint in slice_.endpoints
                )
            )
        weight = 100 // len(targets) if targets else 0
        return tuple(Record(name, TTL, "SRV", f"0 {max(weight, 1)} {p.port} {target}") for p, target in targets)

    def _found(
        self, name: str, type_: str, records: tuple[Record, ...], depends: str, info: ServiceInfo | None = None
    ) -> Answer:
        """Those records that were asked for; NODATA when the name has only others."""
        wanted = tuple(r for r in records if type_ in (r.type, "ANY"))
        if not wanted:
            return self._no_data(depends)
        additional = unique(self._glue(wanted, info)) if info and any(r.type == "SRV" for r in wanted) else ()
        return Answer(NOERROR, wanted, additional=additional, depends=depends)

    def _glue(self, wanted: tuple[Record, ...], info: ServiceInfo) -> Iterator[Record]:
        """The addresses of the SRV records' targets, so that nobody must ask again."""
        targets = {r.data.rsplit(" ", 1)[1] for r in wanted if r.type == "SRV"}
        for ip in info.cluster_ips:
            yield Record(self._service_name(info), TTL, address_type(ip), ip)
        for slice_ in self._slices_of(info) if info.headless else ():
            for endpoint in slice_.endpoints:
                name = self._endpoint_name(slice_, endpoint.hostname)
                if name in targets:
                    yield Record(name, TTL, address_type(endpoint.address), endpoint.address)

    def _no_data(self, depends: str) -> Answer:
        return Answer(NOERROR, authority=self._soa(), depends=depends)

    def _no_such_name(self, depends: str) -> Answer:
        return Answer(NXDOMAIN, authority=self._soa(), depends=depends)

    def _soa(self) -> tuple[Record, ...]:
        data = f"ns.dns.{self.domain} hostmaster.{self.domain} {self.serial} 7200 1800 86400 {TTL}"
        return (Record(self.domain, TTL, "SOA", data),)
