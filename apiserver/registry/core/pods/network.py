"""A Pod's DNS settings and host aliases.

Called by the validation of Pod specs. It calls the rules for addresses and names. Source: kubernetes
pkg/apis/core/validation, validatePodDNSConfig, ValidateHostAliases.
"""

from __future__ import annotations

from apiserver.registry.validation.addresses import validate_ip
from apiserver.registry.validation.names import validate_dns_subdomain
from kube.api.core_v1 import HostAlias, PodSpec
from kube.apimachinery.errors import FieldError, Path, invalid_value, required

_NAMESERVERS, _SEARCHES, _SEARCH_CHARACTERS = 3, 32, 2048


def validate_dns_config(spec: PodSpec, path: Path) -> list[FieldError]:
    config = spec.dnsConfig
    if spec.dnsPolicy == "None":
        if config is None:
            return [required(path, "must provide `dnsConfig` when `dnsPolicy` is None")]
        if not config.nameservers:
            why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            return [required(path["nameservers"], why)]
    if config is None:
        return []
    found: list[FieldError] = []
    if len(config.nameservers) > _NAMESERVERS:
        why = f"must not have more than {_NAMESERVERS} nameservers"
        found.append(invalid_value(path["nameservers"], config.nameservers, why))
    for index, server in enumerate(config.nameservers):
        found += validate_ip(server, path["nameservers"][index])
    found += _validate_searches(config.searches, path["searches"])
    for index, option in enumerate(config.options):
        if not option.name:
            found.append(required(path["options"][index], "must not be empty"))
    return found


def _validate_searches(searches: list[str], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    if len(searches) > _SEARCHES:
        found.append(invalid_value(path, searches, f"must not have more than {_SEARCHES} search paths"))
    if len(" ".join(searches)) > _SEARCH_CHARACTERS:
        why = f"must not have more than {_SEARCH_CHARACTERS} characters (including spaces) in the search list"
        found.append(invalid_value(path, searches, why))
    for index, search in enumerate(searches):
        if search != ".":  # which asks for no search at all; a dot at the end is fine, so are underscores
            name = search.removesuffix(".")
            if validate_dns_subdomain(name.replace("_", "-"), path):
                found += validate_dns_subdomain(name, path[index])
    return found


def validate_host_aliases(aliases: list[HostAlias], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, alias in enumerate(aliases):
        found += validate_ip(alias.ip, path[index]["ip"])
        for number, name in enumerate(alias.hostnames):
            found += validate_dns_subdomain(name, path[index]["hostnames"][number])
    return found
