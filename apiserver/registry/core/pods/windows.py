"""What is wrong with the options of Windows containers.

Called by the validation of security contexts and of Pod specs. Pure.
Source: kubernetes pkg/apis/core/validation/validation.go, validateWindowsSecurityContextOptions and
validateWindowsHostProcessPod.
"""

from __future__ import annotations

import re

from apiserver.registry.core.pods.annotations import containers_of
from kube.api.core_v1 import PodSpec, WindowsSecurityContextOptions
from kube.apimachinery.errors import FieldError, Path, invalid_value
from kube.apimachinery.validation import is_dns1123_subdomain

_MAX_GMSA_SPEC = 64 * 1024
_MAX_DOMAIN, _MAX_USER = 256, 104
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NET_BIOS = re.compile(r'[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}')
_DNS_DOMAIN = re.compile(r"([a-zA-Z0-9][-a-zA-Z0-9.]*)?[a-zA-Z0-9]")
_USER_SEPARATORS = re.compile(r'["/\\:;|=,+*?<>@\[\]]')
_ONLY_DOTS = re.compile(r"[. ]+")
_BAD_DOMAIN = "runAsUserName's Domain doesn't match the NetBIOS nor the DNS format"
_MIXED = "If pod contains any hostProcess containers then all containers must be HostProcess containers"


def validate_windows_options(options: WindowsSecurityContextOptions | None, path: Path) -> list[FieldError]:
    if options is None:
        return []
    found: list[FieldError] = []
    if (name := options.gmsaCredentialSpecName) is not None:
        at = path["gmsaCredentialSpecName"]
        found += [invalid_value(at, name, why) for why in is_dns1123_subdomain(name)]
    if (spec := options.gmsaCredentialSpec) is not None:
        at = path["gmsaCredentialSpec"]
        if not spec:
            found.append(invalid_value(at, spec, "gmsaCredentialSpec cannot be an empty string"))
        elif len(spec.encode()) > _MAX_GMSA_SPEC:
            why = f"gmsaCredentialSpec size must be under {_MAX_GMSA_SPEC // 1024} KiB"
            found.append(invalid_value(at, spec, why))
    if options.runAsUserName is not None:
        found += _validate_user(options.runAsUserName, path["runAsUserName"])
    return found


def _validate_user(name: str, path: Path) -> list[FieldError]:
    """`DOMAIN\\User`, or the user alone."""
    if not name:
        return [invalid_value(path, name, "runAsUserName cannot be an empty string")]
    if _CONTROL.search(name):
        return [invalid_value(path, name, "runAsUserName cannot contain control characters")]
    if name.count("\\") > 1:
        return [invalid_value(path, name, "runAsUserName cannot contain more than one backslash")]
    domain, backslash, user = name.rpartition("\\")
    found = []
    if backslash:
        if not domain:
            found.append(invalid_value(path, name, _BAD_DOMAIN))
        elif len(domain) >= _MAX_DOMAIN:
            why = f"runAsUserName's Domain length must be under {_MAX_DOMAIN} characters"
            found.append(invalid_value(path, name, why))
        elif not _NET_BIOS.fullmatch(domain) and not _DNS_DOMAIN.fullmatch(domain):
            found.append(invalid_value(path, name, _BAD_DOMAIN))
    if not user:
        found.append(invalid_value(path, name, "runAsUserName's User cannot be empty"))
    elif len(user) > _MAX_USER:
        why = f"runAsUserName's User length must not be longer than {_MAX_USER} characters"
        found.append(invalid_value(path, name, why))
    if user and _ONLY_DOTS.fullmatch(user):
        found.append(invalid_value(path, name, "runAsUserName's User cannot contain only periods or spaces"))
    if _USER_SEPARATORS.search(user):
        why = 'runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]'
        found.append(invalid_value(path, name, why))
    return found


def validate_host_processes(spec: PodSpec, path: Path) -> list[FieldError]:
    """Containers of a Pod share the node's processes all, or none does; and then the node's network too."""
    of_pod = _host_process(spec.securityContext)
    every = (*spec.initContainers, *spec.containers, *spec.ephemeralContainers)
    if of_pod is None and all(_host_process(container.securityContext) is None for container in every):
        return []
    found, count, others = [], 0, 0
    for container, at in containers_of(spec, path):
        own = _host_process(container.securityContext)
        if of_pod is not None and own is not None and own != of_pod:
            at = at["securityContext"]["windowsOptions"]["hostProcess"]
            why = f"pod hostProcess value must be identical if both are specified, was {str(of_pod).lower()}"
            found.append(invalid_value(at, own, why))
        if own or (own is None and of_pod):
            count += 1
        else:
            others += 1
    if not count:
        return found
    if others:
        found.append(invalid_value(path, "", _MIXED))
    if not spec.hostNetwork:
        why = "hostNetwork must be true if pod contains any hostProcess containers"
        found.append(invalid_value(path["hostNetwork"], False, why))
    return found


def _host_process(context: object | None) -> bool | None:
    if context is None:
        return None
    options = getattr(context, "windowsOptions", None)
    return options.hostProcess if options is not None else None
