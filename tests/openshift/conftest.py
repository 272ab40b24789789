"""Clients for loopback servers; pauses between attempts are recorded, not waited for."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from reconcile.openshift.access import Access, Timeouts
from reconcile.openshift.client import Client

from .certificates import Authority

TOKEN = "sha256~the-bearer-token"


@pytest.fixture
def pauses() -> list[float]:
    """Seconds that clients would have slept."""
    return []


@pytest.fixture
def connect(pauses: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Client]]:
    """Make a client of a server URL; all are closed at the end."""
    for variable in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
        monkeypatch.delenv(variable.lower(), raising=False)
    with ExitStack() as clients:

        def make(server: str, *, token: str = TOKEN, **options: Any) -> Client:
            reach = {name: options.pop(name) for name in ("ca_file", "insecure") if name in options}
            options = {"sleep": pauses.append, "timeouts": Timeouts(connect=2, read=5), **options}
            access = Access("app-sre-stage-01", server, token, **reach)
            return clients.enter_context(Client(access, **options))

        yield make


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("other-authority"))


@pytest.fixture
def empty_file(tmp_path: Path) -> str:
    path = tmp_path / "empty.pem"
    path.touch()
    return str(path)
