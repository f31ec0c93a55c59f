"""The watch cache: what makes reads and watches cheap.

`Cacher(EtcdStorage(endpoints))` implements `apiserver.storage.interface.Storage`; the registry and the endpoints use it
as the store. One etcd watch on the whole registry feeds it; writes go straight through to etcd.

    etcd --one watch--> Feed --> ResourceCache (ordered values, History) --> CacheWatch, one per client
"""

from apiserver.storage.cacher.cacher import Cacher

__all__ = ["Cacher"]
