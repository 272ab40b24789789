"""Certificates as ``pkg/certs/certs.go`` makes them: RSA 2048, five years, no renewal.

A certificate without hosts still carries one empty DNS name, as those of Skupper do: readers have to cope with it.
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
from reconcile.sandbox.skupper.surroundings import SkupperError

LIFETIME = timedelta(days=5 * 365)
"""Of CAs, server certificates and tokens alike."""

_NO_USAGE = dict.fromkeys(
    (
        *("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
        *("encipher_only", "decipher_only"),
    ),
    False,
)
_USAGE = {**_NO_USAGE, "digital_signature": True, "key_encipherment": True}


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that can sign."""

    certificate: bytes
    """PEM."""
    key: rsa.RSAPrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """What one end of a TLS connection holds, all PEM; empty where its Secret lacks the key."""

    certificate: bytes = b""
    key: bytes = field(default=b"", repr=False)
    authority: bytes = b""
    """Whom it trusts."""


def new_authority(subject: str, *, at: float) -> dict[str, str]:
    """Return the ``data`` of a CA Secret: ``tls.crt`` and ``tls.key``. ``at`` is the present, in epoch seconds."""
    key = keys.RING.take()
    builder = _builder(_name(subject), _name(subject), key, (), at, authority=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return _encode(builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256()), key)


def new_leaf(subject: str, hosts: Sequence[str], *, authority: Authority, at: float) -> dict[str, str]:
    """Return the ``data`` of a Secret with a certificate signed by ``authority``."""
    key = keys.RING.take()
    issuer = x509.load_pem_x509_certificate(authority.certificate).subject
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = _builder(_name(subject), issuer, key, hosts, at, authority=False)
    certificate = builder.add_extension(identifier, critical=False).sign(authority.key, hashes.SHA256())
    return {**_encode(certificate, key), "ca.crt": base64.b64encode(authority.certificate).decode("ascii")}


def read_authority(secret: str, data: Mapping[str, str]) -> Authority:
    """Return the CA of a Secret's ``data``.

    Raises SkupperError if it is not a certificate with its RSA key (site-controller and router would end there).
    """
    credential = read_credential(data)
    try:
        x509.load_pem_x509_certificate(credential.certificate)
        key = serialization.load_pem_private_key(credential.key, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError) as error:
        raise SkupperError(f"Secret {secret} is not a usable CA: {error}") from None
    pkcs1 = credential.key.lstrip().startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    if not pkcs1 or not isinstance(key, rsa.RSAPrivateKey):
        raise SkupperError(f"Secret {secret} is not a usable CA: tls.key is not a PKCS#1 RSA key")
    return Authority(credential.certificate, key)


def read_credential(data: Mapping[str, str] | None) -> Credential:
    """Return certificate, key and trusted CA of a Secret's ``data``; what is missing or not base64 stays empty."""
    return Credential(*(_decode(data, key) for key in ("tls.crt", "tls.key", "ca.crt")))


@functools.lru_cache(maxsize=4096)
def trusts(authority: bytes, certificate: bytes, day: int) -> bool:
    """Return whether the CA signed the certificate and both are valid on that day (whole days since the epoch)."""
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
    """Return the DNS names and addresses of a certificate."""
    try:
        extensions = x509.load_pem_x509_certificate(certificate).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return frozenset()
    addresses = (str(address) for address in names.get_values_for_type(x509.IPAddress))
    return frozenset(names.get_values_for_type(x509.DNSName)).union(addresses) - {""}


@functools.lru_cache(maxsize=4096)
def is_pair(certificate: bytes, key: bytes) -> bool:
    """Return whether the private key belongs to the certificate."""
    try:
        private = serialization.load_pem_private_key(key, None, unsafe_skip_rsa_key_validation=True)
        public = x509.load_pem_x509_certificate(certificate).public_key()
    except (ValueError, TypeError):
        return False
    return private.public_key() == public


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPrivateKey,
    hosts: Sequence[str],
    at: float,
    *,
    authority: bool,
) -> x509.CertificateBuilder:
    start = datetime.fromtimestamp(int(at), UTC)
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    alternatives = x509.SubjectAlternativeName([_alternative(host) for host in hosts or ("",)])
    return (
        x509.CertificateBuilder(issuer_name=issuer, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(both, critical=False)
        .add_extension(x509.KeyUsage(**{**_USAGE, "key_cert_sign": authority}), critical=True)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(alternatives, critical=False)
    )


def _name(subject: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _encode(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> dict[str, str]:
    pem = {"tls.crt": certificate.public_bytes(serialization.Encoding.PEM), "tls.key": keys.to_pem(key)}
    return {name: base64.b64encode(value).decode("ascii") for name, value in pem.items()}


def _decode(data: Mapping[str, str] | None, key: str) -> bytes:
    try:
        return base64.b64decode((data or {}).get(key) or "", validate=True)
    except ValueError:
        return b""
