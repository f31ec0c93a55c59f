"""The token controller: Secrets of type `kubernetes.io/service-account-token` get a token that lives as long as they.

Run by `controllers.manager`; idle without `--service-account-private-key-file`, as upstream. It calls `plan` to decide
and `kube.jwt` to sign. Pods do not need such Secrets: theirs are bound tokens, which the kubelet asks for.
Source: k8s.io/kubernetes/pkg/controller/serviceaccount/tokens_controller.go.
"""

from __future__ import annotations

from controllers.controller import Context, Controller
from controllers.serviceaccount_token import plan
from kube.api.core_v1 import Secret, ServiceAccount
from kube.apimachinery.errors import NotFound
from kube.informer import key_of
from kube.jwt import SecretToken, Signer


def by_account(secret: Secret) -> tuple[str, ...]:
    """An index function: `namespace/account` of a token Secret."""
    account = plan.account_of(secret)
    return (f"{secret.metadata.namespace}/{account}",) if account else ()


class ServiceAccountTokenController(Controller):
    """The key is ("secret", namespace, name), or ("reference", namespace, account, the name of a Secret that is gone).

    1. A Secret is deleted only when the server has just said that its account is gone.
    2. A token is written only into the Secret whose state was looked at.
    """

    name = "serviceaccount-token-controller"
    queue_name = "serviceaccount_tokens_secret"

    def __init__(self, context: Context):
        super().__init__(context)
        self.signer: Signer | None = context.token_signer
        if self.signer is None:
            return
        self.secrets = self.informer(Secret, by_account=by_account)
        self.accounts = self.informer(ServiceAccount)
        self.secrets.add_handler(self._secret_seen, lambda _old, new: self._secret_seen(new), self._secret_gone)
        self.accounts.add_handler(self._account_changed, None, self._account_changed)

    async def sync(self, key: tuple[str, ...]) -> str | None:
        kind, namespace, name = key[:3]
        if kind == "reference":
            return await self._drop_reference(namespace, name, key[3])
        secret = self.secrets.get(namespace, name)
        account = plan.account_of(secret) if secret is not None else ""
        if not account:
            return None
        found = self.accounts.get(namespace, account)
        if not plan.is_for(secret, found):
            found = await self._account(namespace, account)
        if not plan.is_for(secret, found):
            return await self._delete(secret)
        wanted = plan.filled(secret, found, self.context.root_ca, self._sign)
        if wanted is None:
            return None
        await self.client.update(wanted)
        return f"filled in for {account}"

    def _sign(self, token: SecretToken) -> str:
        return self.signer.sign(token.claims())

    async def _account(self, namespace: str, name: str) -> ServiceAccount | None:
        try:
            return await self.client.get(ServiceAccount, name, namespace)
        except NotFound:
            return None

    async def _delete(self, secret: Secret) -> str | None:
        meta = secret.metadata
        try:
            await self.client.delete(Secret, meta.name, meta.namespace, uid=meta.uid)
        except NotFound:
            return None
        return "deleted: its account is gone"

    async def _drop_reference(self, namespace: str, name: str, secret: str) -> str | None:
        account = self.accounts.get(namespace, name)
        if account is None or self.secrets.get(namespace, secret) is not None:
            return None
        changed = plan.without_reference(account, secret)
        if changed is None:
            return None
        await self.client.update(changed)
        return f"{name} no longer names {secret}"

    # ---- what wakes it ----

    def _secret_seen(self, secret: Secret) -> None:
        if plan.account_of(secret):
            self.queue.add(("secret", *key_of(secret)))

    def _secret_gone(self, secret: Secret) -> None:
        account = plan.account_of(secret)
        if account:
            self.queue.add(("reference", secret.metadata.namespace, account, secret.metadata.name))

    def _account_changed(self, account: ServiceAccount) -> None:
        for secret in self.secrets.by_index("by_account", "/".join(key_of(account))):
            self._secret_seen(secret)
