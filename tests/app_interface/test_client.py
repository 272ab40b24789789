"""What the client makes of each kind of answer: which are tried again, which are refused, and in what words."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from reconcile.app_interface.client import Client, GraphqlTimeouts
from reconcile.app_interface.errors import (
    AccessDenied,
    BadAnswer,
    PartialAnswer,
    QueryRefused,
    ServerError,
    ServerFault,
    UnknownSha,
    Unreachable,
    Untrusted,
)
from reconcile.openshift.access import Retries
from tests.openshift.certificates import Authority
from tests.openshift.loopback import Visit, closed_port, sends, serving, silent_host

Connect = Callable[..., Client]

QUERY = "{ skupper_v1 { identifier } }"
SHA = "ab" * 32
EMPTY = sends({"data": {"skupper_v1": []}})


def html(status: int) -> Callable[[Visit], None]:
    return lambda visit: visit.answer(status, b"<html>no</html>", "text/html")


def text(body: str) -> Callable[[Visit], None]:
    return lambda visit: visit.answer(200, body.encode(), "text/plain")


def reset(visit: Visit) -> None:
    visit.reset()


def half_an_answer(visit: Visit) -> None:
    visit.send(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data"')
    visit.hang_up()


def errors(*found: dict[str, Any]) -> Callable[[Visit], object]:
    return sends({"data": {"skupper_v1": None}, "errors": list(found)})


def test_queries_go_to_the_pinned_bundle(connect: Connect) -> None:
    with serving(text(SHA + "\n"), EMPTY) as server:
        client = connect(f"{server.url}/graphql")
        assert client.pin() == SHA
        assert client.ask(QUERY) == {"skupper_v1": []}
    assert [visit.target for visit in server.visits] == ["/sha256", f"/graphqlsha/{SHA}"]


def test_without_pinning_queries_go_to_whatever_is_newest(connect: Connect) -> None:
    with serving(EMPTY) as server:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert server.visits[0].target == "/graphql"


def test_a_bundle_can_be_chosen(connect: Connect) -> None:
    with serving(EMPTY) as server:
        connect(f"{server.url}/graphql", sha=SHA).ask(QUERY)
    assert server.visits[0].target == f"/graphqlsha/{SHA}"


def test_the_server_may_lie_below_a_prefix(connect: Connect) -> None:
    with serving(text(SHA), EMPTY) as server:
        client = connect(f"{server.url}/some/where/graphql")
        client.pin()
        client.ask(QUERY)
    assert [visit.target for visit in server.visits] == [
        "/some/where/sha256",
        f"/some/where/graphqlsha/{SHA}",
    ]


def test_query_and_variables_are_sent(connect: Connect) -> None:
    with serving(EMPTY) as server:
        connect(f"{server.url}/graphql").ask("query ($f: JSON) { a(filter: $f) { b } }", {"f": {"n": 1}})
    assert server.visits[0].json["variables"] == {"f": {"n": 1}}
    assert "a(filter: $f)" in server.visits[0].json["query"]


def test_the_token_is_sent_as_it_is_with_every_request(connect: Connect) -> None:
    with serving(text(SHA), sends({"commit": "c", "timestamp": "1"}), EMPTY) as server:
        client = connect(f"{server.url}/graphql", token=SecretStr("Basic abc="))
        client.pin()
        client.commit()
        client.ask(QUERY)
    assert [visit.headers["authorization"] for visit in server.visits] == ["Basic abc="] * 3


def test_no_token_of_a_netrc_file_is_sent(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(EMPTY) as server:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert "authorization" not in server.visits[0].headers


@pytest.mark.parametrize("fault", [reset, half_an_answer, html(500), html(502), html(503), html(504)])
def test_a_fault_that_may_pass_is_tried_again(
    connect: Connect, pauses: list[float], fault: Callable[[Visit], None]
) -> None:
    with serving(fault, fault, EMPTY) as server:
        assert connect(f"{server.url}/graphql").ask(QUERY) == {"skupper_v1": []}
    assert pauses == [0.5, 1.0]


@pytest.mark.parametrize("fault", [reset, html(503)])
def test_the_question_for_the_newest_bundle_is_tried_again(
    connect: Connect, pauses: list[float], fault: Callable[[Visit], None]
) -> None:
    with serving(fault, text(SHA)) as server:
        assert connect(f"{server.url}/graphql").pin() == SHA
    assert pauses == [0.5]


def test_an_answer_that_does_not_come_in_time_is_tried_again(connect: Connect, pauses: list[float]) -> None:
    def late(visit: Visit) -> None:
        visit.ended.wait(10)

    with serving(late, EMPTY) as server:
        client = connect(f"{server.url}/graphql", timeouts=GraphqlTimeouts(query=0.2))
        assert client.ask(QUERY) == {"skupper_v1": []}
    assert pauses == [0.5]


def test_retries_end_after_five_attempts(connect: Connect, pauses: list[float]) -> None:
    with serving(html(503)) as server, pytest.raises(ServerFault, match=r"failed \(503\)"):
        connect(f"{server.url}/graphql").ask(QUERY)
    assert len(server.visits) == 5
    assert pauses == [0.5, 1.0, 2.0, 4.0]


def test_a_refused_connection_is_unreachable(connect: Connect) -> None:
    address = f"http://127.0.0.1:{closed_port()}/graphql"
    with pytest.raises(Unreachable) as caught:
        connect(address).ask(QUERY)
    assert str(caught.value) == (
        f"GraphQL server {address}: no connection (Connection refused); "
        "check server in [graphql] of the configuration and the network on the way to it"
    )


def test_a_silent_server_is_unreachable(connect: Connect) -> None:
    with silent_host() as host, pytest.raises(Unreachable, match="no response in time"):
        connect(f"http://{host}/graphql", timeouts=GraphqlTimeouts(query=0.05, sha=0.05)).pin()


def test_a_server_that_was_silent_for_long_is_not_tried_again(connect: Connect, pauses: list[float]) -> None:
    timeouts = GraphqlTimeouts(sha=0.05, retries=Retries(attempts=5, within=0.04))
    with silent_host() as host, pytest.raises(Unreachable, match="no response in time"):
        connect(f"http://{host}/graphql", timeouts=timeouts).pin()
    assert pauses == []


def test_a_certificate_of_an_unknown_authority_is_not_tried_again(
    connect: Connect, pauses: list[float], tmp_path: Path
) -> None:
    context = Authority.make(tmp_path).server()
    with serving(EMPTY, context=context) as server, pytest.raises(Untrusted, match="REQUESTS_CA_BUNDLE"):
        connect(f"{server.url}/graphql").ask(QUERY)
    assert pauses == []


def test_an_authority_named_by_the_environment_is_trusted(
    connect: Connect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority.make(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.file)
    with serving(EMPTY, context=authority.server()) as server:
        assert connect(f"{server.url}/graphql").ask(QUERY) == {"skupper_v1": []}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (html(401), AccessDenied),
        (html(403), AccessDenied),
        (sends({"errors": [{"message": "no such field"}]}, 400), QueryRefused),
        (html(404), BadAnswer),
        (html(302), BadAnswer),
        (html(418), BadAnswer),
        (html(200), BadAnswer),
        (sends([]), BadAnswer),
        (sends("data"), BadAnswer),
        (sends(1), BadAnswer),
        (sends({}), BadAnswer),
        (errors({"message": "boom"}), PartialAnswer),
    ],
)
def test_no_other_answer_is_tried_again(
    connect: Connect, pauses: list[float], answer: Callable[[Visit], None], expected: type[ServerError]
) -> None:
    with serving(answer) as server, pytest.raises(ServerError) as caught:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert type(caught.value) is expected
    assert pauses == []
    assert len(server.visits) == 1


def test_partial_errors_are_reported_with_their_path(connect: Connect) -> None:
    broken = {"message": "Cannot return null", "path": ["skupper_v1", 0, "namespaces"]}
    with serving(errors(broken)) as server, pytest.raises(PartialAnswer) as caught:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert "Cannot return null (at skupper_v1.0.namespaces)" in str(caught.value)


def test_many_partial_errors_are_counted(connect: Connect) -> None:
    many = [{"message": f"fault {number}"} for number in range(12)]
    with serving(errors(*many)) as server, pytest.raises(PartialAnswer) as caught:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert "fault 4; and 7 more" in str(caught.value)
    assert "fault 5" not in str(caught.value)


@pytest.mark.parametrize("question", [Client.commit, lambda client: client.ask(QUERY)])
def test_an_unknown_bundle_is_named_with_the_next_step(
    connect: Connect, question: Callable[[Client], object]
) -> None:
    with serving(html(404)) as server, pytest.raises(UnknownSha, match=f"bundle {SHA}.*retry"):
        question(connect(f"{server.url}/graphql", sha=SHA))


def test_a_refused_query_is_quoted_in_the_servers_words(connect: Connect) -> None:
    refusal = sends({"errors": [{"message": 'Cannot query field "skupper_v1"'}]}, 400)
    with serving(refusal) as server, pytest.raises(QueryRefused, match='Cannot query field "skupper_v1"'):
        connect(f"{server.url}/graphql").ask(QUERY)


def test_long_words_of_the_server_are_cut_short(connect: Connect) -> None:
    refusal = sends({"errors": [{"message": "x" * 5000}]}, 400)
    with serving(refusal) as server, pytest.raises(QueryRefused) as caught:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert len(str(caught.value)) < 700


def test_a_redirect_is_reported_and_not_followed(connect: Connect) -> None:
    with serving(EMPTY) as elsewhere:

        def away(visit: Visit) -> None:
            visit.answer(302, b"", "", Location=f"http://user:pass@{elsewhere.host}/graphql")

        with serving(away) as server, pytest.raises(BadAnswer) as caught:
            connect(f"{server.url}/graphql", token=SecretStr("Basic abc=")).ask(QUERY)
    assert f"redirects to http://{elsewhere.host}/graphql;" in str(caught.value)
    assert elsewhere.visits == []


@pytest.mark.parametrize("answer", ["", "not a sha", SHA[1:], SHA.upper(), "<html></html>"])
def test_only_a_sha256_can_be_pinned(connect: Connect, answer: str) -> None:
    with serving(text(answer)) as server, pytest.raises(BadAnswer, match=r"/sha256: .*not a SHA-256 hash"):
        connect(f"{server.url}/graphql").pin()


@pytest.mark.parametrize(
    ("info", "timestamp"),
    [
        ({"commit": "c0ffee", "timestamp": "1667779200"}, 1667779200),
        ({"commit": "c0ffee", "timestamp": 1667779200}, 1667779200),
        ({"commit": "c0ffee", "timestamp": "yesterday"}, None),
        ({"commit": "c0ffee"}, None),
    ],
)
def test_the_commit_may_lack_a_time(connect: Connect, info: dict[str, Any], timestamp: int | None) -> None:
    with serving(sends(info)) as server:
        commit = connect(f"{server.url}/graphql", sha=SHA).commit()
    assert (commit.name, commit.timestamp) == ("c0ffee", timestamp)
    assert server.visits[0].target == f"/git-commit-info/{SHA}"


@pytest.mark.parametrize("body", ["", "<html></html>", "[]", "1"])
def test_commit_information_is_a_json_object(connect: Connect, body: str) -> None:
    with serving(text(body)) as server, pytest.raises(BadAnswer, match="git-commit-info"):
        connect(f"{server.url}/graphql").commit()


def test_queried_schemas_are_collected_over_all_queries(connect: Connect) -> None:
    first = sends({"data": {}, "extensions": {"schemas": ["/a-1.yml", "/b-1.yml"]}})
    second = sends({"data": {}, "extensions": {"schemas": ["/b-1.yml", "/c-1.yml"]}})
    with serving(first, second, sends({"data": {}})) as server:
        client = connect(f"{server.url}/graphql")
        for _ in range(3):
            client.ask(QUERY)
    assert client.schemas == {"/a-1.yml", "/b-1.yml", "/c-1.yml"}


def test_answers_are_not_logged(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with serving(sends({"data": {"consolePassword": "pass-word"}})) as server:
        connect(f"{server.url}/graphql").ask(QUERY)
    assert "POST /graphql" in caplog.text
    assert "pass-word" not in caplog.text


@pytest.mark.parametrize(
    "answer", [reset, html(401), html(404), html(500), html(200), errors({"message": "x"})]
)
def test_no_error_shows_token_or_user_information(connect: Connect, answer: Callable[[Visit], None]) -> None:
    with serving(answer) as server, pytest.raises(ServerError) as caught:
        connect(f"http://user:pass-word@{server.host}/graphql", token=SecretStr("Basic s3cr3t")).ask(QUERY)
    shown = f"{caught.value!s} {caught.value!r} {caught.value.server}"
    assert "s3cr3t" not in shown
    assert "pass-word" not in shown
