"""Watches: they deliver, they end when they must, and say why when they cannot go on."""

import threading
import time

import pytest

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.openshift import errors
from reconcile.openshift.access import Retries
from tests.waiting import until

from .loopback import closed_port, event, fails, failure, listing, sends, serving

BODY = {"metadata": {"name": "skupper-site", "namespace": "vault"}}


def watch(client, *, stop=None, timeout=10.0, **options):
    return client.watch(
        CONFIG_MAP,
        resource_version="1",
        timeout=timeout,
        stop=stop or threading.Event(),
        **options,
    )


def streams(*pieces, then="end"):
    """Send pieces of a watch, then end it properly, or stay silent, or break it."""

    def reply(visit):
        visit.start_stream()
        for piece in pieces:
            visit.chunk(piece)
        if then == "end":
            visit.chunk(b"")
        elif then == "silence":
            visit.ended.wait(20)
        else:
            getattr(visit, then)()

    return reply


def versions(events):
    return [(event.type, event.resource_version) for event in events]


def test_a_watch_asks_for_changes_after_a_version(connect):
    with serving(streams()) as server:
        list(watch(connect(server.url), namespace="vault", labels="a=b", timeout=9.5))
    assert server.visits[0].path == "/api/v1/namespaces/vault/configmaps"
    assert server.visits[0].query == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": "1",
        "timeoutSeconds": "10",
        "labelSelector": "a=b",
    }


def test_changes_come_in_order(connect):
    lines = event("ADDED", "2"), event("MODIFIED", "3"), event("BOOKMARK", "8"), event("DELETED", "9")
    with serving(streams(*lines)) as server:
        seen = versions(watch(connect(server.url)))
    assert seen == [("ADDED", "2"), ("MODIFIED", "3"), ("BOOKMARK", "8"), ("DELETED", "9")]


def test_lines_need_not_end_where_pieces_of_the_network_end(connect):
    text = event("ADDED", "2") + event("MODIFIED", "3")
    with serving(streams(text[:10], text[10:70], text[70:])) as server:
        assert versions(watch(connect(server.url))) == [("ADDED", "2"), ("MODIFIED", "3")]


def test_an_event_is_delivered_before_the_next_one_happens(connect):
    with serving(streams(event("ADDED", "2"), then="silence")) as server:
        events = watch(connect(server.url))
        assert next(events).resource_version == "2"
        events.close()


def test_a_watch_says_that_it_is_open_before_anything_happens(connect):
    stop = threading.Event()
    with serving(streams(then="silence")) as server:
        assert list(watch(connect(server.url), stop=stop, opened=stop.set)) == []
        assert stop.is_set()


def test_a_watch_that_is_not_accepted_does_not_say_that_it_is_open(connect):
    reported: list[str] = []
    with serving(fails(403, "Forbidden")) as server, pytest.raises(errors.Forbidden):
        list(watch(connect(server.url), opened=lambda: reported.append("open")))
    assert reported == []


@pytest.mark.parametrize("tls", [False, True])
def test_a_stop_ends_a_silent_watch_at_once(connect, authority, tls):
    stop = threading.Event()
    context = authority.server() if tls else None
    with serving(streams(event("ADDED", "2"), then="silence"), context=context) as server:
        events = watch(connect(server.url, ca_file=authority.file), stop=stop)
        next(events)
        stopped = time.monotonic()
        threading.Timer(0.1, stop.set).start()
        assert list(events) == []
    assert time.monotonic() - stopped < 0.8


def test_a_watch_ends_at_its_time_even_if_the_server_does_not_end_it(connect):
    began = time.monotonic()
    with serving(streams(then="silence")) as server:
        assert list(watch(connect(server.url), timeout=0.5)) == []
    assert 0.4 < time.monotonic() - began < 1.5


def test_a_silence_longer_than_the_read_time_out_does_not_end_a_watch(connect):
    from reconcile.openshift.access import Timeouts

    def late(visit):
        visit.start_stream()
        visit.ended.wait(0.6)
        visit.chunk(event("ADDED", "2"))
        visit.chunk(b"")

    with serving(late) as server:
        assert len(list(watch(connect(server.url, timeouts=Timeouts(read=0.3))))) == 1


def test_closing_the_client_ends_its_watches(connect):
    with serving(streams(event("ADDED", "2"), then="silence")) as server:
        client = connect(server.url)
        events = watch(client)
        next(events)
        threading.Timer(0.1, client.close).start()
        closed = time.monotonic()
        assert list(events) == []
    assert time.monotonic() - closed < 0.8


def test_a_client_that_is_closed_while_a_watch_opens_ends_it(connect):
    def reply(visit):
        client.close()
        streams(then="silence")(visit)

    began = time.monotonic()
    with serving(reply) as server:
        client = connect(server.url)
        assert list(watch(client)) == []
    assert time.monotonic() - began < 2


