"""Names made by the server: the suffix of generateName, and uids.

Called by the generic store. It calls the random module, which tests replace through the store's constructor.
Source: k8s.io/apiserver/pkg/storage/names/generate.go.
"""

from __future__ import annotations

import os
import random

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_random = random.Random()
os.register_at_fork(after_in_child=_random.seed)  # worker processes must not make the same names


def random_suffix(length: int = 5) -> str:
    """Characters that spell no words and are told apart easily."""
    return "".join(_random.choices(_ALPHABET, k=length))


def new_uid() -> str:
    """A random UUID, version 4."""
    text = f"{_random.getrandbits(128):032x}"
    variant = "89ab89ab89ab89ab"[int(text[16], 16)]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
