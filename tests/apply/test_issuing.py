"""Certificates that a run makes for a site: who signs them, and what is not used to sign."""

from base64 import b64decode, b64encode
from functools import cache

import pytest
from cryptography import x509

from reconcile.apply import issuing
from reconcile.apply.issuing import UnusableAuthorityError
from reconcile.kinds import SECRET
from reconcile.skupper.plan import Issuance, ObjectRef
from tests.skupper.fakes import NOW

CA = Issuance(subject="skupper-site-ca")
SERVER = Issuance(
    subject="a.example.com", hosts=("a.example.com", "10.0.0.1"), signer=ObjectRef("a", SECRET, "net", "ca")
)


@cache
def authority() -> dict[str, str]:
    return issuing.authority(CA, NOW)


def read(data: dict[str, str], entry: str = "tls.crt") -> x509.Certificate:
    return x509.load_pem_x509_certificate(b64decode(data[entry]))


def test_a_certificate_is_signed_by_the_authority_for_its_hosts_and_five_years():
    data = issuing.signed(SERVER, {"data": authority()}, NOW)
    found = read(data)
    found.verify_directly_issued_by(read(authority()))
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example.com"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert found.not_valid_after_utc - NOW == issuing.LIFETIME
    assert data["ca.crt"] == authority()["tls.crt"]


def test_its_key_is_pkcs1():
    assert b64decode(authority()["tls.key"]).startswith(b"-----BEGIN RSA PRIVATE KEY-----")


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"tls.crt": "marked", "tls.key": "marked"},
        {"tls.crt": 1, "tls.key": ["marked"]},
        {"tls.key": b64encode(b"marked").decode()},
    ],
)
def test_nothing_of_an_unusable_authority_is_quoted(data: object):
    body = {"data": {**authority(), **data} if isinstance(data, dict) and len(data) == 1 else data}
    with pytest.raises(UnusableAuthorityError) as raised:
        issuing.signed(SERVER, body, NOW)
    assert "marked" not in str(raised.value)
    assert raised.value.__cause__ is None
