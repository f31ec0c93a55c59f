"""Informers: local, indexed copies of the API's objects that tell of their changes."""

from kube.informer.informer import Informer, Informers
from kube.informer.store import Key, Store, by_controller, key_of

__all__ = ["Informer", "Informers", "Key", "Store", "by_controller", "key_of"]
