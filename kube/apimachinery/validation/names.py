"""The rules for names: labels and subdomains of DNS, keys, qualified names, label values.

Called by the validation of every kind, by the selectors and by kubectl_lite. It calls nothing. Each function returns
what is wrong, in Kubernetes' exact words, and an empty list when all is well. Which rule a kind's name follows is not
here but with the kind. Sources: k8s.io/apimachinery `util/validation`; RFC 1035, RFC 1123.
"""

from __future__ import annotations

import re
from functools import lru_cache

LABEL_LENGTH = 63
SUBDOMAIN_LENGTH = 253

_LABEL_1123 = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN_1123 = rf"{_LABEL_1123}(\.{_LABEL_1123})*"
_LABEL_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_VALUE = f"({_QUALIFIED})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_C_IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
_ENV_VAR_NAME = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_WILDCARD_SUBDOMAIN = rf"\*\.{_SUBDOMAIN_1123}"

_LABEL_1123_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
    "and must start and end with an alphanumeric character"
)
_SUBDOMAIN_1123_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_LABEL_1035_TEXT = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_QUALIFIED_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)
_LABEL_VALUE_TEXT = f"a valid label must be an empty string or {_QUALIFIED_TEXT.removeprefix('must ')}"
_CONFIG_KEY_TEXT = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
_ENV_VAR_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='"


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """The same keys, values and names come again and again."""
    return re.fullmatch(pattern, text, re.ASCII) is not None


def max_length(length: int, unit: str = "characters") -> str:
    return f"must be no more than {length} {unit}"


def regex_text(text: str, pattern: str, *examples: str) -> str:
    """`text (e.g. 'a',  or 'b', regex used for validation is '...')`: the two spaces are Kubernetes' own."""
    shown = " or ".join(f"'{e}', " for e in examples)
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"


def is_dns1123_label(name: str) -> list[str]:
    """The name of a namespace, a volume, a container, a hostname: RFC 1123, up to 63 characters."""
    problems = [max_length(LABEL_LENGTH)] if len(name.encode()) > LABEL_LENGTH else []
    if not matches(_LABEL_1123, name):
        dotted = matches(_SUBDOMAIN_1123, name)
        text = regex_text(_LABEL_1123_TEXT, _LABEL_1123, "my-name", "123-abc")
        problems.append("must not contain dots" if dotted else text)
    return problems


def is_dns1123_subdomain(name: str) -> list[str]:
    """The name of most objects: labels of RFC 1123 joined by dots, up to 253 characters."""
    problems = [max_length(SUBDOMAIN_LENGTH)] if len(name.encode()) > SUBDOMAIN_LENGTH else []
    if not matches(_SUBDOMAIN_1123, name):
        problems.append(regex_text(_SUBDOMAIN_1123_TEXT, _SUBDOMAIN_1123, "example.com"))
    return problems


def is_dns1035_label(name: str) -> list[str]:
    """The name of a Service: as an RFC 1123 label, but it starts with a letter."""
    problems = [max_length(LABEL_LENGTH)] if len(name.encode()) > LABEL_LENGTH else []
    if not matches(_LABEL_1035, name):
        problems.append(regex_text(_LABEL_1035_TEXT, _LABEL_1035, "my-name", "abc-123"))
    return problems


def is_wildcard_dns1123_subdomain(name: str) -> list[str]:
    problems = [max_length(SUBDOMAIN_LENGTH)] if len(name.encode()) > SUBDOMAIN_LENGTH else []
    if not matches(_WILDCARD_SUBDOMAIN, name):
        text = (
            "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
            "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
        )
        problems.append(regex_text(text, _WILDCARD_SUBDOMAIN, "*.example.com"))
    return problems


def is_fully_qualified_domain_name(name: str) -> list[str]:
    """A subdomain of at least two labels; a final dot is allowed."""
    if not name:
        return ["must be non-empty"]
    bare = name.removesuffix(".")
    problems = is_dns1123_subdomain(bare)
    if not problems and bare.count(".") < 1:
        problems.append("should be a domain with at least two segments separated by dots")
    return problems


def is_path_segment_name(name: str) -> list[str]:
    """The name of roles and bindings: anything that can stand in a URL path."""
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{c}'" for c in ("/", "%") if c in name]


def is_config_map_key(key: str) -> list[str]:
    problems = [max_length(SUBDOMAIN_LENGTH)] if len(key) > SUBDOMAIN_LENGTH else []
    if not matches(_CONFIG_KEY, key):
        problems.append(regex_text(_CONFIG_KEY_TEXT, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    elif key in (".", ".."):
        problems.append(f"must not be '{key}'")
    elif key.startswith(".."):
        problems.append("must not start with '..'")
    return problems


def is_env_var_name(name: str) -> list[str]:
    """Printable ASCII without `=`."""
    if not name:
        return ["must be non-empty"]
    return [] if all(" " <= c <= "~" and c != "=" for c in name) else [_ENV_VAR_TEXT]


def is_c_identifier(name: str) -> list[str]:
    if matches(_C_IDENTIFIER, name):
        return []
    text = "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"  # noqa: E501
    return [regex_text(text, _C_IDENTIFIER, "my_name", "MY_NAME", "MyName")]


def as_prefix(name: str) -> str:
    """A generateName in the shape that the rule for names can judge: what follows a final `-` is not yet there."""
    return name[:-2] + "a" if len(name) > 1 and name.endswith("-") else name


def name_is_dns1123_subdomain(name: str, prefix: bool = False) -> list[str]:
    return is_dns1123_subdomain(as_prefix(name) if prefix else name)


def name_is_dns1123_label(name: str, prefix: bool = False) -> list[str]:
    return is_dns1123_label(as_prefix(name) if prefix else name)


def name_is_dns1035_label(name: str, prefix: bool = False) -> list[str]:
    return is_dns1035_label(as_prefix(name) if prefix else name)


def name_is_path_segment(name: str, prefix: bool = False) -> list[str]:
    if prefix:
        return [f"may not contain '{c}'" for c in ("/", "%") if c in name]
    return is_path_segment_name(name)


def is_qualified_name(name: str) -> list[str]:
    """A label or annotation key, a finalizer, a resource name: `name` or `prefix/name`."""
    prefix, slash, base = name.rpartition("/")
    if name.count("/") > 1:
        text = regex_text(f"a valid label key {_QUALIFIED_TEXT}", _QUALIFIED, "MyName", "my.name", "123-abc")
        return [f"{text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    problems: list[str] = []
    if slash:
        found = is_dns1123_subdomain(prefix) if prefix else ["must be non-empty"]
        problems += [f"prefix part {problem}" for problem in found]
    return problems + [f"name part {problem}" for problem in _name_part(base)]


is_qualified_label_key = is_qualified_name


def _name_part(name: str) -> list[str]:
    problems: list[str] = []
    if not name:
        problems.append("must be non-empty")
    elif len(name.encode()) > LABEL_LENGTH:
        problems.append(max_length(LABEL_LENGTH, "bytes"))
    if not matches(_QUALIFIED, name):
        problems.append(regex_text(_QUALIFIED_TEXT, _QUALIFIED, "MyName", "my.name", "123-abc"))
    return problems


def is_valid_label_value(value: str) -> list[str]:
    problems = [max_length(LABEL_LENGTH, "bytes")] if len(value.encode()) > LABEL_LENGTH else []
    if not matches(_LABEL_VALUE, value):
        problems.append(regex_text(_LABEL_VALUE_TEXT, _LABEL_VALUE, "MyValue", "my_value", "12345"))
    return problems
