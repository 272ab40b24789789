"""The data of a token, checked and encoded afresh: CA, certificate and key, and nothing else.

Whoever may write the issuer's Secret could put anything into it. What is delivered is therefore encoded from what could
be parsed: other entries, and text around the PEM blocks, are not part of it. A fault names the entry and never quotes
it, since it may hold key material.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPrivateNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from reconcile.findings import Reason

_CA, _CERTIFICATE, _KEY = "ca.crt", "tls.crt", "tls.key"

LARGEST = {_CA: 16 * 1024, _CERTIFICATE: 16 * 1024, _KEY: 4 * 1024}
"""Entries of a token, and how many bytes each may have. Skupper's have less than 2 KiB each; a CA of one's own may come
with its chain. 4 KiB hold an RSA key of 4096 bits."""


def read(data: object, ca: str) -> Mapping[str, str] | Reason:
    """The data to deliver, base64 as in a Secret, or why it is not that of a token of the CA with fingerprint `ca`."""
    contents: dict[str, bytes] = {}
    for entry, largest in LARGEST.items():
        content = _decoded(data.get(entry) if isinstance(data, Mapping) else None)
        if not content:
            return f"{entry} is missing or not base64"
        if len(content) > largest:
            return f"{entry} has {len(content)} bytes, more than {largest}"
        contents[entry] = content
    authority, chain = _certificates(contents[_CA]), _certificates(contents[_CERTIFICATE])
    key = _private_key(contents[_KEY])
    if not authority or not chain:
        return f"{_CERTIFICATE if authority else _CA} is not a PEM certificate"
    if authority[0].fingerprint(SHA256()).hex() != ca:
        return f"{_CA} is not the CA of the issuer"
    if key is None:
        return f"{_KEY} is not an unencrypted RSA or EC key in PEM"
    if not _belongs(key, chain[0]):
        return f"{_KEY} does not match {_CERTIFICATE}"
    # PKCS#1 for RSA, as Skupper writes it.
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return {_CA: _encoded(authority), _CERTIFICATE: _encoded(chain), _KEY: b64encode(pem).decode()}


def _decoded(value: object) -> bytes:
    try:
        return b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError:
        return b""


def _encoded(certificates: list[x509.Certificate]) -> str:
    return b64encode(b"".join(each.public_bytes(Encoding.PEM) for each in certificates)).decode()


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except Exception:  # noqa: BLE001 a parser of foreign bytes may raise anything
        return []


def _private_key(pem: bytes) -> RSAPrivateKey | EllipticCurvePrivateKey | None:
    try:
        # Whether the factors are primes takes 40 ms to find out, and nothing is computed with the key here.
        key = load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
        if isinstance(key, RSAPrivateKey):
            return key if _consistent(key.private_numbers()) else None
    except Exception:  # noqa: BLE001 as above; an encrypted key is a TypeError
        return None
    return key if isinstance(key, EllipticCurvePrivateKey) else None


def _consistent(key: RSAPrivateNumbers) -> bool:
    """True if the numbers of a key belong together (RFC 8017, 3.2)."""
    e, n = key.public_numbers.e, key.public_numbers.n
    p, q = key.p, key.q
    return (
        min(p, q) > 1
        and p * q == n
        and all((e * key.d) % (prime - 1) == 1 for prime in (p, q))
        and (key.dmp1, key.dmq1) == (key.d % (p - 1), key.d % (q - 1))
        and (key.iqmp * q) % p == 1
    )


def _belongs(key: RSAPrivateKey | EllipticCurvePrivateKey, certificate: x509.Certificate) -> bool:
    try:
        return certificate.public_key() == key.public_key()
    except Exception:  # noqa: BLE001 a certificate may hold a public key of any kind
        return False
