"""The public facts of certificates, without their keys.

Secrets are reduced to these values when they are read; none of their other data is kept. A certificate that cannot be
parsed is a value too, so that one broken Secret does not stop the rest.
"""

from base64 import b64decode
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from reconcile.findings import Reason


@dataclass(frozen=True, slots=True)
class Certificate:
    """The public facts of one certificate; if it cannot be parsed, `fault` is set and the rest is empty."""

    fingerprint: str = ""
    """SHA-256 of the certificate, lower-case hex."""
    expires: datetime | None = None
    hosts: tuple[str, ...] = ()
    """DNS names and IP addresses it is valid for."""
    fault: Reason | None = None


def read_all(data: object) -> dict[str, Certificate]:
    """Read the certificates of a Secret's ``data`` (entries ``*.crt``); keys and other entries are ignored."""
    if not isinstance(data, Mapping):
        return {}
    return {name: read(value) for name, value in sorted(data.items()) if str(name).endswith(".crt")}


def read(value: object) -> Certificate:
    """Read one base64-encoded PEM certificate, the first one of a chain."""
    try:
        return _facts(x509.load_pem_x509_certificate(b64decode(_ascii(value), validate=True)))
    except BadBase64:
        return Certificate(fault="not base64")
    except Exception:  # noqa: BLE001 a parser of foreign bytes may raise anything: bad versions, doubled extensions
        # The text of the exception may quote the input, so it is dropped.
        return Certificate(fault="not a PEM certificate")


def read_der(presented: bytes) -> Certificate:
    """Read a certificate in DER, as a server presents it."""
    try:
        return _facts(x509.load_der_x509_certificate(presented))
    except Exception:  # noqa: BLE001 as above
        return Certificate(fault="not a certificate")


def _facts(certificate: x509.Certificate) -> Certificate:
    return Certificate(
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        expires=certificate.not_valid_after_utc,
        hosts=_hosts(certificate),
    )


def _ascii(value: object) -> str:
    if not isinstance(value, str) or not value.isascii():
        raise BadBase64
    return value


def _hosts(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    dns = names.get_values_for_type(x509.DNSName)
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return (*dns, *addresses)
