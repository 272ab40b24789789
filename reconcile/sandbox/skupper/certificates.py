"""Certificates as ``pkg/certs/certs.go`` makes them: RSA 2048, five years, no renewal.

A certificate made without hosts still carries one empty DNS name, as those of Skupper do: readers have to bear it.
"""

import base64
import functools
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reconcile.sandbox.skupper import keys

LIFETIME = timedelta(days=5 * 365)
"""Of CAs, server certificates and tokens alike."""

_NO_USAGE = {
    "digital_signature": True,
    "content_commitment": False,
    "key_encipherment": True,
    "data_encipherment": False,
    "key_agreement": False,
    "key_cert_sign": False,
    "crl_sign": False,
    "encipher_only": False,
    "decipher_only": False,
}


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that can sign."""

    certificate: bytes
    """PEM."""
    key: rsa.RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """What one end of a TLS connection holds, all PEM; empty where its Secret lacked the key."""

    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    authority: bytes = b""
    """Whom it trusts."""


def new_authority(subject: str, *, at: float) -> dict[str, str]:
    """Return the ``data`` of a CA Secret: ``tls.crt`` and ``tls.key``. ``at`` is the present, in epoch seconds."""
    key = keys.RING.take()
    name = _name(subject)
    usage = {**_NO_USAGE, "key_cert_sign": True}
    certificate = (
        _builder(name, name, key.public_key(), at)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_names(()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _encode(
        {"tls.crt": certificate.public_bytes(serialization.Encoding.PEM), "tls.key": keys.to_pem(key)}
    )


def new_leaf(
    subject: str, hosts: Sequence[str], *, authority: Authority, at: float, tls: bool = True
) -> dict[str, str]:
    """Return the ``data`` of a Secret signed by ``authority``: ``ca.crt`` and, with ``tls``, certificate and key."""
    if not tls:
        return _encode({"ca.crt": authority.certificate})
    key = keys.RING.take()
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    certificate = (
        _builder(_name(subject), issuer.subject, key.public_key(), at)
        .add_extension(x509.KeyUsage(**_NO_USAGE), critical=True)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(_names(hosts), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _encode(
        {
            "tls.crt": certificate.public_bytes(serialization.Encoding.PEM),
            "tls.key": keys.to_pem(key),
            "ca.crt": authority.certificate,
        }
    )


def read_authority(data: Mapping[str, str]) -> Authority:
    """Return the CA of a Secret's ``data``.

    ValueError if it is no certificate with its RSA key (site-controller and router would end there).
    """
    credential = read_credential(data)
    x509.load_pem_x509_certificate(credential.certificate)
    if not credential.key.lstrip().startswith(b"-----BEGIN RSA PRIVATE KEY-----"):
        raise ValueError("tls.key of the CA is no PKCS#1 PEM key")
    key = serialization.load_pem_private_key(credential.key, None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("tls.key of the CA is no RSA key")
    return Authority(credential.certificate, key)


def read_credential(data: Mapping[str, str] | None) -> Credential:
    """Return certificate, key and trusted CA of a Secret's ``data``; what is missing or no base64 stays empty."""
    return Credential(_decode(data, "tls.crt"), _decode(data, "tls.key"), _decode(data, "ca.crt"))


@functools.lru_cache(maxsize=4096)
def trusts(authority: bytes, certificate: bytes, day: int) -> bool:
    """Tell whether the CA signed the certificate and both are valid on that day (whole days since the epoch)."""
    try:
        ca = x509.load_pem_x509_certificate(authority)
        leaf = x509.load_pem_x509_certificate(certificate)
        leaf.verify_directly_issued_by(ca)
    except (ValueError, TypeError, InvalidSignature):
        return False
    moment = datetime.fromtimestamp(day * 86400, UTC) + timedelta(days=1)
    return all(c.not_valid_before_utc <= moment <= c.not_valid_after_utc for c in (ca, leaf))


@functools.lru_cache(maxsize=4096)
def hosts_of(certificate: bytes) -> frozenset[str]:
    """Return the DNS names and addresses that a certificate was made for."""
    try:
        names = (
            x509.load_pem_x509_certificate(certificate)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
    except (ValueError, x509.ExtensionNotFound):
        return frozenset()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return frozenset(names.get_values_for_type(x509.DNSName)).union(addresses) - {""}


@functools.lru_cache(maxsize=4096)
def is_pair(certificate: bytes, key: bytes) -> bool:
    """Tell whether the private key belongs to the certificate."""
    try:
        private = serialization.load_pem_private_key(key, None, unsafe_skip_rsa_key_validation=True)
        public = x509.load_pem_x509_certificate(certificate).public_key()
    except (ValueError, TypeError):
        return False
    return private.public_key() == public


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPublicKey, at: float
) -> x509.CertificateBuilder:
    start = datetime.fromtimestamp(int(at), UTC)
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(both, critical=False)
    )


def _name(subject: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])


def _names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_alternative(host) for host in hosts or ("",)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _encode(data: Mapping[str, bytes]) -> dict[str, str]:
    return {key: base64.b64encode(value).decode("ascii") for key, value in data.items()}


def _decode(data: Mapping[str, str] | None, key: str) -> bytes:
    try:
        return base64.b64decode((data or {}).get(key) or "", validate=True)
    except ValueError:
        return b""
