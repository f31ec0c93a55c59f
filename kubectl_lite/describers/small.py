"""The texts of the small kinds: namespaces, endpoints, configuration, accounts, roles. Pure; one function a kind."""

from __future__ import annotations

import base64

from kubectl_lite.describers.common import NONE, Json, Text, label_selector, time
from kubectl_lite.describers.policy_rules import rows

TOKEN = "kubernetes.io/service-account-token"


def namespace(obj: Json) -> str:
    out = Text()
    out.metadata(obj, namespace=False)
    out(0, f"Status:\t{obj.get('status', {}).get('phase', '')}")
    return out.done()


def endpoints(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj)
    out(0, "Subsets:")
    for subset in obj.get("subsets") or ():
        ready = ",".join(a["ip"] for a in subset.get("addresses") or ()) or NONE
        other = ",".join(a["ip"] for a in subset.get("notReadyAddresses") or ()) or NONE
        out(1, f"Addresses:\t{ready}")
        out(1, f"NotReadyAddresses:\t{other}")
        if subset.get("ports"):
            out(1, "Ports:")
            _ports(out, 2, subset["ports"])
        out(0)
    out.events(events)
    return out.done()


def _ports(out: Text, level: int, ports: list[Json]) -> None:
    out(level, "Name\tPort\tProtocol")
    out(level, "----\t----\t--------")
    for port in ports:
        number = port.get("port")
        name = port.get("name") or "<unset>"
        out(level, f"{name}\t{'<unset>' if number is None else number}\t{port.get('protocol', 'TCP')}")


def endpoint_slice(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj)
    out(0, f"AddressType:\t{obj['addressType']}")
    if obj.get("ports"):
        out(0, "Ports:")
        _ports(out, 1, obj["ports"])
    else:
        out(0, "Ports: <unset>")
    if not obj.get("endpoints"):
        out(0, f"Endpoints: {NONE}")
    else:
        out(0, "Endpoints:")
        for endpoint in obj["endpoints"]:
            _endpoint(out, endpoint)
    out.events(events)
    return out.done()


def _endpoint(out: Text, e: Json) -> None:
    ready = (e.get("conditions") or {}).get("ready")
    target = e.get("targetRef")
    out(1, f"- Addresses:\t{','.join(e['addresses'])}")
    out(2, "Conditions:")
    out(3, f"Ready:\t{'<unset>' if ready is None else str(ready).lower()}")
    out(2, f"Hostname:\t{e.get('hostname') or '<unset>'}")
    if target:
        out(2, f"TargetRef:\t{target['kind']}/{target['name']}")
    out(2, f"NodeName:\t{e.get('nodeName') or '<unset>'}")
    out(2, f"Zone:\t{e.get('zone') or '<unset>'}")


def config_map(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj)
    out(0, "\nData\n====")
    for key, value in sorted((obj.get("data") or {}).items()):
        out(0, f"{key}:\n----\n{value}\n")
    out(0, "\nBinaryData\n====")
    for key, value in sorted((obj.get("binaryData") or {}).items()):
        out(0, f"{key}: {len(base64.b64decode(value))} bytes")
    out(0)
    out.events(events)
    return out.done()


def secret(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj)
    out(0, f"\nType:\t{obj.get('type', '')}")
    out(0, "\nData\n====")
    for key, value in sorted((obj.get("data") or {}).items()):
        data = base64.b64decode(value)
        is_token = key == "token" and obj.get("type") == TOKEN
        out(0, f"{key}:\t{data.decode()}" if is_token else f"{key}:\t{len(data)} bytes")
    return out.done()


def service_account(obj: Json, secrets: list[Json] | None, events: list[Json] | None) -> str:
    """The account with the secrets that it names, and the tokens made for it; `secrets` is None when unknown."""
    out, meta = Text(), obj["metadata"]
    out.metadata(obj)
    known = None if secrets is None else {s["metadata"]["name"] for s in secrets}
    for title, key in (("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")):
        names = [s.get("name", "") for s in obj.get(key) or ()]
        out.pairs(title, [n if known is None or n in known else f"{n} (not found)" for n in names])
    out.pairs("Tokens", [s["metadata"]["name"] for s in secrets or () if _is_token_of(s, meta)])
    out.events(events)
    return out.done()


def _is_token_of(secret: Json, account: Json) -> bool:
    told = secret["metadata"].get("annotations") or {}
    whose = tuple(told.get(f"kubernetes.io/service-account.{key}") for key in ("name", "uid"))
    return secret.get("type") == TOKEN and whose == (account["name"], account["uid"])


def role(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj, namespace=False)
    out(0, "PolicyRule:")
    out(1, "Resources\tNon-Resource URLs\tResource Names\tVerbs")
    out(1, "---------\t-----------------\t--------------\t-----")
    for row in rows(obj.get("rules") or ()):
        out(1, "\t".join(row))
    return out.done()


def disruption_budget(obj: Json, events: list[Json] | None) -> str:
    out, spec, status = Text(), obj["spec"], obj.get("status") or {}
    out(0, f"Name:\t{obj['metadata']['name']}")
    out(0, f"Namespace:\t{obj['metadata']['namespace']}")
    for title, key in (("Min available", "minAvailable"), ("Max unavailable", "maxUnavailable")):
        if key in spec:
            out(0, f"{title}:\t{spec[key]}")
    out(0, f"Selector:\t{label_selector(spec['selector']) if 'selector' in spec else '<unset>'}")
    out(0, "Status:")
    for title, key in (("Allowed disruptions", "disruptionsAllowed"), ("Current", "currentHealthy"),
                       ("Desired", "desiredHealthy"), ("Total", "expectedPods")):  # fmt: skip
        out(2, f"{title}:\t{status.get(key, 0)}")
    out.events(events)
    return out.done()


def ip_address(obj: Json, events: list[Json] | None) -> str:
    out, parent = Text(), obj["spec"].get("parentRef") or {}
    out.metadata(obj, namespace=False)
    out(0, "Parent Reference:")
    out(1, f"Group:\t{parent.get('group', '')}")
    out(1, f"Resource:\t{parent.get('resource', '')}")
    if parent.get("namespace"):
        out(1, f"Namespace:\t{parent['namespace']}")
    out(1, f"Name:\t{parent.get('name', '')}")
    out.events(events)
    return out.done()


def service_cidr(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj, namespace=False)
    out(0, f"CIDRs:\t{', '.join(obj['spec'].get('cidrs') or ())}")
    conditions = (obj.get("status") or {}).get("conditions")
    if conditions:
        out(0, "Status:")
        out(0, "Conditions:")
        out(1, "Type\tStatus\tLastTransitionTime\tReason\tMessage")
        out(1, "----\t------\t------------------\t------\t-------")
        for c in conditions:
            out(1, "\t".join((c["type"], c["status"], time(c.get("lastTransitionTime")), c.get("reason", ""),
                              c.get("message", ""))))  # fmt: skip
    out.events(events)
    return out.done()


def role_binding(obj: Json, events: list[Json] | None) -> str:
    out = Text()
    out.metadata(obj, namespace=False)
    out(0, "Role:")
    out(1, f"Kind:\t{obj['roleRef']['kind']}")
    out(1, f"Name:\t{obj['roleRef']['name']}")
    out(0, "Subjects:")
    out(1, "Kind\tName\tNamespace")
    out(1, "----\t----\t---------")
    for subject in obj.get("subjects") or ():
        out(1, f"{subject['kind']}\t{subject['name']}\t{subject.get('namespace', '')}")
    return out.done()
