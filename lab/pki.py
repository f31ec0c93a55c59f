"""The lab's certificate authority and the certificates, tokens and keys that the components know each other by.

Called by `lab.up`. It calls `cryptography`. Identities are those of Kubernetes: the user is the certificate's
common name, the groups are its organizations. What exists is kept, so that a second `lab up` changes nobody's
identity. It leaves out rotation: a lab's certificates live for ten years, as kubeadm's authorities do.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = timedelta(days=3650)
_CLOCK_SKEW = timedelta(hours=1)


class Authority:
    """A certificate authority in a directory: `ca.crt`, `ca.key`, and a pair of files for each name it signed."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.key_file("ca").exists():
            self._create()
        self._key = serialization.load_pem_private_key(self.key_file("ca").read_bytes(), None)
        self._certificate = x509.load_pem_x509_certificate(self.certificate_file("ca").read_bytes())

    def certificate_file(self, name: str) -> Path:
        return self.directory / f"{name}.crt"

    def key_file(self, name: str) -> Path:
        return self.directory / f"{name}.key"

    def client(self, name: str, user: str, groups: Sequence[str] = ()) -> None:
        """A client certificate, unless there is one."""
        if not self.certificate_file(name).exists():
            self._issue(name, _subject(user, groups), ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def server(self, name: str, user: str, hosts: Sequence[str]) -> None:
        """A serving certificate for these DNS names and addresses, made anew when one of them is missing."""
        if not self._covers(name, hosts):
            self._issue(name, _subject(user, ()), ExtendedKeyUsageOID.SERVER_AUTH, hosts)

    def _covers(self, name: str, hosts: Sequence[str]) -> bool:
        if not self.certificate_file(name).exists():
            return False
        certificate = x509.load_pem_x509_certificate(self.certificate_file(name).read_bytes())
        known = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return {_general_name(host) for host in hosts} <= set(known)

    def _create(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-lite lab")])
        builder = (
            _builder(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        self._store("ca", key, builder.sign(key, hashes.SHA256()))

    def _issue(self, name: str, subject: x509.Name, usage: x509.ObjectIdentifier, hosts: Sequence[str]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(subject, self._certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(authority, critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        self._store(name, key, builder.sign(self._key, hashes.SHA256()))

    def _store(self, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        write_private(self.key_file(name), _private_pem(key))
        self.certificate_file(name).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _subject(user: str, groups: Sequence[str]) -> x509.Name:
    organizations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organizations, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - _CLOCK_SKEW, now + LIFETIME
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_encipherment=not signs_certificates, key_cert_sign=signs_certificates,
        crl_sign=signs_certificates, content_commitment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def service_account_keys(directory: Path) -> None:
    """The RSA pair `sa.key`, `sa.pub` with which the API server signs and checks service account tokens."""
    if (directory / "sa.key").exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (directory / "sa.pub").write_bytes(public)
    write_private(directory / "sa.key", _private_pem(key))


def admin_token(file: Path) -> str:
    """The admin's bearer token, in a token file of the API server (`token,user,uid,"groups"`); made once."""
    if not file.exists():
        write_private(file, f'{secrets.token_urlsafe(24)},admin,admin,"system:masters"\n'.encode())
    return file.read_text().partition(",")[0]


def write_private(file: Path, data: bytes) -> None:
    """Writes a file that only its owner may read."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(data)
