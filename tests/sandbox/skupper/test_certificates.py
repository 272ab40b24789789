"""Keys and certificates, without a cluster."""

import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from reconcile.sandbox.skupper import certificates
from reconcile.sandbox.skupper.certificates import Credential
from reconcile.sandbox.skupper.keys import KeyRing, to_pem
from reconcile.sandbox.skupper.surroundings import SkupperError

NOW = time.time()
DAY = 86400


def credential(data: dict[str, str]) -> Credential:
    return certificates.read_credential(data)


@pytest.fixture(scope="module")
def ca() -> dict[str, str]:
    return certificates.new_authority("skupper-site-ca", at=NOW)


def leaf(ca: dict[str, str], *hosts: str) -> Credential:
    authority = certificates.read_authority("ca", ca)
    return credential(certificates.new_leaf("someone", hosts, authority=authority, at=NOW))


def test_no_key_is_handed_out_twice() -> None:
    ring = KeyRing()

    numbers = [ring.take().public_key().public_numbers() for _ in range(100)]
    assert len({(each.n, each.e) for each in numbers}) == 100


def test_a_key_has_2048_bits_and_works() -> None:
    key = KeyRing().take()

    rebuilt = rsa.RSAPrivateNumbers.private_key(key.private_numbers())
    assert (rebuilt.key_size, to_pem(rebuilt)) == (2048, to_pem(key))


def test_keys_are_written_as_pkcs1(ca: dict[str, str]) -> None:
    assert credential(ca).key.startswith(b"-----BEGIN RSA PRIVATE KEY-----")


def test_a_certificate_lives_for_five_years(ca: dict[str, str]) -> None:
    certificate = x509.load_pem_x509_certificate(leaf(ca).certificate)

    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 5 * 365


def test_a_certificate_without_hosts_carries_an_empty_name(ca: dict[str, str]) -> None:
    certificate = x509.load_pem_x509_certificate(leaf(ca).certificate)

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [""]


def test_names_and_addresses_are_both_hosts(ca: dict[str, str]) -> None:
    assert certificates.hosts_of(leaf(ca, "a.example", "10.0.0.1").certificate) == {"a.example", "10.0.0.1"}


def test_a_ca_trusts_what_it_signed(ca: dict[str, str]) -> None:
    assert certificates.trusts(credential(ca).certificate, leaf(ca).certificate, int(NOW // DAY))


def test_a_ca_of_the_same_name_does_not_trust_it(ca: dict[str, str]) -> None:
    other = certificates.new_authority("skupper-site-ca", at=NOW)

    assert not certificates.trusts(credential(other).certificate, leaf(ca).certificate, int(NOW // DAY))


def test_nothing_is_trusted_after_five_years(ca: dict[str, str]) -> None:
    later = int(NOW // DAY) + 5 * 365 + 1

    assert not certificates.trusts(credential(ca).certificate, leaf(ca).certificate, later)


def test_a_key_of_another_certificate_is_no_pair(ca: dict[str, str]) -> None:
    one, other = leaf(ca), leaf(ca)

    assert (
        certificates.is_pair(one.certificate, one.key),
        certificates.is_pair(one.certificate, other.key),
    ) == (
        True,
        False,
    )


def test_no_bytes_of_a_key_show_in_its_representation(ca: dict[str, str]) -> None:
    assert "PRIVATE" not in repr(leaf(ca))


def test_a_ca_without_its_key_is_refused(ca: dict[str, str]) -> None:
    with pytest.raises(SkupperError, match="Secret ca is not a usable CA"):
        certificates.read_authority("ca", {"tls.crt": ca["tls.crt"]})
