"""Servers that give no usable answer: each cause has its words, and none takes long."""

import time

import pytest

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift.access import Retries, Timeouts
from reconcile.openshift.errors import ServerFault, Unreachable

from .loopback import black_hole, closed_port, listing, sends, serving, silent_host

ONCE = Retries(attempts=1)


def reason(client):
    with pytest.raises(Unreachable) as caught:
        client.list(CONFIG_MAP)
    return caught.value.reason


def test_a_refused_connection_names_the_server(connect):
    port = closed_port()
    with pytest.raises(Unreachable) as caught:
        connect(f"https://127.0.0.1:{port}").list(CONFIG_MAP, namespace="vault")
    assert str(caught.value) == (
        f"app-sre-stage-01/vault: cannot list configmaps: unreachable: connection refused by 127.0.0.1:{port}; "
        "check serverUrl and any proxy, firewall or load balancer in between"
    )


def test_a_black_hole_is_given_up_after_two_attempts(connect, pauses):
    began = time.monotonic()
    with black_hole() as host:
        client = connect(f"https://{host}", timeouts=Timeouts(connect=0.3), retries=Retries(attempts=2))
        assert reason(client) == f"no connection to {host} within 0.3 s"
    assert time.monotonic() - began < 3
    assert client.counts.retries == 1


def test_a_black_hole_with_the_default_time_outs_costs_less_than_15_seconds(connect):
    began = time.monotonic()
    with black_hole() as host:
        client = connect(f"https://{host}", timeouts=Timeouts(), sleep=time.sleep)
        reason(client)
        assert time.monotonic() - began < 12
        paid = time.monotonic()
        for _ in range(20):
            reason(client)
        assert time.monotonic() - paid < 0.5


def test_a_server_that_accepts_and_says_nothing_fails_the_handshake_in_time(connect):
    with silent_host() as host:
        client = connect(f"https://{host}", timeouts=Timeouts(connect=0.3, read=60), retries=ONCE)
        assert reason(client) == f"no connection to {host} within 0.3 s"


def test_a_server_that_never_answers_is_asked_once(connect):
    with serving(lambda visit: visit.ended.wait(10)) as server:
        client = connect(server.url, timeouts=Timeouts(read=0.3))
        assert reason(client) == f"no answer from {server.host} within 0.3 s"
        assert len(server.visits) == 1


def test_the_wait_for_a_server_that_never_answers_is_paid_once(connect):
    with serving(lambda visit: visit.ended.wait(10)) as server:
        client = connect(server.url, timeouts=Timeouts(read=0.3))
        for _ in range(3):
            assert reason(client) == f"no answer from {server.host} within 0.3 s"
        assert len(server.visits) == 1


def test_a_server_that_trickles_is_left(connect):
    def trickle(visit):
        visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not visit.ended.wait(0.05):
            visit.send(b" ")

    with serving(trickle) as server:
        client = connect(server.url, timeouts=Timeouts(read=5, whole=0.4))
        assert reason(client) == f"{server.host} did not finish its response within 0.4 s"


@pytest.mark.parametrize("read", [10, 100, 300, 3600])
def test_an_answer_has_as_long_to_end_as_it_had_to_begin(read: float):
    assert Timeouts(read=read).limit >= 2 * read


def test_an_answer_has_a_minute_at_least():
    assert Timeouts(read=1).limit == 60


@pytest.mark.parametrize("read", [1, 10, 100, 3600])
def test_a_cluster_has_longer_than_one_answer(read: float):
    assert Timeouts(read=read).cluster >= 1.5 * Timeouts(read=read).limit


def test_a_name_that_does_not_exist_is_named(connect):
    client = connect("https://api.no-such-cluster.invalid:6443", retries=ONCE)
    assert reason(client) == "the name api.no-such-cluster.invalid:6443 cannot be resolved"


def test_a_server_without_tls_is_named(connect):
    with serving(raw=lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        assert reason(connect(f"https://{server.host}")) == f"{server.host} does not speak TLS"
        assert server.connections == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (
            "api.example.com:6443",
            "'api.example.com:6443' is unusable: it is not of the form https://host:port",
        ),
        ("https://", "'https://' is unusable: its host is not a name"),
        ("ftp://host", "'ftp://host' is unusable: it is not of the form https://host:port"),
        ("http://api.example.com", "is plain HTTP, which would expose the token"),
        ("https://bot:hunter2@host", "must not contain a user name or password"),
        ("https://host:port", "its port is not a number between 1 and 65535"),
        ("https://host:0", "its port is not a number between 1 and 65535"),
    ],
)
def test_a_wrong_address_is_a_fault_of_the_request(connect, address, words):
    client = connect(address)
    reported = reason(client)
    assert words in reported
    assert "hunter2" not in reported


