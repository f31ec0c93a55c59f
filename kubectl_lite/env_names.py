"""Names of environment variables as kubectl takes them: the API server takes all that prints. Pure.

Called by `run`, `set env` and for env files. Source: k8s.io/kubectl/pkg/util (env_file.go).
"""

from __future__ import annotations

from kube.apimachinery.validation.names import matches, regex_text
from kubectl_lite.errors import CommandError

_NAME = r"[-._a-zA-Z][-._a-zA-Z0-9]*"
_TEXT = (
    "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not "
    "start with a digit"
)


def is_env_name(name: str) -> bool:
    return matches(_NAME, name)


def check_env_name(name: str) -> None:
    """Raises CommandError."""
    if not is_env_name(name):
        why = regex_text(_TEXT, _NAME, "my.env-name", "MY_ENV.NAME", "MyEnvName1")
        raise CommandError(f'"{name}" is not a valid key name: {why}')
