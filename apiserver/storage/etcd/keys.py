"""Our keys and etcd's: `/registry/pods/default/a` here, `PREFIX/pods/default/a` there. Pure.

Called by every module beside it that speaks to etcd. It calls nothing.
"""

from __future__ import annotations

from apiserver.storage.interface import ROOT


def range_end(prefix: bytes) -> bytes:
    """The first key after all that begin with the prefix, as etcd's ranges want it (`\\0` is the end of all keys)."""
    for at in range(len(prefix) - 1, -1, -1):
        if prefix[at] < 0xFF:
            return prefix[:at] + bytes([prefix[at] + 1])
    return b"\0"


class Keys:
    """Puts the prefix of `--etcd-prefix` in the place of `/registry`, and back."""

    def __init__(self, prefix: str = "/registry"):
        self.root = (prefix.rstrip("/") + "/").encode()

    def to_etcd(self, key: str) -> bytes:
        """Raises ValueError for a key that does not begin with `/registry/`."""
        if not key.startswith(ROOT):
            raise ValueError(f"key {key!r} is outside {ROOT}")
        return self.root + key[len(ROOT) :].encode()

    def from_etcd(self, key: bytes) -> str:
        return ROOT + key[len(self.root) :].decode()
