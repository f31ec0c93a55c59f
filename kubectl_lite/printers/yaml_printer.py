"""YAML as kubectl writes it: keys in go-yaml's order, list items not indented, go-yaml's choice of quotes.

Called by the printers, `edit` and `diff`; calls PyYAML. Reading YAML is `kubectl_lite.manifests`.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from kubectl_lite.printers.go_yaml_order import in_order

# Words that YAML 1.1 readers take for something else than a string; go-yaml puts them in double quotes.
_AMBIGUOUS = re.compile(
    r"""(?ix) ^( y|n|yes|no|on|off|true|false|null|~|
        [-+]?(0b[01_]+|0x[0-9a-f_]+|0o?[0-7_]+|[0-9][0-9_]*)|
        [-+]?(?=\.?[0-9])([0-9][0-9_]*)?\.?[0-9_]*(e[-+]?[0-9]+)?|
        [-+]?\.(inf|nan)|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|
        [0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt\ ].*)? )$"""
)


class _Dumper(yaml.SafeDumper):
    """SafeDumper with go-yaml's choices; never writes anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def _string(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    if _CONTROL.search(text):
        style = '"'
    elif "\n" in text and not re.search(r"[ \t]\n|^\s", text):
        style = "|"
    elif not text or _AMBIGUOUS.match(text):
        style = '"'
    else:
        style = None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _map(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", [(key, value[key]) for key in in_order(value)])


_Dumper.add_representer(str, _string)
_Dumper.add_representer(dict, _map)


def to_yaml(value: Any) -> str:
    """The value as one YAML document, ending in a newline."""
    return yaml.dump(value, Dumper=_Dumper, default_flow_style=False, width=80, allow_unicode=True)
