"""What is wrong with a Secret: its keys, its size, and what its type must hold.

Called by its strategy. It calls the rules that Secrets share with ConfigMaps.
Source: kubernetes pkg/apis/core/validation/validation.go, ValidateSecret.

| type | must have |
|---|---|
| kubernetes.io/service-account-token | the annotation kubernetes.io/service-account.name |
| kubernetes.io/dockercfg, dockerconfigjson | `.dockercfg`, `.dockerconfigjson`: a JSON object |
| kubernetes.io/basic-auth | `username` or `password` |
| kubernetes.io/ssh-auth | `ssh-privatekey`, not empty |
| kubernetes.io/tls | `tls.crt` and `tls.key` |
"""

from __future__ import annotations

import base64

from apiserver.registry.validation.bags import MAX_SIZE, base64_size, validate_keys
from kube.api.core_v1 import Secret
from kube.apimachinery.codec import go_json
from kube.apimachinery.errors import FieldError, Path, invalid_value, required, too_long

DATA = Path("data")
SERVICE_ACCOUNT = "kubernetes.io/service-account.name"
_DOCKER = {"kubernetes.io/dockercfg": ".dockercfg", "kubernetes.io/dockerconfigjson": ".dockerconfigjson"}


def validate_secret(secret: Secret) -> list[FieldError]:
    found = validate_keys(secret.data, DATA)
    if sum(map(base64_size, secret.data.values())) > MAX_SIZE:
        found.append(too_long(DATA, MAX_SIZE))
    return found + _validate_contents(secret)


def _validate_contents(secret: Secret) -> list[FieldError]:
    match secret.type:
        case "kubernetes.io/service-account-token":
            named = secret.metadata.annotations.get(SERVICE_ACCOUNT)
            return [] if named else [required(Path("metadata.annotations").key(SERVICE_ACCOUNT))]
        case "kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson":
            return _validate_json(secret, _DOCKER[secret.type])
        case "kubernetes.io/basic-auth":
            either = "username" in secret.data or "password" in secret.data
            return [] if either else [required(DATA.key(key)) for key in ("username", "password")]
        case "kubernetes.io/ssh-auth":
            return [] if secret.data.get("ssh-privatekey") else [required(DATA.key("ssh-privatekey"))]
        case "kubernetes.io/tls":
            return [required(DATA.key(key)) for key in ("tls.crt", "tls.key") if key not in secret.data]
    return []


def _validate_json(secret: Secret, key: str) -> list[FieldError]:
    path = DATA.key(key)
    if key not in secret.data:
        return [required(path)]
    try:
        value = go_json.loads(base64.b64decode(secret.data[key]))
    except ValueError as error:
        return [invalid_value(path, "<secret contents redacted>", str(error))]
    if value is None or isinstance(value, dict):
        return []
    why = f"json: cannot unmarshal {_go_kind(value)} into Go value of type map[string]interface {{}}"
    return [invalid_value(path, "<secret contents redacted>", why)]


def _go_kind(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    return {list: "array", str: "string"}.get(type(value), "number")
