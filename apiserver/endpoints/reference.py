"""The OpenAPI document behind `/docs`, arranged for people: a heading for each resource, short titles, bodies to try.

Called by `openapi`. It calls nothing: it rearranges the document that clients get, and leaves that one as it is.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_VERBS = ("get", "post", "put", "patch", "delete")
_ABOUT = """\
The REST API of this control plane. **Authorize** takes a bearer token: that of the user in your kubeconfig, or one from
`kubectl create token NAME`. A body may be JSON or YAML; `dryRun=All` tries a write without doing it; `?watch=true`
streams changes (better read with `curl -N` than here). What is wrong with an object is listed in `details.causes`.
"""
_LABELS = {"app": "web"}
_POD = {"metadata": {"labels": _LABELS}, "spec": {"containers": [{"name": "web", "image": "nginx"}]}}
_WORKLOAD = {"replicas": 2, "selector": {"matchLabels": _LABELS}, "template": _POD}
_EXAMPLES: dict[str, Json] = {
    "configmaps": {"data": {"key": "value"}},
    "daemonsets": {"spec": {"selector": {"matchLabels": _LABELS}, "template": _POD}},
    "deployments": {"spec": _WORKLOAD},
    "namespaces": {},
    "pods": {"spec": _POD["spec"]},
    "replicasets": {"spec": _WORKLOAD},
    "secrets": {"stringData": {"password": "secret"}},
    "serviceaccounts": {},
    "services": {"spec": {"selector": _LABELS, "ports": [{"port": 80, "targetPort": 8080}]}},
    "statefulsets": {"spec": {"serviceName": "web", **_WORKLOAD}},
}
_PATCH = {"metadata": {"labels": {"team": "blue"}}}


def for_people(document: Json) -> Json:
    """The same API under the names that people look for."""
    tags: dict[str, None] = {}
    paths = {}
    for path, item in document["paths"].items():
        group_version, plural = resource_of(path)
        tag = f"{plural} ({group_version})"
        tags[tag] = None
        paths[path] = {verb: _arranged(path, verb, part, plural, tag) for verb, part in item.items()}
    about = {**document["info"], "title": "kube-lite", "description": _ABOUT}
    return {**document, "info": about, "tags": [{"name": tag} for tag in tags], "paths": paths}


def resource_of(path: str) -> tuple[str, str]:
    """`apps/v1` and `deployments`, of the path of a collection, an object or a subresource."""
    _, root, *parts = path.split("/")
    group_version, parts = (parts[0], parts[1:]) if root == "api" else ("/".join(parts[:2]), parts[2:])
    if parts[0] == "namespaces" and len(parts) > 2 and not parts[2].startswith(("status", "finalize")):
        parts = parts[2:]
    return group_version, parts[0]


def _arranged(path: str, verb: str, part: Any, plural: str, tag: str) -> Any:
    if verb not in _VERBS:
        return part  # the parameters that all verbs of a path share
    said = {key: value for key, value in part.items() if key != "description"}
    said |= {"tags": [tag], "summary": part["description"]}
    if "requestBody" in part and (example := _example(path, verb, plural)) is not None:
        content = {media: {**body, "example": example} for media, body in part["requestBody"]["content"].items()}
        said["requestBody"] = {**part["requestBody"], "content": content}
    return said


def _example(path: str, verb: str, plural: str) -> Json | None:
    """For a new object of the kinds that people make by hand, and for every patch."""
    if verb == "patch":
        return _PATCH
    if verb == "post" and path.endswith(plural) and plural in _EXAMPLES:
        return {"metadata": {"name": "web"}, **_EXAMPLES[plural]}
    return None
