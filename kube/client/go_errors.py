"""Why no answer came, in the words that Go's net, crypto/tls and crypto/x509 have for it.

Called by `kube.client.pool` and `transport` once a connection failed; administrators know these sentences and search
for them. `certificate_problem` is pure; it needs the certificate that was refused, which `pool` asks for again.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_ERRNO = {
    errno.ECONNREFUSED: "connection refused", errno.ENETUNREACH: "network is unreachable",
    errno.EHOSTUNREACH: "no route to host", errno.ETIMEDOUT: "connection timed out",
    errno.ECONNRESET: "connection reset by peer", errno.EACCES: "permission denied",
    errno.EADDRNOTAVAIL: "cannot assign requested address",
}  # fmt: skip


def dial_problem(error: OSError, host: str, port: int) -> str:
    """Why no connection could be made. TLS has its own words: `tls_problem`."""
    if isinstance(error, socket.gaierror):
        return f"dial tcp: lookup {host}{_resolver()}: no such host"
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    code = error.errno
    if code is None and "Connect call failed" in str(error):  # of several addresses
        code = errno.ECONNREFUSED if "Errno 111" in str(error) else errno.EHOSTUNREACH
    text = _ERRNO.get(code or 0) or (error.strerror or str(error)).lower()
    return f"dial tcp {address}: connect: {text}"


def _resolver() -> str:
    try:
        lines = Path("/etc/resolv.conf").read_text().split("\n")
    except OSError:
        return ""
    return next((f" on {line.split()[1]}:53" for line in lines if line.startswith("nameserver ")), "")


def tls_problem(error: Exception) -> str:
    """Why TLS did not come about, but for certificates that are not trusted."""
    reason = getattr(error, "reason", "") or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return "http: server gave HTTP response to HTTPS client"
    if "ALERT" in reason:
        alert = reason.partition("ALERT_")[2].lower().replace("_", " ")
        return f"remote error: tls: {alert}"
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | EOFError):
        return "EOF"
    return f"tls: {reason.lower().replace('_', ' ') or error}"


def certificate_problem(
    error: ssl.SSLCertVerificationError, peer: bytes, host: str, authorities: bytes | None, now: datetime | None = None
) -> str:
    """Why a server's certificate (DER) is not trusted. Go looks at dates, then at names, then at who signed it."""
    from cryptography import x509

    leaf = x509.load_der_x509_certificate(peer)
    now = now or datetime.now(UTC)
    for wrong, word, limit in ((now < leaf.not_valid_before_utc, "before", leaf.not_valid_before_utc),
                               (now > leaf.not_valid_after_utc, "after", leaf.not_valid_after_utc)):  # fmt: skip
        if wrong:
            text = f"certificate has expired or is not yet valid: current time {_time(now)} is {word} {_time(limit)}"
            return f"tls: failed to verify certificate: x509: {text}"
    text = _name_problem(leaf, host) if error.verify_code in _WRONG_NAME else _unknown_authority(leaf, authorities)
    return f"tls: failed to verify certificate: x509: {text}"


_WRONG_NAME = (62, 64)
"""OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _name_problem(leaf: Certificate, host: str) -> str:
    from cryptography import x509

    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        dns = names.get_values_for_type(x509.DNSName)
        addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    except x509.ExtensionNotFound:
        return "certificate relies on legacy Common Name field, use SANs instead"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        valid = dns
    else:
        valid = addresses
        if not addresses:
            return f"cannot validate certificate for {host} because it doesn't contain any IP SANs"
    if not valid:
        return f"certificate is not valid for any names, but wanted to match {host}"
    return f"certificate is valid for {', '.join(valid)}, not {host}"


def _unknown_authority(leaf: Certificate, authorities: bytes | None) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa

    text = "certificate signed by unknown authority"
    for candidate in x509.load_pem_x509_certificates(authorities) if authorities else ():
        if candidate.subject == leaf.issuer:
            of_rsa = isinstance(candidate.public_key(), rsa.RSAPublicKey)
            why = "crypto/rsa: verification error" if of_rsa else "x509: ECDSA verification failure"
            names = candidate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
            name = str(names[0].value) if names else f"serial:{candidate.serial_number}"
            return (f'{text} (possibly because of "{why}" while trying to verify candidate authority certificate '
                    f'"{name}")')  # fmt: skip
    return text
