"""What a token Secret lacks, and whether it has an account at all.

Called by `controllers.serviceaccount_token.controller`. Pure: signing is an argument.
Source: k8s.io/kubernetes/pkg/controller/serviceaccount/tokens_controller.go.

| the Secret | then |
|---|---|
| names no account | left alone: the API server would not have taken it |
| names an account that is gone, or another of the same name (`kubernetes.io/service-account.uid`) | deleted |
| lacks `token` or `namespace`, or holds another `ca.crt` than the cluster's | filled in |
| lacks the account's UID in its annotation | filled in |
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from kube.api.core_v1 import Secret, ServiceAccount
from kube.jwt import SecretToken

TYPE = "kubernetes.io/service-account-token"
ACCOUNT_NAME, ACCOUNT_UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
TOKEN, NAMESPACE, ROOT_CA = "token", "namespace", "ca.crt"


def account_of(secret: Secret) -> str:
    """The name of the account that the Secret is for; empty when it is no token Secret."""
    return secret.metadata.annotations.get(ACCOUNT_NAME, "") if secret.type == TYPE else ""


def is_for(secret: Secret, account: ServiceAccount | None) -> bool:
    """Whether this account is the one the Secret is for."""
    if account is None or account_of(secret) != account.metadata.name:
        return False
    return secret.metadata.annotations.get(ACCOUNT_UID, "") in ("", account.metadata.uid)


def filled(secret: Secret, account: ServiceAccount, root_ca: str, sign: Callable[[SecretToken], str]) -> Secret | None:
    """The Secret with all that it should hold; None when it does already."""
    meta, data = secret.metadata, dict(secret.data)
    if root_ca:
        data[ROOT_CA] = _encoded(root_ca)
    if not data.get(NAMESPACE):
        data[NAMESPACE] = _encoded(meta.namespace)
    if not data.get(TOKEN):
        uid = account.metadata.uid
        data[TOKEN] = _encoded(sign(SecretToken(meta.namespace, account.metadata.name, uid, meta.name)))
    notes = {**meta.annotations, ACCOUNT_UID: account.metadata.uid}
    if (data, notes) == (secret.data, meta.annotations):
        return None
    return secret.model_copy(update={"data": data, "metadata": meta.model_copy(update={"annotations": notes})})


def without_reference(account: ServiceAccount, secret: str) -> ServiceAccount | None:
    """The account without a Secret that is gone; None when it does not name it."""
    left = [ref for ref in account.secrets if ref.name != secret]
    return account.model_copy(update={"secrets": left}) if len(left) < len(account.secrets) else None


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
