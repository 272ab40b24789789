"""Vault and GraphQL servers that are hostile, broken or busy: each costs little; one line names server and reason."""

import gzip
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from reconcile.app_interface import asking
from reconcile.app_interface.client import Client
from reconcile.app_interface.config_tables import Graphql
from reconcile.app_interface.config_tables import Vault as Settings
from reconcile.app_interface.errors import BadAnswer, SecretError, SecretStoreError, ServerError, Throttled
from reconcile.app_interface.secrets import SecretReference
from reconcile.app_interface.vault import VaultReader
from reconcile.http import sessions
from reconcile.http.exchange import Limits
from tests.openshift.loopback import Reply, Visit, sends, serving

from .vault_server import ROLE_ID, SECRET_ID, Vault, refusal

Connect = Callable[..., Client]

MIB = 1 << 20
LIMITS = Limits(seconds=0.5, size=MIB)
PLAIN = SecretReference("app-sre/creds/a", "token")
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DEEP = b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def drips(begin: bytes, drop: bytes) -> Reply:
    def reply(visit: Visit) -> None:
        visit.send(begin)
        for _ in range(100):
            visit.send(drop)
            if visit.ended.wait(0.05):
                return

    return reply


def floods(visit: Visit) -> None:
    visit.send(HEAD + b"\r\n")
    for _ in range(20):
        visit.send(b" " * MIB)


def packed(visit: Visit) -> None:
    visit.answer(200, gzip.compress(b"{}"), Content_Encoding="gzip")


def away(visit: Visit) -> None:
    visit.answer(307, Location="https://somewhere.example.com/v1")


def vault_of(url: str, pauses: list[float], **options: Any) -> VaultReader:
    settings = Settings.model_validate({"server": url, "role_id": ROLE_ID, "secret_id": SECRET_ID})
    return VaultReader(
        settings, service_account_token=Path("/none"), timeout=5, sleep=pauses.append, **options
    )


