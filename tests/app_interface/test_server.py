"""The embedded server against the manners of the published one."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from reconcile.app_interface.bundle.building import SourceMissingError
from reconcile.app_interface.bundle.loading import NotABundleError
from reconcile.app_interface.bundle.model import Bundle
from reconcile.sandbox.app_interface.server import Server
from tests.bundle.sources import COMMIT, TIMESTAMP, edited, served

QUERY = "{ skupper_v1 { identifier } }"
UNKNOWN = "0" * 64

Ask = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    edit = ("dependencies/skupper/vault.yml", "identifier: vault", "identifier: moved")
    return edited(tmp_path_factory.mktemp("later"), edit)


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def ask(server: Server, http: requests.Session) -> Ask:
    """Send a request to a path of the server; redirects are not followed."""

    def send(path: str, *, to: Server = server, method: str = "GET", **options: Any) -> requests.Response:
        address = to.address.removesuffix("/graphql") + path
        return http.request(method, address, timeout=10, allow_redirects=False, **options)

    return send


def query(ask: Ask, path: str = "/graphql", **options: Any) -> requests.Response:
    return ask(path, method="POST", json={"query": QUERY}, **options)


def networks(answer: requests.Response) -> set[str]:
    return {network["identifier"] for network in answer.json()["data"]["skupper_v1"]}


def test_the_newest_bundle_is_served(ask: Ask) -> None:
    assert networks(query(ask)) == {"vault", "grafana", "fake-api-server"}


def test_a_browser_gets_a_page(ask: Ask) -> None:
    assert ask("/graphql").headers["Content-Type"].startswith("text/html")


def test_both_bundles_are_served_by_their_sha(
    ask: Ask, server: Server, bundle: Bundle, later: Bundle
) -> None:
    server.load(later)
    assert "vault" in networks(query(ask, f"/graphqlsha/{bundle.sha256}"))
    assert "moved" in networks(query(ask, f"/graphqlsha/{later.sha256}"))
    assert "moved" in networks(query(ask))


def test_an_unknown_sha_is_a_page_that_does_not_exist(ask: Ask) -> None:
    answer = ask(f"/graphqlsha/{UNKNOWN}", method="POST", params={"query": QUERY})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert f"Cannot POST /graphqlsha/{UNKNOWN}" in answer.text


def test_partial_errors_are_status_200(ask: Ask, http: requests.Session) -> None:
    data = {"/a.yml": {"$schema": "/a-1.yml", "n": None}}
    fields = [{"name": "path", "type": "string"}, {"name": "n", "type": "string"}]
    confs: list[dict[str, Any]] = [
        {"name": "A_v1", "fields": fields},
        {
            "name": "Query",
            "fields": [{"name": "a_v1", "type": "A_v1", "isList": True, "datafileSchema": "/a-1.yml"}],
        },
    ]
    with Server(served(data, confs)) as other:
        answer = ask("/graphql", to=other, method="POST", json={"query": "{ a_v1 { path n } }"})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"a_v1": [{"path": "/a.yml", "n": None}]}
    assert answer.json()["errors"][0]["path"] == ["a_v1", 0, "n"]


@pytest.mark.parametrize(
    "body",
    [
        {"query": "{ skupper_v1 { nothing } }"},
        {"query": "{ skupper_v1("},
        {"query": ""},
        {"query": QUERY, "variables": []},
        {},
        [],
    ],
)
def test_a_query_that_cannot_run_is_status_400(ask: Ask, body: object) -> None:
    answer = ask("/graphql", method="POST", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


def test_a_body_that_is_no_json_is_status_400(ask: Ask) -> None:
    assert ask("/graphql", method="POST", data="{").status_code == 400


def test_the_newest_sha_is_plain_text(ask: Ask, bundle: Bundle) -> None:
    answer = ask("/sha256")
    assert (answer.text, answer.headers["Content-Type"].split(";")[0]) == (bundle.sha256, "text/plain")


def test_the_commit_of_each_bundle_is_reported(ask: Ask, bundle: Bundle) -> None:
    for path in ("/git-commit-info", f"/git-commit-info/{bundle.sha256}"):
        assert ask(path).json() == {"commit": COMMIT, "timestamp": TIMESTAMP}


@pytest.mark.parametrize("path", ["/git-commit-info/", "/git-commit/", "/diff/0/"])
def test_an_unknown_sha_beside_graphql_is_a_404_in_plain_text(ask: Ask, path: str) -> None:
    answer = ask(path + UNKNOWN)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_a_reload_brings_the_bundle_of_the_source(ask: Ask, bundle: Bundle, later: Bundle) -> None:
    with Server(bundle, source=lambda: later) as other:
        assert ask("/reload", to=other, method="POST").status_code == 200
        assert ask("/sha256", to=other).text == later.sha256


@pytest.mark.parametrize("fault", [NotABundleError("no data"), SourceMissingError("no such directory")])
def test_a_reload_that_fails_keeps_the_old_bundle(ask: Ask, bundle: Bundle, fault: Exception) -> None:
    def broken() -> Bundle:
        raise fault

    with Server(bundle, source=broken) as other:
        answer = ask("/reload", to=other, method="POST")
        assert (answer.status_code, str(fault) in answer.text) == (503, True)
        assert ask("/sha256", to=other).text == bundle.sha256


def test_a_reload_without_source_changes_nothing(ask: Ask, bundle: Bundle) -> None:
    assert ask("/reload", method="POST").status_code == 200
    assert ask("/sha256").text == bundle.sha256


def test_a_query_prolongs_the_life_of_its_bundle(ask: Ask, bundle: Bundle, later: Bundle) -> None:
    now = [0.0]
    with Server(bundle, clock=lambda: now[0], time_to_live=100) as other:
        now[0] = 90
        query(ask, f"/graphqlsha/{bundle.sha256}", to=other)
        now[0] = 150
        other.load(later)
        assert query(ask, f"/graphqlsha/{bundle.sha256}", to=other).status_code == 200


def test_nothing_is_dropped_without_a_new_bundle(ask: Ask, bundle: Bundle, later: Bundle) -> None:
    now = [0.0]
    with Server(bundle, later, source=lambda: later, clock=lambda: now[0]) as other:
        now[0] = 1e9
        ask("/reload", to=other, method="POST")
        assert query(ask, f"/graphqlsha/{bundle.sha256}", to=other).status_code == 200


def test_health_is_an_empty_answer(ask: Ask) -> None:
    answer = ask("/healthz")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/sha256", "/graphql", f"/graphqlsha/{UNKNOWN}"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic wrong"}, {"Authorization": "Basic \xff"}])
def test_a_wrong_token_is_status_401(ask: Ask, bundle: Bundle, path: str, headers: dict[str, str]) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    with Server(bundle, token="Basic right") as other:
        assert ask(path, to=other, headers=encoded).status_code == 401


def test_the_right_token_lets_in(ask: Ask, bundle: Bundle) -> None:
    with Server(bundle, token="Basic right") as other:
        assert ask("/sha256", to=other, headers={"Authorization": "Basic right"}).status_code == 200


def test_a_stopped_server_does_not_listen(bundle: Bundle) -> None:
    with Server(bundle) as server:
        port = int(server.address.split(":")[2].split("/")[0])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_server_may_be_started_again_at_its_port(ask: Ask, bundle: Bundle) -> None:
    server = Server(bundle)
    addresses = []
    for _ in range(2):
        with server:
            addresses.append(server.address)
            assert ask("/healthz", to=server).status_code == 200
    assert addresses[0] == addresses[1]


def test_a_taken_port_is_an_error_that_leaves_nothing_behind(bundle: Bundle, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = Server(bundle, port=taken.getsockname()[1])
        with pytest.raises(OSError, match="address already in use"):
            server.start()
    server.stop()
