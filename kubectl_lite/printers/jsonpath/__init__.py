"""JSONPath templates as kubectl understands them: `{.items[*].metadata.name}`, ranges, filters, unions.

Called by `get -o jsonpath=…`, `--sort-by`, custom columns and `wait --for=jsonpath=…`. `parser` reads a template into
`nodes`, `evaluate` finds what they lead to, `template` prints it. Pure. The language, down to its errors, is that of
k8s.io/client-go/util/jsonpath: https://kubernetes.io/docs/reference/kubectl/jsonpath/.
"""

from kubectl_lite.printers.jsonpath.nodes import JSONPathError
from kubectl_lite.printers.jsonpath.parser import relaxed
from kubectl_lite.printers.jsonpath.template import Template, parse

__all__ = ["JSONPathError", "Template", "parse", "relaxed"]
