"""New certificates for Secrets of a site, as Skupper itself makes them: RSA 2048, PKCS#1, valid for five years.

Keys exist in memory only, between their generation and the request that writes them. No key of an authority leaves the
cluster that it belongs to.

Source: ``pkg/certs/certs.go``.
"""

import ipaddress
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reconcile.skupper.plan import Issuance

LIFETIME = timedelta(days=5 * 365)
_BITS, _EXPONENT = 2048, 65537
_EARLIER = timedelta(minutes=5)
"""How long before now a certificate is valid, for clusters whose clock is behind."""


class UnusableAuthorityError(Exception):
    """The Secret that should sign has no usable CA; the message quotes nothing of it."""


def authority(issuance: Issuance, now: datetime) -> dict[str, str]:
    """The data of a new CA: ``tls.crt`` and ``tls.key``, base64."""
    key = rsa.generate_private_key(_EXPONENT, _BITS)
    name = _name(issuance.subject)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = _builder(issuance, name, key, now, signs=True).add_extension(identifier, critical=False)
    return _encoded(builder.sign(key, SHA256()), key)


def signed(issuance: Issuance, by: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """The data of a new certificate that the CA in this Secret's body signs: also ``ca.crt``.

    Raises UnusableAuthorityError.
    """
    pem, certificate, signer = _read_authority(by)
    key = rsa.generate_private_key(_EXPONENT, _BITS)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = _builder(issuance, certificate.subject, key, now, signs=False)
    made = builder.add_extension(identifier, critical=False).sign(signer, SHA256())
    return {**_encoded(made, key), "ca.crt": b64encode(pem).decode()}


def _read_authority(secret: Mapping[str, Any]) -> tuple[bytes, x509.Certificate, rsa.RSAPrivateKey]:
    data = secret.get("data")
    found = data if isinstance(data, Mapping) else {}
    try:
        pem = b64decode(found.get("tls.crt") or "", validate=True)
        certificate = x509.load_pem_x509_certificate(pem)
        key = load_pem_private_key(b64decode(found.get("tls.key") or "", validate=True), password=None)
    except Exception:  # noqa: BLE001 a parser of foreign bytes may raise anything, and its text may quote them
        raise UnusableAuthorityError("it has no certificate with an unencrypted key") from None
    if not isinstance(key, rsa.RSAPrivateKey) or certificate.public_key() != key.public_key():
        raise UnusableAuthorityError("its tls.key is not the RSA key of its tls.crt")
    return pem, certificate, key


def _builder(
    issuance: Issuance, issuer: x509.Name, key: rsa.RSAPrivateKey, now: datetime, *, signs: bool
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        key_cert_sign=signs,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = (
        x509.CertificateBuilder(
            issuer_name=issuer, subject_name=_name(issuance.subject), public_key=key.public_key()
        )
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + LIFETIME)
        .add_extension(both, critical=False)
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=signs, path_length=None), critical=True)
    )
    if not issuance.hosts:
        return builder
    names = x509.SubjectAlternativeName([_alternative(host) for host in issuance.hosts])
    return builder.add_extension(names, critical=False)


def _name(subject: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _encoded(certificate: x509.Certificate, key: rsa.RSAPrivateKey) -> dict[str, str]:
    # PKCS#1: any other form ends the site-controller.
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {
        "tls.crt": b64encode(certificate.public_bytes(Encoding.PEM)).decode(),
        "tls.key": b64encode(pem).decode(),
    }
