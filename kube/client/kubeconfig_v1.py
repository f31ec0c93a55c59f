"""The kubeconfig's own API: `kind: Config`, `apiVersion: v1`, each field declared once, in the order of client-go.

Read by `kube.client.kubeconfig` (decoding in Go's words, writing) and by `kubectl_lite config` (which fields there
are). Numbers mean nothing here: there is no protobuf of it.
Source: k8s.io/client-go/tools/clientcmd/api/v1/types.go.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from kube.apimachinery.types import APIModel, Bytes, RawJSON, Slice, always, wire


class NamedExtension(APIModel):
    name: Annotated[str, wire(1)] = always("")
    extension: Annotated[RawJSON, wire(2)] = always(None)


class Preferences(APIModel):
    colors: Annotated[bool, wire(1)] = False
    extensions: Annotated[list[NamedExtension], wire(2)] = []


class Cluster(APIModel):
    server: Annotated[str, wire(1)] = always("")
    tls_server_name: Annotated[str, wire(2)] = Field("", alias="tls-server-name")
    insecure_skip_tls_verify: Annotated[bool, wire(3)] = Field(False, alias="insecure-skip-tls-verify")
    certificate_authority: Annotated[str, wire(4)] = Field("", alias="certificate-authority")
    certificate_authority_data: Annotated[Bytes, wire(5)] = Field("", alias="certificate-authority-data")
    proxy_url: Annotated[str, wire(6)] = Field("", alias="proxy-url")
    disable_compression: Annotated[bool, wire(7)] = Field(False, alias="disable-compression")
    extensions: Annotated[list[NamedExtension], wire(8)] = []


class AuthProviderConfig(APIModel):
    name: Annotated[str, wire(1)] = always("")
    config: Annotated[dict[str, str], wire(2)] = always(dict)


class ExecEnvVar(APIModel):
    name: Annotated[str, wire(1)] = always("")
    value: Annotated[str, wire(2)] = always("")


class ExecConfig(APIModel):
    command: Annotated[str, wire(1)] = always("")
    args: Annotated[list[str] | None, wire(2)] = always(None)
    env: Annotated[list[ExecEnvVar] | None, wire(3)] = always(None)
    apiVersion: Annotated[str, wire(4)] = ""
    installHint: Annotated[str, wire(5)] = ""
    provideClusterInfo: Annotated[bool, wire(6)] = always(False)
    interactiveMode: Annotated[str, wire(7)] = ""


class AuthInfo(APIModel):
    client_certificate: Annotated[str, wire(1)] = Field("", alias="client-certificate")
    client_certificate_data: Annotated[Bytes, wire(2)] = Field("", alias="client-certificate-data")
    client_key: Annotated[str, wire(3)] = Field("", alias="client-key")
    client_key_data: Annotated[Bytes, wire(4)] = Field("", alias="client-key-data")
    token: Annotated[str, wire(5)] = ""
    tokenFile: Annotated[str, wire(6)] = ""
    as_: Annotated[str, wire(7)] = Field("", alias="as")
    as_uid: Annotated[str, wire(8)] = Field("", alias="as-uid")
    as_groups: Annotated[list[str], wire(9)] = Field(default_factory=list, alias="as-groups")
    as_user_extra: Annotated[dict[str, list[str]], wire(10)] = Field(default_factory=dict, alias="as-user-extra")
    username: Annotated[str, wire(11)] = ""
    password: Annotated[str, wire(12)] = ""
    auth_provider: Annotated[AuthProviderConfig | None, wire(13)] = Field(None, alias="auth-provider")
    exec: Annotated[ExecConfig | None, wire(14)] = None
    extensions: Annotated[list[NamedExtension], wire(15)] = []


class Context(APIModel):
    cluster: Annotated[str, wire(1)] = always("")
    user: Annotated[str, wire(2)] = always("")
    namespace: Annotated[str, wire(3)] = ""
    extensions: Annotated[list[NamedExtension], wire(4)] = []


class NamedCluster(APIModel):
    name: Annotated[str, wire(1)] = always("")
    cluster: Annotated[Cluster, wire(2)] = always(Cluster)


class NamedAuthInfo(APIModel):
    name: Annotated[str, wire(1)] = always("")
    user: Annotated[AuthInfo, wire(2)] = always(AuthInfo)


class NamedContext(APIModel):
    name: Annotated[str, wire(1)] = always("")
    context: Annotated[Context, wire(2)] = always(Context)


class Config(APIModel):
    kind: Annotated[str, wire(1)] = "Config"
    apiVersion: Annotated[str, wire(2)] = "v1"
    preferences: Annotated[Preferences, wire(3)] = always(Preferences)
    clusters: Annotated[Slice[NamedCluster], wire(4)] = always(list)
    users: Annotated[Slice[NamedAuthInfo], wire(5)] = always(list)
    contexts: Annotated[Slice[NamedContext], wire(6)] = always(list)
    current_context: Annotated[str, wire(7)] = Field("", alias="current-context")
    extensions: Annotated[list[NamedExtension], wire(8)] = []


SECTIONS: dict[str, str] = {"clusters": "cluster", "users": "user", "contexts": "context"}
"""The lists of named things, and under which name each holds its body."""
BODIES: dict[str, type[APIModel]] = {"clusters": Cluster, "users": AuthInfo, "contexts": Context}
FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
"""Fields that name files, relative to the kubeconfig that they stand in."""
