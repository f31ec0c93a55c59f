"""One server and one identity out of a kubeconfig, with flags laid over it; and what is wrong with it, in client-go's
words. Pure, but for looking whether files that are named can be opened.

Called by `kube.client.config`, which reads the files and makes a `ClientConfig` of what is found here.
Source: k8s.io/client-go/tools/clientcmd/client_config.go, validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from kube.client.kubeconfig import ConfigError, ConfigErrors, Kubeconfig

Json = dict[str, Any]
NO_CONFIG = ("invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment "
             "variable")  # fmt: skip
_EXEC_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_REMOVED = {
    "gcp": 'The gcp auth plugin has been removed.\nPlease use the "gke-gcloud-auth-plugin" kubectl/client-go credential'
    " plugin instead.\nSee https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for"
    " further details",
    "azure": "The azure auth plugin has been removed.\nPlease use the https://github.com/Azure/kubelogin "
    "kubectl/client-go credential plugin instead.\nSee https://kubernetes.io/docs/reference/access-authn-authz/"
    "authentication/#client-go-credential-plugins for further details",
}


class NotUsable(ConfigErrors):
    """The files are good, but what they and the flags say together is not."""


class ContextNotFound(NotUsable):
    """The context that was asked for, or that is current, is not there."""


@dataclass(frozen=True)
class Overrides:
    """What flags say; empty where nothing was given. `cluster_fields` and `user_fields` are a cluster's and a user's
    fields under their names in a kubeconfig, as `{"server": "https://…"}`."""

    context: str = ""
    cluster: str = ""
    user: str = ""
    cluster_fields: Json = field(default_factory=dict)
    user_fields: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Chosen:
    """Names and bodies of what applies."""

    context: str
    user_name: str
    namespace: str
    cluster: Json
    user: Json


def choose(config: Kubeconfig, flags: Overrides, default_server: str = "") -> Chosen:
    """Raises ConfigErrors with all that is wrong. `default_server` is asked where no cluster says a server."""
    name = flags.context or config.current_context
    if name and name not in config.contexts:
        raise ContextNotFound([f"context was not found for specified context: {name}"])
    context = config.contexts.get(name, {})
    cluster_name = flags.cluster or context.get("cluster", "")
    user_name = flags.user or context.get("user", "")
    absent = bool(flags.cluster) and flags.cluster not in config.clusters
    cluster = {} if absent else _cluster(config.clusters.get(cluster_name, {}), flags.cluster_fields, default_server)
    user = _user(config.users.get(user_name, {}), flags.user_fields)
    problems = [*user_problems(user_name, user), *cluster_problems(cluster_name, cluster)]
    if absent:
        problems = [*user_problems(user_name, user), f'no server found for cluster "{flags.cluster}"']
    if problems:
        raise NotUsable([NO_CONFIG if problem == "" else problem for problem in problems])
    if flags.user and flags.user not in config.users:
        raise ConfigError(f'auth info "{flags.user}" does not exist')
    return Chosen(name, user_name, context.get("namespace", ""), cluster, user)


def _cluster(body: Json, flags: Json, default_server: str) -> Json:
    given = {k: v for k, v in flags.items() if v}
    merged = {"server": default_server} | {k: v for k, v in body.items() if v} | given
    if any(given.get(k) for k in ("insecure-skip-tls-verify", "certificate-authority")):
        for name in ("insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data"):
            merged[name] = given.get(name)
    if given.get("server") or given.get("tls-server-name"):
        merged["tls-server-name"] = given.get("tls-server-name")
    return {k: v for k, v in merged.items() if v}


def _user(body: Json, flags: Json) -> Json:
    given = {k: v for k, v in flags.items() if v}
    merged = {k: v for k, v in body.items() if v} | given
    for name in ("client-certificate", "client-key"):
        if name in given:
            merged.pop(f"{name}-data", None)
    return merged


# ---- what is wrong ----


def user_problems(name: str, user: Json) -> Iterator[str]:
    """In client-go's order."""
    methods = [method for method, fields in (("token", ("token",)), ("basicAuth", ("username", "password")))
               if any(user.get(f) for f in fields)]  # fmt: skip
    if user.get("client-certificate") or user.get("client-certificate-data"):
        yield from _certificate_problems(name, user)
    if user.get("exec"):
        yield from _exec_problems(name, user)
    if len(methods) > 1:
        yield (f"more than one authentication method found for {name}; found [{' '.join(methods)}], only one is "
               "allowed")  # fmt: skip
    if any(user.get(k) for k in ("as-uid", "as-groups", "as-user-extra")) and not user.get("as"):
        yield f"requesting uid, groups or user-extra for {name} without impersonating a user"


