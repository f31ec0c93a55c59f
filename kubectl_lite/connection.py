"""Which server, and as whom: the kubeconfig with the global flags laid over it, and its errors in kubectl's words.

Called by `kubectl_lite.session`. It calls `kube.client.config`; the question for a password is here, for only a person
can answer it. Source: k8s.io/cli-runtime/pkg/genericclioptions/config_flags.go, k8s.io/kubectl/pkg/cmd/util/helpers.go.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from kubectl_lite.errors import CommandError
from kubectl_lite.global_flags import GlobalFlags
from kubectl_lite.versions import PLATFORM

if TYPE_CHECKING:
    from kube.client.config import ClientConfig
    from kube.client.transport import Transport, Unreachable
    from kube.client.usable import Overrides

INVALID_TIMEOUT = ("Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
                   "corresponding time unit (e.g. 1s | 2m | 3h)")  # fmt: skip


def connection(flags: GlobalFlags, *, named_objects: bool = False) -> ClientConfig:
    """Raises CommandError for what cannot be used. Commands that look objects up (`named_objects`) and have been told
    a namespace say it in other words, for kubectl asks its configuration in another order then."""
    from dataclasses import replace

    from kube.client.config import ConfigError, load
    from kube.client.proxies import proxy_of_environment

    server = os.environ.get("KUBERNETES_MASTER") or "http://localhost:8080"
    try:
        config = load(flags.kubeconfig or None, flags=overrides(flags), default_server=server)
    except ConfigError as why:
        raise (_while_looking_up(why, flags) if named_objects and flags.namespace else config_error(why)) from why
    _check_host(config.server)
    if config.server.startswith("https:") and not _identified(config):
        name, password = _asked()
        config = replace(config, username=name, password=password)
    if flags.verbosity >= 6:
        from kubectl_lite.tracing import loaded_files

        loaded_files(flags.kubeconfig)
    return replace(config, proxy_url=config.proxy_url or proxy_of_environment(config.server))


def overrides(flags: GlobalFlags) -> Overrides:
    """The flags as fields of a kubeconfig."""
    from kube.client.usable import Overrides

    cluster = {"server": flags.server, "tls-server-name": flags.tls_server_name,
               "certificate-authority": flags.certificate_authority,
               "insecure-skip-tls-verify": flags.insecure_skip_tls_verify,
               "disable-compression": flags.disable_compression}  # fmt: skip
    user: dict[str, Any] = {
        "token": flags.token, "username": flags.username, "password": flags.password,
        "client-certificate": flags.client_certificate, "client-key": flags.client_key, "as": flags.as_user,
        "as-uid": flags.as_uid, "as-groups": list(flags.as_group),
    }  # fmt: skip
    return Overrides(flags.context, flags.cluster, flags.user, cluster, user)


def connected(config: ClientConfig, verbosity: int) -> Transport:
    """What sends our requests; at `-v=6` and more it tells of each. Raises CommandError."""
    from kube.client.config import ConfigError
    from kube.client.exec_plugin import CredentialsError
    from kube.client.transport import Transport
    from kube.version import VERSION

    observer = None
    if verbosity >= 6:
        from kubectl_lite.tracing import Trace

        observer = Trace(verbosity)
    try:
        return Transport(config, user_agent=f"kubectl_lite/v{VERSION} ({PLATFORM})", observer=observer)
    except CredentialsError as why:
        raise CommandError(f"Unable to connect to the server: {why}", prefix=False) from why
    except ConfigError as why:
        raise CommandError(str(why)) from why


def config_error(why: Exception) -> CommandError:
    """One error as it is; several, and a context that is not there, as errors in the configuration."""
    from kube.client.kubeconfig import ConfigErrors
    from kube.client.usable import NO_CONFIG, ContextNotFound

    if isinstance(why, ContextNotFound):
        return CommandError(f"Error in configuration: {why}", prefix=False)
    if isinstance(why, ConfigErrors) and len(why.errors) > 1:
        if all(text.startswith("error loading config file") for text in why.errors):
            return CommandError("\n".join(why.errors), prefix=False)
        lines = "".join(f"\n* {text}" for text in why.errors)
        return CommandError(f"Error in configuration: {lines}", prefix=False)
    return CommandError(NO_CONFIG if str(why) == NO_CONFIG else str(why))


def _while_looking_up(why: Exception, flags: GlobalFlags) -> CommandError:
    from kube.client.usable import ContextNotFound, NotUsable

    if isinstance(why, ContextNotFound):
        return CommandError(f'context "{str(why).rpartition(" ")[2]}" does not exist')
    if not isinstance(why, NotUsable) or len(why.errors) > 1:
        return config_error(why)
    if str(why) == f'no server found for cluster "{flags.cluster}"':
        return CommandError(f'cluster "{flags.cluster}" does not exist')
    return CommandError(f"Error in configuration: {why}", prefix=False)


def unreachable(why: Unreachable, server: str) -> CommandError:
    """Why no answer came. A refused connection has a sentence of its own."""
    if "connection refused" in why.cause:
        host = server.split("//")[-1].partition("/")[0]
        return CommandError(
            f"The connection to the server {host} was refused - did you specify the right host or port?", prefix=False,
            cause=str(why),
        )  # fmt: skip
    return CommandError(f"Unable to connect to the server: {why.cause}", prefix=False, cause=str(why))


def timeout_of(flags: GlobalFlags) -> float:
    """`--request-timeout` in seconds; 0 for none."""
    from kubectl_lite.durations import seconds

    try:
        found = seconds(flags.request_timeout or "0")
    except CommandError:
        raise CommandError(INVALID_TIMEOUT) from None
    if found < 0:
        raise CommandError(INVALID_TIMEOUT)
    return found


def _check_host(server: str) -> None:
    scheme, _, rest = server.partition("://")
    host = rest.partition("/")[0]
    if scheme not in ("http", "https"):
        raise CommandError(f'Unable to connect to the server: unsupported protocol scheme "{scheme}"', prefix=False)
    if " " in host or not host:
        raise CommandError(f'host must be a URL or a host:port pair: "{server}"')


def _identified(config: ClientConfig) -> bool:
    return bool(config.token or config.token_file or config.username or config.password or config.plugin
                or config.cert_data)  # fmt: skip


def _asked() -> tuple[str, str]:
    """A name and a password from the terminal, as client-go asks where a kubeconfig says nobody."""
    import getpass

    print("Please enter Username: ", end="", flush=True)
    name = sys.stdin.readline()
    if not name:
        raise CommandError("EOF")
    print("Please enter Password: ", end="", flush=True)
    if not sys.stdin.isatty():
        raise CommandError("error reading input for Password")
    password = getpass.getpass("")
    return name.strip(), password
