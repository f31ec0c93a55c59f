"""The flags that every command takes, before or after its name: declared once, as kubectl's.

Read by `kubectl_lite.cli` (which adds them to each command), `session` (which obeys them) and `options` (which lists
them). Flags that only tune kubectl's own machinery are taken and mean nothing here. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import click

from kubectl_lite.errors import CommandError


@dataclass(frozen=True)
class GlobalFlags:
    """What was given; empty where nothing was."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    token: str = ""
    username: str = ""
    password: str = ""
    certificate_authority: str = ""
    client_certificate: str = ""
    client_key: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    as_user: str = ""
    as_uid: str = ""
    as_group: tuple[str, ...] = ()
    request_timeout: str = "0"
    verbosity: int = 0
    warnings_as_errors: bool = False
    disable_compression: bool = False
    match_server_version: bool = False


PROFILES = ("none", "cpu", "heap", "goroutine", "threadcreate", "block", "mutex")
NAMES = {f.name for f in fields(GlobalFlags)}


def _ignored(flag: str, check: Callable[[str], str] = lambda text: "") -> Any:
    """Means nothing here; `check` says what is wrong with a value, as pflag would say it."""

    def callback(_ctx: click.Context, param: click.Parameter, text: str | None) -> None:
        if text and (why := check(text)):
            raise click.BadParameter(f"'{text}' {why}", param=param)

    return click.option(flag, expose_value=False, hidden=True, default=None, callback=callback)


def _pattern(text: str) -> str:
    good = all(re.fullmatch(r"[^=]+=\d+", part) for part in text.split(",") if part)
    return "" if good else "syntax error: expect comma-separated list of filename=N"


def _duration(text: str) -> str:
    from kubectl_lite.durations import seconds

    try:
        seconds(text)
    except CommandError:
        return "parse error"
    return ""


def _profile(_ctx: click.Context, _param: click.Parameter, text: str | None) -> None:
    if text and text not in PROFILES:
        raise CommandError(f"unknown profile '{text}'")


OPTIONS = (
    click.option("--kubeconfig", default="", help="Path to the kubeconfig file to use for CLI requests."),
    click.option("--context", default="", help="The name of the kubeconfig context to use."),
    click.option("--cluster", default="", help="The name of the kubeconfig cluster to use."),
    click.option("--user", default="", help="The name of the kubeconfig user to use."),
    click.option("-n", "--namespace", default="", help="If present, the namespace scope for this CLI request."),
    click.option("-s", "--server", default="", help="The address and port of the Kubernetes API server."),
    click.option("--token", default="", help="Bearer token for authentication to the API server."),
    click.option("--username", default="", help="Username for basic authentication to the API server."),
    click.option("--password", default="", help="Password for basic authentication to the API server."),
    click.option("--certificate-authority", default="", help="Path to a cert file for the certificate authority."),
    click.option("--client-certificate", default="", help="Path to a client certificate file for TLS."),
    click.option("--client-key", default="", help="Path to a client key file for TLS."),
    click.option("--tls-server-name", default="", help="Server name to use for server certificate validation."),
    click.option("--insecure-skip-tls-verify", is_flag=True, help="Do not check the server's certificate."),
    click.option("--as", "as_user", default="", help="Username to impersonate for the operation."),
    click.option("--as-uid", default="", help="UID to impersonate for the operation."),
    click.option("--as-group", multiple=True, help="Group to impersonate, can be repeated."),
    click.option("--request-timeout", default="0", help="How long to wait before giving up on a single request."),
    click.option("-v", "--v", "verbosity", default=0, help="6 and more: a line for each request, on standard error."),
    click.option("--warnings-as-errors", is_flag=True, help="Exit with 1 when the server has sent a warning."),
    _ignored("--cache-dir"),
    _ignored("--vmodule", _pattern),
    _ignored("--log-flush-frequency", _duration),
    click.option("--profile", expose_value=False, hidden=True, default=None, callback=_profile),
    _ignored("--profile-output"),
    click.option("--disable-compression", is_flag=True, hidden=True),
    click.option("--match-server-version", is_flag=True, hidden=True),
)
