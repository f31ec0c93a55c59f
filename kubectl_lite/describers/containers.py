"""The texts of containers, with their states, resources, probes and mounts. Pure.

Called for `describe pod` and for the pod templates of workloads, whose containers have no state.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from kubectl_lite.describers.common import NONE, Json, Text, moment
from kubectl_lite.describers.environment import environment
from kubectl_lite.printers.go_values import value_text


def containers(
    out: Text, title: str, given: list[Json] | None, statuses: list[Json] | None, level: int, pod: Json | None = None
) -> None:
    """All containers of one kind below their title; `pod` is None for those of a template."""
    if not given:
        return
    by_name = {s["name"]: s for s in statuses or ()}
    out(level, f"{title}:")
    for container in given:
        out(1, f"{' ' if level else ''}{container['name']}:")
        _container(out, container, by_name.get(container["name"]), pod)


def _container(out: Text, c: Json, status: Json | None, pod: Json | None) -> None:
    _what_runs(out, c, status)
    for title in ("command", "args"):
        if c.get(title):
            out(2, f"{title.capitalize()}:")
            for line in "\n".join(c[title]).split("\n"):
                out(3, line)
    if status:
        _states(out, status)
    resources(out, c.get("resources") or {}, 2)
    for title in ("liveness", "readiness", "startup"):
        if c.get(f"{title}Probe"):
            out(2, f"{title.capitalize()}:\t{_probe(c[f'{title}Probe'])}")
    environment(out, c, pod, 2)
    _mounts(out, c)


def _what_runs(out: Text, c: Json, status: Json | None) -> None:
    if status:
        out(2, f"Container ID:\t{status.get('containerID', '')}")
    out(2, f"Image:\t{c.get('image', '')}")
    if status:
        out(2, f"Image ID:\t{status.get('imageID', '')}")
    ports = c.get("ports") or ()
    for title, key in (("Port", "containerPort"), ("Host Port", "hostPort")):
        shown = ", ".join(f"{p.get(key, 0)}/{p.get('protocol', 'TCP')}" for p in ports) or NONE
        out(2, f"{title}{'s' if len(ports) > 1 else ''}:\t{shown}")
    seccomp_profile(out, c.get("securityContext"), 2, 3)


def seccomp_profile(out: Text, context: Json | None, level: int, local_level: int) -> None:
    """Which system calls are filtered, for a pod or one of its containers."""
    profile = (context or {}).get("seccompProfile")
    if not profile:
        return
    out(level, f"SeccompProfile:\t{profile['type']}")
    if profile["type"] == "Localhost":
        out(local_level, f"LocalhostProfile:\t{profile.get('localhostProfile', '')}")


def _states(out: Text, status: Json) -> None:
    for line in _state("State", status.get("state") or {}):
        out(2, line)
    if "terminated" in (status.get("lastState") or {}):
        for line in _state("Last State", status["lastState"]):
            out(2, line)
    out(2, f"Ready:\t{status.get('ready', False)}")
    out(2, f"Restart Count:\t{status.get('restartCount', 0)}")


def _state(title: str, state: Json) -> Iterator[str]:
    if "running" in state:
        yield f"{title}:\tRunning"
        yield f"  Started:\t{moment(state['running'].get('startedAt'))}"
    elif "terminated" in state and "waiting" not in state:
        yield f"{title}:\tTerminated"
        yield from _end(state["terminated"])
    else:
        yield f"{title}:\tWaiting"
        if reason := (state.get("waiting") or {}).get("reason"):
            yield f"  Reason:\t{reason}"


def _end(end: Json) -> Iterator[str]:
    for name in ("reason", "message"):
        if end.get(name):
            yield f"  {name.capitalize()}:\t{end[name]}"
    yield f"  Exit Code:\t{end.get('exitCode', 0)}"
    if end.get("signal"):
        yield f"  Signal:\t{end['signal']}"
    yield f"  Started:\t{moment(end.get('startedAt'))}"
    yield f"  Finished:\t{moment(end.get('finishedAt'))}"


def resources(out: Text, given: Json, level: int) -> None:
    for title in ("limits", "requests"):
        if given.get(title):
            out(level, f"{title.capitalize()}:")
            for name, quantity in sorted(given[title].items()):
                out(level + 1, f"{name}:\t{quantity}")


def _probe(p: Json) -> str:
    timing = (
        f"delay={p.get('initialDelaySeconds', 0)}s timeout={p.get('timeoutSeconds', 0)}s "
        f"period={p.get('periodSeconds', 0)}s #success={p.get('successThreshold', 0)} "
        f"#failure={p.get('failureThreshold', 0)}"
    )
    if "exec" in p:
        return f"exec {value_text(p['exec'].get('command') or [])} {timing}"
    if "httpGet" in p:
        return f"http-get {_url(p['httpGet'])} {timing}"
    if "tcpSocket" in p:
        return f"tcp-socket {p['tcpSocket'].get('host', '')}:{p['tcpSocket']['port']} {timing}"
    if "grpc" in p:
        return f"grpc <pod>:{p['grpc']['port']} {p['grpc'].get('service') or ''} {timing}"
    return f"unknown {timing}"


def _url(h: Json) -> str:
    host = h.get("host", "")
    host = f"[{host}]" if ":" in host else host
    path = quote(h.get("path", ""), safe="$&+,/:;=@~")
    slash = "" if path.startswith("/") or not path else "/"
    return f"{h.get('scheme', '').lower()}://{host}:{h['port']}{slash}{path}"


def _mounts(out: Text, c: Json) -> None:
    mounts, devices = c.get("volumeMounts") or (), c.get("volumeDevices") or ()
    none = "" if mounts else f"\t{NONE}"
    out(2, f"Mounts:{none}")
    for m in sorted(mounts, key=lambda m: m["mountPath"]):
        flags = "ro" if m.get("readOnly") else "rw"
        path = f',path="{m["subPath"]}"' if m.get("subPath") else ""
        out(3, f"{m['mountPath']} from {m['name']} ({flags}{path})")
    if devices:
        out(2, f"Devices:{none}")
    for d in sorted(devices, key=lambda d: d["devicePath"]):
        out(3, f"{d['devicePath']} from {d['name']}")
