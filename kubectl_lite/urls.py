"""Manifests from the web: `-f https://example.com/m.yaml`. Called by `kubectl_lite.manifests`.

One plain GET, tried again when the server itself has failed. Source: k8s.io/cli-runtime/pkg/resource/visitor.go.
"""

from __future__ import annotations

import ssl
import time
from http import HTTPStatus
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from kubectl_lite.errors import CommandError

ATTEMPTS = 3


def fetch(url: str) -> str:
    """The text at an address. Raises CommandError when there is none."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(1)
        try:
            with urlopen(url) as answer:
                return str(answer.read().decode())
        except HTTPError as why:
            code, phrase = why.code, HTTPStatus(why.code).phrase
            why.close()
            if code < HTTPStatus.INTERNAL_SERVER_ERROR:
                break
        except (URLError, OSError) as why:
            raise _unreachable(url, why) from why
    raise CommandError(f'unable to read URL "{url}", server reported {code} {phrase}, status code={code}')


def _unreachable(url: str, why: OSError) -> CommandError:
    reason = why.reason if isinstance(why, URLError) else why
    if isinstance(reason, ConnectionRefusedError):
        host = urlsplit(url).netloc
        return CommandError(
            f"The connection to the server {host} was refused - did you specify the right host or port?", prefix=False
        )
    if isinstance(reason, ssl.SSLCertVerificationError):
        reason = "tls: failed to verify certificate: x509: certificate signed by unknown authority"
    return CommandError(f"Unable to connect to the server: {reason}", prefix=False)
