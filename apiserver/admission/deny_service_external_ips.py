"""DenyServiceExternalIPs: nobody adds external IPs to a Service any more; those that are there may stay or go.

One of the admission plugins, off unless `--enable-admission-plugins DenyServiceExternalIPs`. It calls nothing. Whoever
can write such addresses can draw other people's traffic to a Service of theirs (CVE-2020-8554). Source: kubernetes
plugin/pkg/admission/denyserviceexternalips.
"""

from __future__ import annotations

from apiserver.admission.interface import Attributes, Plugin, refused
from kube.api.core_v1 import Service
from kube.apimachinery.meta_v1 import Object


class DenyServiceExternalIPs(Plugin):
    operations = frozenset({"CREATE", "UPDATE"})
    resources = frozenset({"services"})

    async def validate(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        if attributes.subresource or not isinstance(obj, Service):
            return
        before = old.spec.externalIPs if isinstance(old, Service) else []
        if not set(obj.spec.externalIPs) <= set(before):
            raise refused(attributes, obj.metadata.name, "Use of external IPs is denied by admission control")