def _certificate_problems(name: str, user: Json) -> Iterator[str]:
    if user.get("client-certificate") and user.get("client-certificate-data"):
        yield (f"client-cert-data and client-cert are both specified for {name}. client-cert-data will override.")
    if user.get("client-key") and user.get("client-key-data"):
        yield (f"client-key-data and client-key are both specified for {name}; client-key-data will override")
    if not (user.get("client-key") or user.get("client-key-data")):
        yield (f"client-key-data or client-key must be specified for {name} to use the clientCert authentication "
               "method.")  # fmt: skip
    for field_, word in (("client-certificate", "client-cert"), ("client-key", "client-key")):
        if problem := _cannot_open(user.get(field_, "")):
            yield f"unable to read {word} {user[field_]} for {name} due to {problem}"


def _exec_problems(name: str, user: Json) -> Iterator[str]:
    plugin = user["exec"]
    if user.get("auth-provider"):
        yield f"authProvider cannot be provided in combination with an exec plugin for {name}"
    if not plugin["command"]:
        yield f"command must be specified for {name} to use exec authentication plugin"
    if not plugin.get("apiVersion"):
        yield f"apiVersion must be specified for {name} to use exec authentication plugin"
    for variable in plugin.get("env") or ():
        if not variable["name"]:
            yield f"env variable name must be specified for {name} to use exec authentication plugin"
    mode = plugin.get("interactiveMode", "")
    if not mode and not plugin.get("apiVersion", "").startswith("client.authentication.k8s.io/v1b"):
        if not plugin.get("apiVersion", "").endswith("v1alpha1"):
            yield f"interactiveMode must be specified for {name} to use exec authentication plugin"
    elif mode not in ("", "Never", "IfAvailable", "Always"):
        yield f'invalid interactiveMode for {name}: "{mode}"'


def unusable(user: Json) -> str:
    """What is found out only when the identity is used."""
    if provider := (user.get("auth-provider") or {}).get("name"):
        return _REMOVED.get(provider, f'no Auth Provider found for name "{provider}"')
    version = (user.get("exec") or {}).get("apiVersion", _EXEC_VERSIONS[0])
    return "" if version in _EXEC_VERSIONS else f'exec plugin: invalid apiVersion "{version}"'


def cluster_problems(name: str, cluster: Json) -> Iterator[str]:
    """In client-go's order; "" for a cluster that says nothing at all."""
    if not cluster:
        yield ""
        return
    if not cluster.get("server"):
        yield f'no server found for cluster "{name}"' if name else "default cluster has no server defined"
    if why := proxy_problem(cluster.get("proxy-url", "")):
        yield f"""invalid 'proxy-url' "{cluster["proxy-url"]}" for cluster "{name}": {why}"""
    if cluster.get("certificate-authority") and cluster.get("certificate-authority-data"):
        yield (f"certificate-authority-data and certificate-authority are both specified for {name}. "
               "certificate-authority-data will override.")  # fmt: skip
    if problem := _cannot_open(cluster.get("certificate-authority", "")):
        yield f"unable to read certificate-authority {cluster['certificate-authority']} for {name} due to {problem}"


def proxy_problem(url: str) -> str:
    """Why a proxy's URL cannot be used; empty when it can."""
    scheme, colon, _ = url.partition(":")
    if not url or (scheme in ("http", "https", "socks5") and colon):
        return ""
    if not scheme:
        return f"could not parse: {url}"
    return f'unsupported scheme "{urlsplit(url).scheme}", must be http, https, or socks5'


def _cannot_open(path: str) -> str:
    try:
        if path:
            open(path, "rb").close()
    except OSError as why:
        return f"open {path}: {(why.strerror or '').lower()}"
    return ""
