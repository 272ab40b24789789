"""A server over the repository's data, and clients whose pauses are recorded instead of waited for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from reconcile.app_interface.bundle.model import Bundle
from reconcile.app_interface.client import Client, GraphqlTimeouts
from reconcile.sandbox.app_interface.server import Server
from tests.bundle.sources import from_fixtures

QUICK = GraphqlTimeouts(connect=2, query=5, sha=5)


@pytest.fixture(autouse=True)
def _own_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies, tokens and authorities of the machine out of the tests."""
    names = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
    for name in (*names, *(each.lower() for each in names)):
        monkeypatch.delenv(name, raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "KUBE_SA_TOKEN_PATH", "VAULT_TOKEN", "VAULT_ADDR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def bundle() -> Bundle:
    return from_fixtures()


@pytest.fixture
def server(bundle: Bundle) -> Iterator[Server]:
    with Server(bundle) as server:
        yield server


@pytest.fixture
def pauses() -> list[float]:
    """Seconds that clients would have slept."""
    return []


@pytest.fixture
def connect(pauses: list[float]) -> Iterator[Callable[..., Client]]:
    """Make a client of a server's GraphQL address; all are closed at the end."""
    with ExitStack() as clients:

        def make(address: str, **options: Any) -> Client:
            options = {"timeouts": QUICK, "sleep": pauses.append, **options}
            return clients.enter_context(Client(address, **options))

        yield make