def test_a_page_is_not_taken_for_a_cluster(connect):
    with serving(lambda visit: visit.answer(200, b"<html>Sign in", "text/html; charset=utf-8")) as server:
        with pytest.raises(Unreachable) as caught:
            connect(server.url).list(CONFIG_MAP)
        assert caught.value.reason == "the response is not from a Kubernetes API server (text/html)"
        assert caught.value.hint == "check serverUrl and any proxy, firewall or load balancer in between"
        assert len(server.visits) == 1


@pytest.mark.parametrize(
    "body", [b"[]", b'{"hello": 1}', b'"text"', b"", b'{"kind": "Secret', b"[" * 100_000]
)
def test_json_that_is_no_kubernetes_object_is_not_taken_for_one(connect, body):
    with serving(lambda visit: visit.answer(200, body)) as server:
        words = "the response is not from a Kubernetes API server (application/json)"
        assert reason(connect(server.url)) == words


@pytest.mark.parametrize("item", ["a", None, {}, {"metadata": []}])
def test_a_list_must_hold_objects(connect, item):
    with serving(sends({"kind": "ConfigMapList", "items": [item]})) as server:
        assert reason(connect(server.url)) == "the response is not a list of objects"


def test_a_page_of_a_load_balancer_about_its_trouble_is_a_server_fault(connect):
    with (
        serving(lambda visit: visit.answer(503, b"<html>", "text/html")) as server,
        pytest.raises(ServerFault) as caught,
    ):
        connect(server.url).list(CONFIG_MAP)
    assert caught.value.status == 503
    assert len(server.visits) == 4


def test_a_redirect_is_not_followed_and_its_query_not_shown(connect):
    with serving(sends(listing())) as target:
        location = f"{target.url}/login?secret=1"
        with serving(lambda visit: visit.answer(302, Location=location)) as server:
            reported = reason(connect(server.url))
        assert reported == f"the response is not from a Kubernetes API server (a redirect to {target.url})"
        assert target.visits == []


@pytest.mark.parametrize("verb", ["reset", "hang_up"])
def test_a_connection_that_breaks_before_the_answer_is_reported(connect, verb):
    with serving(lambda visit: getattr(visit, verb)()) as server:
        reported = reason(connect(server.url))
    assert reported in {
        f"connection reset by {server.host}",
        f"{server.host} closed the connection without an answer",
    }


@pytest.mark.parametrize("verb", ["reset", "hang_up"])
def test_an_answer_that_breaks_off_is_reported(connect, verb):
    def half(visit):
        visit.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"kind": "SecretList", "items": [')
        getattr(visit, verb)()

    with serving(half) as server:
        reported = reason(connect(server.url))
    assert reported in {f"connection reset by {server.host}", f"the response from {server.host} was cut off"}


def test_a_chunked_answer_that_breaks_off_is_reported(connect):
    def half(visit):
        visit.start_stream()
        visit.chunk(b'{"kind": "SecretList", ')
        visit.hang_up()

    with serving(half) as server:
        assert reason(connect(server.url)) == f"the response from {server.host} was cut off"


def test_no_piece_of_an_answer_stays_in_the_error(connect):
    def half(visit):
        visit.start_stream()
        visit.chunk(b'{"kind": "SecretList", "items": [{"data": {"key": "CAUGHT')
        visit.send(b"ffff\r\nCAUGHT-AGAIN")
        visit.hang_up()

    with serving(half) as server, pytest.raises(Unreachable) as caught:
        connect(server.url).list(SECRET)
    error: BaseException | None = caught.value
    while error is not None:
        assert "CAUGHT" not in f"{error} {error!r} {error.__dict__}"
        error = error.__cause__ or error.__context__


def test_bytes_that_are_no_http_are_reported(connect):
    with serving(lambda visit: (visit.send(b"SSH-2.0-OpenSSH_9\r\n"), visit.hang_up())) as server:
        assert reason(connect(server.url)).startswith(f"the connection to {server.host} failed")


def test_requests_after_close_are_refused(connect):
    client = connect("https://127.0.0.1:1")
    client.close()
    assert reason(client) == "the client is closed"
