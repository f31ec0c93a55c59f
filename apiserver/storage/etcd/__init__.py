"""The store on etcd: the only door to etcd's client library (`aetcd`, of which the generated messages are used; the
calls themselves are carried by `transport`, which says why).

`EtcdStorage(endpoints)` implements `apiserver.storage.interface.Storage`; `apiserver.storage.cacher` stands before it.
It calls etcd's API version 3 as spoken by etcd 3.4 to 3.6. It keeps no values: every read goes to etcd.
"""

from apiserver.storage.etcd.endpoints import TLS
from apiserver.storage.etcd.store import EtcdStorage

__all__ = ["TLS", "EtcdStorage"]
