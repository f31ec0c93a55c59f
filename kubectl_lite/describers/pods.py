"""The text of `describe pod`, and of a pod template inside a workload. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.describers.common import NONE, Json, Text, time


def describe(pod: Json, events: list[Json] | None) -> str:
    """The pod with its containers, their states, volumes, tolerations and events."""
    out, spec, status, meta = Text(), pod["spec"], pod.get("status", {}), pod["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Namespace:\t{meta.get('namespace', '')}")
    out(0, f"Priority:\t{spec.get('priority', 0)}")
    if spec.get("serviceAccountName"):
        out(0, f"Service Account:\t{spec['serviceAccountName']}")
    node = spec.get("nodeName")
    out(0, f"Node:\t{node}/{status.get('hostIP', '')}" if node else f"Node:\t{NONE}")
    if status.get("startTime"):
        out(0, f"Start Time:\t{time(status['startTime'])}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))
    _phase(out, pod)
    ips = [ip["ip"] for ip in status.get("podIPs") or ()]
    out(0, f"IP:\t{status.get('podIP', '')}")
    out(0, "IPs:")
    for ip in ips:
        out(1, f"IP:\t{ip}")
    if not ips:
        out.lines[-1] = f"IPs:\t{NONE}"
    out.controlled_by(pod)
    _containers(out, "Init Containers", spec.get("initContainers"), status.get("initContainerStatuses"), 0)
    _containers(out, "Containers", spec.get("containers"), status.get("containerStatuses"), 0)
    _conditions(out, status.get("conditions") or [])
    _volumes(out, spec.get("volumes"), 0)
    _scheduling(out, spec)
    out.events(events)
    return out.done()


def _phase(out: Text, pod: Json) -> None:
    meta, status = pod["metadata"], pod.get("status", {})
    if meta.get("deletionTimestamp"):
        out(0, f"Status:\tTerminating (lasts {out.age(meta['deletionTimestamp'])})")
        out(0, f"Termination Grace Period:\t{meta.get('deletionGracePeriodSeconds', 0)}s")
    else:
        out(0, f"Status:\t{status.get('phase', '')}")
    for title in ("Reason", "Message"):
        if status.get(title.lower()):
            out(0, f"{title}:\t{status[title.lower()]}")


def template(out: Text, given: Json) -> None:
    """`Pod Template:` of a Deployment and its like."""
    meta, spec = given.get("metadata") or {}, given["spec"]
    out(0, "Pod Template:")
    out.labels("  Labels", meta.get("labels"))
    if meta.get("annotations"):
        out.annotations(meta["annotations"], 1)
    if spec.get("serviceAccountName"):
        out(1, f"Service Account:\t{spec['serviceAccountName']}")
    _containers(out, "Init Containers", spec.get("initContainers"), None, 1)
    _containers(out, "Containers", spec.get("containers"), None, 1)
    _volumes(out, spec.get("volumes"), 1)
    if spec.get("priorityClassName"):
        out(1, f"Priority Class Name:\t{spec['priorityClassName']}")
    _node_selectors(out, spec, 1)
    _tolerations(out, spec.get("tolerations"), 1)


def _containers(out: Text, title: str, containers: list[Json] | None, statuses: list[Json] | None, level: int) -> None:
    if not containers:
        return
    by_name = {s["name"]: s for s in statuses or ()}
    out(level, f"{title}:")
    for container in containers:
        out(1, _indented(container["name"], level))
        _container(out, container, by_name.get(container["name"]), 2)


def _indented(name: str, level: int) -> str:
    """The name of a container or volume: in a template it stands one blank further in, its fields do not."""
    return f"{' ' if level else ''}{name}:"


def _container(out: Text, c: Json, status: Json | None, level: int) -> None:
    if status:
        out(level, f"Container ID:\t{status.get('containerID', '')}")
    out(level, f"Image:\t{c.get('image', '')}")
    if status:
        out(level, f"Image ID:\t{status.get('imageID', '')}")
    ports = c.get("ports") or ()
    for title, key in (("Port", "containerPort"), ("Host Port", "hostPort")):
        shown = ", ".join(f"{p.get(key, 0)}/{p.get('protocol', 'TCP')}" for p in ports) or NONE
        out(level, f"{title}{'s' if len(ports) > 1 else ''}:\t{shown}")
    for title in ("command", "args"):
        if c.get(title):
            out(level, f"{title.capitalize()}:")
            for word in c[title]:
                out(level + 1, word)
    if status:
        for line in _state("State", status.get("state")):
            out(level, line)
        if status.get("lastState"):
            for line in _state("Last State", status["lastState"]):
                out(level, line)
        out(level, f"Ready:\t{status.get('ready', False)}")
        out(level, f"Restart Count:\t{status.get('restartCount', 0)}")
    _resources(out, c.get("resources") or {}, level)
    for title in ("liveness", "readiness", "startup"):
        if c.get(f"{title}Probe"):
            out(level, f"{title.capitalize()}:\t{_probe(c[f'{title}Probe'])}")
    _environment(out, c, level)
    mounts = c.get("volumeMounts")
    out(level, f"Mounts:{'' if mounts else chr(9) + NONE}")
    for m in sorted(mounts or (), key=lambda m: m["mountPath"]):
        flags = "ro" if m.get("readOnly") else "rw"
        path = f',path="{m["subPath"]}"' if m.get("subPath") else ""
        out(level + 1, f"{m['mountPath']} from {m['name']} ({flags}{path})")


def _state(title: str, state: Json | None) -> Iterator[str]:
    state = state or {}
    if "running" in state:
        yield f"{title}:\tRunning"
        yield f"  Started:\t{time(state['running'].get('startedAt'))}"
    elif "waiting" in state:
        yield f"{title}:\tWaiting"
        if state["waiting"].get("reason"):
            yield f"  Reason:\t{state['waiting']['reason']}"
    elif "terminated" in state:
        end = state["terminated"]
        yield f"{title}:\tTerminated"
        for name in ("reason", "message"):
            if end.get(name):
                yield f"  {name.capitalize()}:\t{end[name]}"
        yield f"  Exit Code:\t{end.get('exitCode', 0)}"
        if end.get("signal"):
            yield f"  Signal:\t{end['signal']}"
        yield f"  Started:\t{time(end.get('startedAt'))}"
        yield f"  Finished:\t{time(end.get('finishedAt'))}"
    else:
        yield f"{title}:\tWaiting"


def _resources(out: Text, resources: Json, level: int) -> None:
    for title in ("limits", "requests"):
        if resources.get(title):
            out(level, f"{title.capitalize()}:")
            for name, quantity in sorted(resources[title].items()):
                out(level + 1, f"{name}:\t{quantity}")


def _probe(p: Json) -> str:
    timing = (
        f"delay={p.get('initialDelaySeconds', 0)}s timeout={p.get('timeoutSeconds', 1)}s "
        f"period={p.get('periodSeconds', 10)}s #success={p.get('successThreshold', 1)} "
        f"#failure={p.get('failureThreshold', 3)}"
    )
    if "exec" in p:
        return f"exec [{' '.join(p['exec'].get('command') or ())}] {timing}"
    if "httpGet" in p:
        h = p["httpGet"]
        url = f"{h.get('scheme', 'HTTP').lower()}://{h.get('host', '')}:{h['port']}{h.get('path', '')}"
        return f"http-get {url} {timing}"
    if "tcpSocket" in p:
        return f"tcp-socket {p['tcpSocket'].get('host', '')}:{p['tcpSocket']['port']} {timing}"
    if "grpc" in p:
        return f"grpc <pod>:{p['grpc']['port']} {p['grpc'].get('service') or ''} {timing}"
    return f"unknown {timing}"


def _environment(out: Text, c: Json, level: int) -> None:
    if c.get("envFrom"):
        out(level, "Environment Variables from:")
        for e in c["envFrom"]:
            kind, ref = ("ConfigMap", e["configMapRef"]) if "configMapRef" in e else ("Secret", e.get("secretRef", {}))
            out(level + 1, f"{ref.get('name')}\t{kind}\tOptional: {str(ref.get('optional', False)).lower()}")
    out(level, f"Environment:{'' if c.get('env') else chr(9) + NONE}")
    for e in c.get("env") or ():
        out(level + 1, f"{e['name']}:\t{_env_value(e)}")


def _env_value(e: Json) -> str:
    source = e.get("valueFrom") or {}
    if "fieldRef" in source:
        return f" ({source['fieldRef'].get('apiVersion', 'v1')}:{source['fieldRef']['fieldPath']})"
    if "resourceFieldRef" in source:
        return f" ({source['resourceFieldRef']['resource']})"
    for key, title in (("secretKeyRef", "secret"), ("configMapKeyRef", "config map")):
        if key in source:
            ref = source[key]
            optional = str(ref.get("optional", False)).lower()
            return f"<set to the key '{ref['key']}' of {title} '{ref.get('name')}'>\tOptional: {optional}"
    return e.get("value", "")


def _volumes(out: Text, volumes: list[Json] | None, level: int) -> None:
    out(level, f"Volumes:{'' if volumes else chr(9) + NONE}")
    for volume in volumes or ():
        out(1, _indented(volume["name"], level))
        for line in _volume(volume):
            out(2, line)


def _volume(volume: Json) -> Iterator[str]:
    if "emptyDir" in volume:
        yield "Type:\tEmptyDir (a temporary directory that shares a pod's lifetime)"
        yield f"Medium:\t{volume['emptyDir'].get('medium', '')}"
        yield f"SizeLimit:\t{volume['emptyDir'].get('sizeLimit', '<unset>')}"
    elif "configMap" in volume:
        yield "Type:\tConfigMap (a volume populated by a ConfigMap)"
        yield f"Name:\t{volume['configMap'].get('name')}"
        yield f"Optional:\t{str(volume['configMap'].get('optional', False)).lower()}"
    elif "secret" in volume:
        yield "Type:\tSecret (a volume populated by a Secret)"
        yield f"SecretName:\t{volume['secret'].get('secretName')}"
        yield f"Optional:\t{str(volume['secret'].get('optional', False)).lower()}"
    elif "hostPath" in volume:
        yield "Type:\tHostPath (bare host directory volume)"
        yield f"Path:\t{volume['hostPath']['path']}"
        yield f"HostPathType:\t{volume['hostPath'].get('type', '')}"
    elif "projected" in volume:
        yield "Type:\tProjected (a volume that contains injected data from multiple sources)"
        for source in volume["projected"].get("sources") or ():
            yield from _source(source)
    else:
        yield f"Type:\t{next((k for k in volume if k != 'name'), '<unknown>')}"


def _source(source: Json) -> Iterator[str]:
    """One source of a projected volume."""
    if "serviceAccountToken" in source:
        yield f"TokenExpirationSeconds:\t{source['serviceAccountToken'].get('expirationSeconds', 3600)}"
    if "configMap" in source:
        yield f"ConfigMapName:\t{source['configMap'].get('name')}"
        yield f"Optional:\t{str(source['configMap'].get('optional', False)).lower()}"
    if "downwardAPI" in source:
        yield "DownwardAPI:\ttrue"
    if "secret" in source:
        yield f"SecretName:\t{source['secret'].get('name')}"
        yield f"SecretOptionalName:\t{str(source['secret'].get('optional', False)).lower()}"


def _conditions(out: Text, conditions: list[Json]) -> None:
    if conditions:
        out(0, "Conditions:")
        out(1, "Type\tStatus")
        for condition in conditions:
            out(1, f"{condition['type']} \t{condition['status']} ")


def _scheduling(out: Text, spec: Json) -> None:
    resources = [c.get("resources") or {} for c in spec.get("containers", ())]
    out(0, f"QoS Class:\t{_qos(resources)}")
    _node_selectors(out, spec, 0)
    _tolerations(out, spec.get("tolerations"), 0)


def _node_selectors(out: Text, spec: Json, level: int) -> None:
    out.pairs("Node-Selectors", [f"{k}={v}" for k, v in sorted((spec.get("nodeSelector") or {}).items())], level)


def _qos(resources: list[Json]) -> str:
    if not any(r.get("limits") or r.get("requests") for r in resources):
        return "BestEffort"
    whole = all({"cpu", "memory"} <= set(r.get("limits") or {}) for r in resources)
    same = all((r.get("requests") or r.get("limits")) == r.get("limits") for r in resources)
    return "Guaranteed" if whole and same else "Burstable"


def _tolerations(out: Text, tolerations: list[Json] | None, level: int) -> None:
    shown = []
    for t in tolerations or ():
        text = t.get("key", "")
        text += f"={t['value']}" if t.get("value") else ""
        text += f":{t['effect']}" if t.get("effect") else ""
        if t.get("operator") == "Exists":
            text += " op=Exists" if t.get("key") else "op=Exists"
        if t.get("tolerationSeconds") is not None:
            text += f" for {t['tolerationSeconds']}s"
        shown.append(text)
    out.pairs("Tolerations", sorted(shown), level)