def test_a_watch_that_is_stopped_before_it_begins_asks_nothing(connect):
    stop = threading.Event()
    stop.set()
    with serving(streams()) as server:
        assert list(watch(connect(server.url), stop=stop)) == []
        assert server.visits == []


def test_a_stop_ends_the_attempts_to_open_a_watch(connect):
    stop = threading.Event()
    client = connect(f"http://127.0.0.1:{closed_port()}", retries=Retries(attempts=50, base=60, cap=60))
    threading.Timer(0.2, stop.set).start()
    assert list(watch(client, stop=stop)) == []
    assert client.counts.retries == 1


@pytest.mark.parametrize("ending", ["reset", "hang_up"])
def test_a_watch_that_breaks_ends_quietly(connect, ending):
    with serving(streams(event("ADDED", "2"), then=ending)) as server:
        assert versions(watch(connect(server.url))) == [("ADDED", "2")]


def test_half_a_line_is_not_an_event(connect):
    with serving(streams(event("ADDED", "2"), event("ADDED", "3")[:20], then="hang_up")) as server:
        assert versions(watch(connect(server.url))) == [("ADDED", "2")]


def test_an_expired_version_in_the_stream_is_gone(connect):
    line = event("ERROR", **failure(410, "Expired", "too old resource version"))
    with serving(streams(event("ADDED", "2"), line)) as server:
        events = watch(connect(server.url), namespace="vault")
        next(events)
        with pytest.raises(errors.Gone) as caught:
            next(events)
    assert str(caught.value) == (
        "app-sre-stage-01/vault: cannot watch configmaps: expired (410): too old resource version; list again"
    )


def test_an_expired_version_at_the_start_is_gone(connect):
    with serving(fails(410, "Expired")) as server, pytest.raises(errors.Gone):
        list(watch(connect(server.url)))


def test_another_error_in_the_stream_has_its_class(connect):
    line = event("ERROR", **failure(500, "InternalError", "etcd is away"))
    with serving(streams(line)) as server, pytest.raises(errors.ServerFault, match="etcd is away"):
        list(watch(connect(server.url)))


def test_a_forbidden_watch_names_the_right(connect):
    with serving(fails(403, "Forbidden")) as server, pytest.raises(errors.Forbidden) as caught:
        list(watch(connect(server.url), namespace="vault"))
    assert caught.value.hint == "the account needs watch on configmaps in namespace vault"


def test_opening_a_watch_is_tried_again(connect):
    with serving(fails(503), streams(event("ADDED", "2"))) as server:
        client = connect(server.url)
        assert len(list(watch(client))) == 1
    assert repr(client.counts) == "RequestCounts(reads=0, writes=0, retries=1, watches=1)"


@pytest.mark.parametrize(
    "line",
    [
        b"<html>\n",
        b"[]\n",
        b'{"type": "NEWS", "object": {}}\n',
        b'{"type": "ADDED"}\n',
        b'{"type": "ADDED", "object": {}}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_no_event_is_not_passed_over(connect, line):
    with serving(streams(line)) as server, pytest.raises(errors.Unreachable, match="not an event"):
        list(watch(connect(server.url)))


def test_watches_do_not_use_up_the_connections_of_requests(connect):
    stop = threading.Event()

    def reply(visit):
        if "watch" in visit.query:
            streams(event("ADDED", "2"), then="silence")(visit)
        else:
            sends(listing("a"))(visit)

    with serving(reply) as server:
        client = connect(server.url, pool_size=1)
        watches = [watch(client, stop=stop) for _ in range(5)]
        for events in watches:
            next(events)
        assert len(client.list(CONFIG_MAP).items) == 1
        stop.set()
        assert [list(events) for events in watches] == [[]] * 5


def test_watches_that_end_leave_nothing_to_the_connections_of_requests(connect, caplog):
    def reply(visit):
        if "watch" in visit.query:
            streams(event("ADDED", "2"))(visit)
        else:
            sends(listing("a"))(visit)

    with serving(reply) as server:
        client = connect(server.url, pool_size=1)
        watches = [watch(client) for _ in range(3)]
        for events in watches:
            next(events)
        assert [list(events) for events in watches] == [[]] * 3
        client.list(CONFIG_MAP)
        assert server.connections == 4
    assert caplog.records == []


def test_no_thread_stays_behind_when_all_watches_have_ended(connect):
    # Clients that other tests share may be watching in this process.
    before = set(threading.enumerate())
    with serving(streams(event("ADDED", "2"))) as server:
        list(watch(connect(server.url)))
        until(lambda: not [t for t in set(threading.enumerate()) - before if t.name == "watch-warden"])


def test_an_event_does_not_show_its_object_in_a_repr(connect):
    with serving(streams(event("ADDED", metadata={}, data={"key": "CAUGHT"}))) as server:
        events = list(
            connect(server.url).watch(SECRET, resource_version="1", timeout=5, stop=threading.Event())
        )
    assert "CAUGHT" not in repr(events)