HOSTILE = {
    "headers that drip": (drips(HEAD, b"A: b\r\n"), "did not finish its response within 0.5 s"),
    "100 Continue for ever": (
        drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "did not finish its response within 0.5 s",
    ),
    "a body that drips": (drips(HEAD + b"\r\n", b" "), "did not finish its response within 0.5 s"),
    "a body without end": (floods, "sent more than 1 MiB in one response"),
    "a compressed body": (packed, "compressed its response, which was not asked for"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_session_keeps_to_its_limits(kind: str) -> None:
    reply, reason = HOSTILE[kind]
    began = time.monotonic()
    with (
        serving(reply) as server,
        sessions.session(LIMITS) as session,
        pytest.raises(sessions.Refused, match=reason),
    ):
        session.get(server.url, timeout=5)
    assert time.monotonic() - began < 3 * LIMITS.seconds


def test_a_vault_that_drips_is_named_with_the_limit_and_asked_once(pauses: list[float]) -> None:
    with serving(HOSTILE["headers that drip"][0]) as server:
        secrets = vault_of(server.url, pauses, limits=LIMITS)
        for _ in range(3):
            with pytest.raises(SecretStoreError) as caught:
                secrets.entries(PLAIN)
    assert str(caught.value) == (
        f"Vault {server.url}: did not finish its response within 0.5 s; "
        "check server in [vault] of the configuration; if it is right, contact its operators"
    )
    assert (len(server.visits), pauses) == (1, [])


@pytest.mark.parametrize("question", [Client.pin, Client.commit, lambda client: client.ask("{ a }")])
def test_a_graphql_server_that_compresses_is_refused_for_every_question(
    connect: Connect, pauses: list[float], question: Callable[[Client], object]
) -> None:
    with (
        serving(packed) as server,
        pytest.raises(BadAnswer, match="compressed its response, which was not asked for"),
    ):
        question(connect(f"{server.url}/graphql"))
    assert pauses == []


def test_a_vault_that_redirects_is_sent_no_credentials_elsewhere(pauses: list[float]) -> None:
    with serving(sends({})) as elsewhere:
        location = f"{elsewhere.url}/v1/auth/approle/login"
        with (
            serving(lambda visit: visit.answer(307, Location=location)) as server,
            pytest.raises(SecretStoreError) as caught,
        ):
            vault_of(server.url, pauses).entries(PLAIN)
    assert f"redirects to {location}, where our credentials are not sent; check server" in str(caught.value)
    assert elsewhere.visits == []


def test_a_redirect_after_the_log_in_is_not_followed_either(pauses: list[float]) -> None:
    vault = Vault(plain={PLAIN.path: {"token": "x"}})
    with serving(lambda visit: away(visit) if "login" not in visit.path else vault.answer(visit)) as server:
        with pytest.raises(SecretStoreError, match=r"redirects to https://somewhere\.example\.com"):
            vault_of(server.url, pauses).entries(PLAIN)
        assert len(server.visits) == 2


STRANGE = [
    b"",
    b"null",
    b"[]",
    b"1",
    b'"data"',
    b"<html>sign in</html>",
    b"\xff\xfe\x00data",
    b'{"data": null}',
    b'{"data": []}',
    b'{"data": [1]}',
    b'{"data": "text"}',
    b'{"data": {"data": null}}',
    b'{"data": {"data": [1]}}',
    b'{"data": 1e999}',
    b'{"data": {}, "errors": 5}',
    b'{"data": {}, "errors": {"a": 1}}',
    b'{"data": {}, "extensions": [1]}',
    b'{"data": {}, "extensions": {"schemas": 5}}',
    b'{"data": {}, "extensions": {"schemas": [[]]}}',
    b'{"data": null, "errors": [null, 5, {"path": 3}, {"message": ["\\u001b[31m"]}]}',
    b'{"auth": null}',
    b'{"auth": {"client_token": 5}}',
    b'{"auth": {"client_token": "a\\nb"}}',
    b'{"auth": {"client_token": ""}}',
    b'{"errors": "text"}',
    DEEP,
    b"9" * 10_000,
]
STATUSES = [200, 204, 400, 403, 404, 429, 500, 503]


@pytest.mark.sampled(12, "all bodies are read by the same code")
@pytest.mark.parametrize("body", STRANGE, ids=range(len(STRANGE)))
def test_whatever_graphql_answers_one_line_names_the_server(connect: Connect, body: bytes) -> None:
    for status in STATUSES:
        with serving(lambda visit, status=status: visit.answer(status, body)) as server:
            for query in (asking.SKUPPER, asking.SETTINGS):
                with pytest.raises(ServerError) as caught:
                    asking.ask(connect(f"{server.url}/graphql"), query)
                assert str(caught.value).isprintable()
                assert server.url in str(caught.value)


@pytest.mark.sampled(30, "all bodies are read by the same code")
@pytest.mark.parametrize("stage", ["login", "mounts", "creds"])
@pytest.mark.parametrize("body", STRANGE, ids=range(len(STRANGE)))
def test_whatever_vault_answers_one_line_names_the_server(
    pauses: list[float], body: bytes, stage: str
) -> None:
    vault = Vault(plain={PLAIN.path: {"token": "x"}})
    shown = []
    for status in STATUSES:

        def reply(visit: Visit, status: int = status) -> object:
            return visit.answer(status, body) if stage in visit.path else vault.answer(visit)

        with serving(reply) as server:
            try:
                vault_of(server.url, pauses).entries(PLAIN)
            except SecretError as error:
                shown.append(str(error).replace(server.url, "SERVER"))
    assert all(line.isprintable() and "SERVER" in line for line in shown)


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"Retry_After": "3"}, 3.0),
        ({"Retry_After": "86400"}, 15.0),
        ({"Retry_After": "9" * 400}, 15.0),
        ({"Retry_After": "Wed, 21 Oct 2026 07:28:07 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 7.0),
        ({"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.5),
        ({"Retry_After": "soon"}, 0.5),
        ({}, 0.5),
    ],
)
def test_a_busy_server_is_asked_again_when_it_says(
    connect: Connect, pauses: list[float], status: int, headers: dict[str, str], pause: float
) -> None:
    busy = sends({"errors": ["rate limit quota exceeded"]}, status, **headers)
    vault = Vault(plain={PLAIN.path: {"token": "x"}}, faults=[busy])
    with serving(vault.answer) as server:
        assert vault_of(server.url, pauses).entries(PLAIN)
    with serving(busy, sends({"data": {}})) as server:
        assert connect(f"{server.url}/graphql").ask("{ a }") == {}
    assert pauses == [pause, pause]


def test_a_vault_that_stays_throttled_is_named_so_and_asked_no_more(pauses: list[float]) -> None:
    with serving(refusal(429, "request path: rate limit quota exceeded")) as server:
        secrets = vault_of(server.url, pauses)
        for _ in range(2):
            with pytest.raises(SecretStoreError) as caught:
                secrets.entries(PLAIN)
    assert str(caught.value) == (
        f"Vault {server.url}: throttles our requests (429): request path: rate limit quota exceeded; "
        "retry later; to see its limits, run: vault list sys/quotas/rate-limit"
    )
    assert len(server.visits) == 5


def test_a_vault_that_throttles_reads_is_waited_for_once(pauses: list[float]) -> None:
    vault = Vault()
    throttled = refusal(429, "quota")
    with serving(lambda visit: vault.answer(visit) if "login" in visit.path else throttled(visit)) as server:
        secrets = vault_of(server.url, pauses)
        for _ in range(3):
            with pytest.raises(SecretStoreError, match="throttles our requests"):
                secrets.entries(PLAIN)
    assert len(pauses) == 4


def test_a_sealed_vault_is_to_be_unsealed(pauses: list[float]) -> None:
    with serving(refusal(503, "Vault is sealed")) as server, pytest.raises(SecretStoreError) as caught:
        vault_of(server.url, pauses).entries(PLAIN)
    assert str(caught.value) == (
        f"Vault {server.url}: Vault is sealed; unseal it; to see its state, run: vault status"
    )


def test_a_graphql_server_that_stays_throttled_is_named_so(connect: Connect) -> None:
    with serving(sends({}, 429)) as server, pytest.raises(Throttled) as caught:
        connect(f"{server.url}/graphql").pin()
    assert str(caught.value) == (
        f"GraphQL server {server.url}/sha256: throttles our requests (429); "
        "retry; if it persists, contact its operators"
    )
    assert len(server.visits) == 5


LOGIN = {"role_id": "r", "secret_id": "s"}
EXPOSED = "is plain HTTP to another machine, which would expose our credentials"


@pytest.mark.parametrize("host", ["vault.example.com", "10.0.0.1", "localhost.example.com"])
def test_plain_http_to_another_machine_is_refused_where_credentials_are_sent(host: str) -> None:
    with pytest.raises(ValueError, match=EXPOSED):
        Settings.model_validate({"server": f"http://{host}", **LOGIN})
    with pytest.raises(ValueError, match=EXPOSED):
        Graphql.model_validate({"server": f"http://{host}/graphql", "token": SecretStr("Basic x")})


@pytest.mark.parametrize("host", ["127.0.0.1:8200", "localhost:8200", "[::1]:8200"])
def test_plain_http_to_this_machine_is_allowed(host: str) -> None:
    assert Settings.model_validate({"server": f"http://{host}", **LOGIN})
    assert Graphql.model_validate({"server": f"http://{host}/graphql", "token": SecretStr("Basic x")})


def test_plain_http_without_a_token_exposes_nothing() -> None:
    assert Graphql.model_validate({"server": "http://qontract-server:4000/graphql"})
