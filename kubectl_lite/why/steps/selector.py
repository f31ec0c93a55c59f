"""From the selector to pods: labels that match nothing, workloads that make no pods, endpoints made by hand. Pure.

Called by `kubectl_lite.why.judge`. It calls `nearest` and `workloads`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from kubectl_lite.why import workloads
from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, ok
from kubectl_lite.why.nearest import nearest_labels
from kubectl_lite.why.objects import count, labels, name, regards, some

SELECTOR, WORKLOAD = "selector", "workload"
CHANGING = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")


def selector(facts: Facts) -> Iterator[Finding]:
    if not facts.selector:
        yield from _by_hand(facts)
    elif facts.selected:
        matched = some(map(name, facts.selected))
        yield ok(SELECTOR, f"{pairs(facts.selector)} matches {count(len(facts.selected), 'pod')}: {matched}")
    else:
        yield _nothing_matches(facts)


def pairs(of: Mapping[str, str], between: str = ",") -> str:
    """`app=web,tier=front`."""
    return between.join(f"{key}={value}" for key, value in of.items())


def _by_hand(facts: Facts) -> Iterator[Finding]:
    if any(True for _ in facts.endpoints()):
        yield ok(SELECTOR, "none: its endpoints are made by hand")
        return
    what = "it has no selector, and nobody has made endpoints for it"
    if meant := _by_name(facts):
        yield broken(SELECTOR, what, f"the pods here have {pairs(meant)}", _select(facts, meant))
        return
    found = json.dumps({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": facts.families[0],
        "metadata": {"name": f"{facts.name}-1", "labels": {"kubernetes.io/service-name": facts.name}},
        "ports": [{k: v for k, v in (("name", p.get("name") or ""), ("port", p["port"])) if v} for p in facts.ports],
        "endpoints": [{"addresses": ["ADDRESS"]}],
    })  # fmt: skip
    yield broken(SELECTOR, what, "", f"echo '{found}' | {facts.line('apply', '-f', '-')}")


def _select(facts: Facts, meant: Mapping[str, str]) -> str:
    """The command that gives the Service another selector."""
    changed: dict[str, str | None] = dict.fromkeys(key for key in facts.selector if key not in meant)
    return facts.patch(json.dumps({"selector": changed | dict(meant)}, separators=(",", ":")))


def _nothing_matches(facts: Facts) -> Finding:
    shown = pairs(facts.selector)
    if makers := workloads.of_selector(facts.workloads, facts.selector):
        return _makes_none(facts, makers[0])
    what = f"{shown} matches no pod in namespace {facts.namespace}"
    known = [own_labels(pod) for pod in facts.pods] + [workloads.template_labels(one) for one in facts.workloads]
    if near := nearest_labels(facts.selector, [one for one in known if one]):
        alike = [f"pod {name(pod)}" for pod in facts.pods if near.items() <= labels(pod).items()]
        alike = alike or [workloads.shown(one) for one in workloads.of_selector(facts.workloads, near)]
        return broken(SELECTOR, what, f"the nearest labels are {pairs(near)}, of {some(alike)}", _select(facts, near))
    if facts.matching_elsewhere:
        where = sorted({pod["metadata"]["namespace"] for pod in facts.matching_elsewhere})
        why = f"namespace {', '.join(where)} has such pods, but a Service sees those of its own namespace only"
        return broken(SELECTOR, what, why, _made_there(facts, where[0]))
    have = sorted({pairs({key: value}) for one in known for key, value in one.items()})
    why = f"the pods here have {some(have, 5)}" if have else "there is no pod here, and nothing that would make one"
    if meant := _by_name(facts):
        return broken(SELECTOR, what, why, _select(facts, meant))
    if not have:
        return broken(SELECTOR, what, why, facts.line("create", "deployment", facts.name, "--image=IMAGE"))
    words, look = facts.line("label", "pods", "NAME", pairs(facts.selector, " ")), facts.line("get pods --show-labels")
    return broken(SELECTOR, what, why, f"{words}; or change the selector: {look}")


def own_labels(pod: Json) -> dict[str, str]:
    """Without those that controllers add for themselves."""
    return {key: value for key, value in labels(pod).items() if key not in CHANGING}


def _by_name(facts: Facts) -> dict[str, str]:
    """The labels of the workload that is called as the Service is, or nearly; of the only one; else none."""
    by_name = {name(one): workloads.template_labels(one) for one in facts.workloads}
    near = get_close_matches(facts.name, by_name, 1)
    if near:
        return by_name[near[0]]
    return next(iter(by_name.values())) if len(by_name) == 1 else {}


def _made_there(facts: Facts, namespace: str) -> str:
    """The command that makes the same Service where the pods are."""
    kept = ("type", "selector", "sessionAffinity", "externalName")
    spec = {key: value for key, value in facts.spec.items() if key in kept}
    spec["ports"] = [{key: value for key, value in port.items() if key != "nodePort"} for port in facts.ports]
    made = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": facts.name, "namespace": namespace}}
    return f"echo '{json.dumps(made | {'spec': spec})}' | kubectl_lite apply -f -"


def _makes_none(facts: Facts, maker: Json) -> Finding:
    """The labels are right, but their workload has no pods."""
    shown, what = workloads.shown(maker), f"{workloads.shown(maker)} has no pods"
    describe = facts.line("describe", shown.replace("/", " "))
    if not workloads.wanted(maker) and maker["kind"] != "DaemonSet":
        return broken(WORKLOAD, f"{shown} is scaled to zero", "there is nobody to answer",
                      facts.line("scale", shown, "--replicas=1"))  # fmt: skip
    if workloads.is_unseen(maker):
        why = "its controller has not looked at it since it was changed"
        return broken(WORKLOAD, what, why, "see that the controllers run: lab status; lab logs controllers; lab up")
    if said := workloads.failure(maker) or _failed_create(facts, maker):
        return broken(WORKLOAD, f"{shown} cannot make its pods", said, _let_create(facts, said) or describe)
    if (maker.get("spec") or {}).get("paused"):
        return broken(WORKLOAD, f"{what}: it is paused", "", facts.line("rollout", "resume", shown))
    return broken(WORKLOAD, what, "its pods are still to be made, or fit no node", describe)


def _failed_create(facts: Facts, maker: Json) -> str:
    """The last event that says so, of the workload or of a ReplicaSet of it."""
    told = [e for e in facts.events if e.get("reason") == "FailedCreate" and (
        regards(e, maker["kind"], name(maker)) or (_about(e).startswith(f"{name(maker)}-")))]  # fmt: skip
    return told[-1].get("message", "") if told else ""


def _about(event: Json) -> str:
    return (event.get("involvedObject") or event.get("regarding") or {}).get("name", "")


def _let_create(facts: Facts, said: str) -> str:
    """Of `error looking up service account default/robot: serviceaccount "robot" not found`."""
    _, _, rest = said.partition('serviceaccount "')
    return facts.line("create", "serviceaccount", rest.partition('"')[0]) if rest else ""
