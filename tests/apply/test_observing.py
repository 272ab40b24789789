"""What reading a cluster costs."""

from collections.abc import Iterator

import pytest
from cryptography import x509

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import Accounts, observe
from reconcile.kinds import SECRET
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.skupper.list_requests import ListRequest
from tests.openshift.loopback import sends, serving
from tests.skupper.fakes import body, certificate


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Every certificate that is given to the parser."""
    seen: list[bytes] = []
    parse = x509.load_pem_x509_certificate

    def load(pem: bytes) -> x509.Certificate:
        seen.append(pem)
        return parse(pem)

    with monkeypatch.context() as patched:
        patched.setattr(x509, "load_pem_x509_certificate", load)
        yield seen


def test_each_certificate_of_a_list_is_parsed_once(parsed: list[bytes]) -> None:
    data = {"ca.crt": certificate("ca"), "tls.crt": certificate("server")}
    secrets = [body(SECRET, "net", f"s{number}", data=data) for number in range(3)]
    listing = {"kind": "SecretList", "metadata": {"resourceVersion": "7"}, "items": secrets}
    cache = ClusterCache()
    with serving(sends(listing)) as server, Client(Access("c", server.url, "token")) as client:
        (observed,) = observe(Accounts(client), [ListRequest(SECRET)], ("net",), cache)
    assert len(observed.shown) == len(cache.snapshot().objects) == 3
    assert len(parsed) == 3 * 2
