"""Listing again: the cache is corrected, and nothing that is known better by now is taken out of it."""

import pytest
from cryptography import x509

from reconcile.apply.cache import ClusterCache
from reconcile.apply.scopes import Scope
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift.watching import WatchEvent
from reconcile.skupper.list_requests import ListRequest
from reconcile.skupper.live import LiveObject
from tests.skupper.fakes import certificate

from .fakes import LABEL, FakeClient


class Listed:
    def __init__(self) -> None:
        self.client = FakeClient("a")
        self.cache = ClusterCache()

    def list(self, namespace: str | None = None, **read) -> bool:
        read = read or {"labels": LABEL}
        return Scope(ListRequest(CONFIG_MAP, **read), namespace, "0").list_again(self.client, self.cache)

    def know(self, body: dict) -> dict:
        self.cache.put(LiveObject.from_manifest(CONFIG_MAP, body))
        return body

    @property
    def names(self) -> set[str]:
        return {key.name for key in self.cache.snapshot().objects}


@pytest.fixture
def listed() -> Listed:
    return Listed()


def test_what_is_new_is_put_in(listed: Listed):
    listed.client.put("x")
    assert (listed.list(), listed.names) == (True, {"x"})


def test_what_has_not_changed_is_no_news(listed: Listed):
    listed.know(listed.client.put("x"))
    assert (listed.list(), listed.names) == (False, {"x"})


def test_what_has_changed_is_news(listed: Listed):
    listed.know(listed.client.put("x"))
    listed.client.put("x", data={"k": "v"})
    assert listed.list()


def test_what_is_gone_is_taken_out_whoever_put_it_in(listed: Listed):
    listed.know(listed.client.put("x"))
    listed.client.drop("x")
    assert (listed.list(), listed.names) == (True, set())


@pytest.mark.parametrize(
    ("namespace", "read"),
    [
        ("elsewhere", {"labels": LABEL}),
        (None, {"labels": "owner=them"}),
        (None, {"fields": "metadata.name=y"}),
    ],
    ids=["another-namespace", "another-label", "another-name"],
)
def test_what_a_list_would_not_show_is_not_taken_out_by_it(listed: Listed, namespace: str | None, read: dict):
    listed.know(listed.client.put("x"))
    assert (listed.list(namespace, **read), listed.names) == (False, {"x"})


def test_another_kind_is_not_taken_out(listed: Listed):
    listed.cache.put(LiveObject.from_manifest(SECRET, listed.client.put("x", kind=SECRET)))
    assert (listed.list(), listed.names) == (False, {"x"})


def test_what_was_made_while_a_list_was_under_way_stays(listed: Listed):
    listed.client.put("y")
    answer = listed.client.list

    def slow(*words, **options):
        found = answer(*words, **options)
        listed.know(listed.client.put("x"))
        return found

    listed.client.list = slow
    assert (listed.list(), listed.names) == (True, {"x", "y"})


def test_what_was_made_again_while_a_list_was_under_way_stays(listed: Listed):
    listed.know(listed.client.put("x"))
    listed.client.drop("x")
    answer = listed.client.list

    def slow(*words, **options):
        found = answer(*words, **options)
        listed.know(listed.client.put("x"))
        return found

    listed.client.list = slow
    assert (listed.list(), listed.names) == (False, {"x"})


def test_what_came_back_while_a_list_was_under_way_stays(listed: Listed):
    listed.know(listed.client.put("x"))
    listed.client.put("x", labels={})
    answer = listed.client.list

    def slow(*words, **options):
        found = answer(*words, **options)
        listed.know(listed.client.put("x"))
        return found

    listed.client.list = slow
    assert (listed.list(), listed.names) == (False, {"x"})


def test_what_we_have_deleted_while_a_list_was_under_way_does_not_come_back(listed: Listed):
    body = listed.know(listed.client.put("x"))
    answer = listed.client.list

    def slow(*words, **options):
        found = answer(*words, **options)
        listed.client.drop("x")
        listed.cache.remove(CONFIG_MAP, "net", "x", body["metadata"]["uid"])
        return found

    listed.client.list = slow
    listed.list()
    assert listed.names == set()


def test_what_has_left_one_list_for_another_one_is_kept(listed: Listed):
    """In whatever order the two are listed."""
    listed.know(listed.client.put("x", labels={"owner": "them"}))
    listed.client.put("x")
    listed.list(labels="owner=them")
    listed.list(labels=LABEL)
    assert listed.names == {"x"}
    listed.list(labels="owner=them")
    assert listed.names == {"x"}


@pytest.mark.parametrize("order", [1, -1])
def test_what_has_left_one_watch_for_another_one_is_kept(listed: Listed, order: int):
    listed.know(listed.client.put("x", labels={"owner": "them"}))
    now = listed.client.put("x")
    events = [WatchEvent("DELETED", {**now}), WatchEvent("ADDED", now)]
    for event in events[::order]:
        Scope(ListRequest(CONFIG_MAP), None, "0").handle_event(event, listed.cache)
    assert listed.names == {"x"}


def test_what_a_watch_calls_deleted_does_not_come_back_by_an_older_state(listed: Listed):
    first = listed.know(listed.client.put("x"))
    scope = Scope(ListRequest(CONFIG_MAP), None, "0")
    between = listed.client.put("x")
    scope.handle_event(WatchEvent("DELETED", listed.client.drop("x")), listed.cache)
    for late in (first, between):
        listed.know(late)
    assert listed.names == set()


def test_the_place_to_go_on_from_is_that_of_the_list(listed: Listed):
    listed.client.put("x")
    scope = Scope(ListRequest(CONFIG_MAP), None, "0")
    scope.list_again(listed.client, listed.cache)
    assert scope.version == "1"


def test_a_certificate_that_has_not_changed_is_not_parsed_again(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
):
    parsed: list[bytes] = []
    parse = x509.load_pem_x509_certificate

    def load(pem: bytes) -> x509.Certificate:
        parsed.append(pem)
        return parse(pem)

    monkeypatch.setattr(x509, "load_pem_x509_certificate", load)
    listed.client.put("x", kind=SECRET, data={"tls.crt": certificate("server")})
    scope = Scope(ListRequest(SECRET, labels=LABEL), None, "0")
    for _ in range(3):
        scope.list_again(listed.client, listed.cache)
    assert len(parsed) == 1
