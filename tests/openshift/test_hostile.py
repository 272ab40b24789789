"""Servers that never end: each costs a client the time limit of an answer, or a bounded number of bytes."""

import gzip
import json
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path

import pytest

from reconcile.kinds import CONFIG_MAP
from reconcile.openshift import errors, listing
from reconcile.openshift.access import Retries, Timeouts

from .loopback import serving

LIMIT = 0.5
SHORT = Timeouts(connect=LIMIT, read=5, whole=LIMIT)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MIB = 1 << 20
ENOUGH = 200 * MIB
"""More than any limit."""


def drips(begin=b"", *, drop=b"x"):
    """Sends a few bytes from time to time, each long before a read would time out; for 5 s, lest a test never ends."""

    def reply(visit):
        visit.send(begin)
        for _ in range(100):
            visit.send(drop)
            if visit.ended.wait(0.05):
                return

    return reply


def floods(begin=b"", *, drop=b"x" * MIB):
    def reply(visit):
        visit.send(begin)
        sent = 0
        while sent < ENOUGH and not visit.ended.is_set():
            visit.send(drop)
            sent += len(drop)

    return reply


def sends(head, body):
    return lambda visit: visit.send(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))


SLOW = {
    "a status line": drips(b"HTTP/1.1 "),
    "the name of a header": drips(HEAD + b"X-"),
    "header after header": drips(HEAD, drop=b"A: b\r\n"),
    "100 Continue after 100 Continue": drips(drop=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the length of a chunk": drips(CHUNKED, drop=b"0"),
    "chunk after chunk": drips(CHUNKED, drop=b"1\r\n \r\n"),
    "a body without a length": drips(HEAD + b"\r\n", drop=b" "),
    "a body with a length": drips(HEAD + b"Content-Length: 1000000\r\n\r\n", drop=b" "),
    "trailer after trailer": drips(CHUNKED + b"1\r\n \r\n0\r\n", drop=b"A: b\r\n"),
}


@pytest.mark.parametrize("kind", SLOW)
def test_an_answer_that_drips_costs_no_more_than_the_time_limit(connect, kind):
    with serving(SLOW[kind]) as server:
        began = time.monotonic()
        with pytest.raises(errors.Unreachable) as caught:
            connect(server.url, timeouts=SHORT).list(CONFIG_MAP)
        assert time.monotonic() - began < 3 * LIMIT
    assert caught.value.reason == f"{server.host} did not finish its response within 0.5 s"
    assert len(server.visits) == 1


def test_an_answer_that_drips_through_tls_is_given_up_in_time(connect, authority):
    with serving(SLOW["header after header"], context=authority.server()) as server:
        client = connect(server.url, timeouts=SHORT, ca_file=authority.file)
        with pytest.raises(errors.Unreachable, match="did not finish its response within"):
            client.list(CONFIG_MAP)


def test_a_proxy_that_drips_is_given_up_in_time(connect, monkeypatch):
    with serving(SLOW["header after header"]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        with pytest.raises(errors.Unreachable, match="did not finish its response within"):
            connect("https://api.cluster.invalid:6443", timeouts=SHORT).list(CONFIG_MAP)
        assert time.monotonic() - began < 3 * LIMIT


@pytest.mark.parametrize("kind", ["a status line", "header after header", "100 Continue after 100 Continue"])
def test_a_watch_whose_headers_drip_is_given_up_in_time(connect, kind):
    with (
        serving(SLOW[kind]) as server,
        pytest.raises(errors.Unreachable, match="did not finish its response"),
    ):
        list(watch(connect(server.url, timeouts=SHORT)))


@pytest.mark.parametrize("begin", [b"", b"\x16\x03\x03\x40\x00"])
def test_a_tls_handshake_that_drips_costs_no_more_than_the_connect_time_out(connect, begin):
    ended = threading.Event()

    def drip(connection):
        connection.sendall(begin)
        while not ended.wait(0.05):
            connection.sendall(b"\x16\x03\x03\x40\x00"[:1])

    with serving(raw=drip) as server:
        began = time.monotonic()
        client = connect(f"https://{server.host}", timeouts=SHORT, retries=Retries(attempts=1))
        with pytest.raises(errors.Unreachable):
            client.list(CONFIG_MAP)
        ended.set()
        assert time.monotonic() - began < 3 * LIMIT


def test_an_answer_that_nobody_waits_for_any_more_ends_with_the_next_byte(connect):
    with serving(SLOW["a body without a length"]) as server:
        client = connect(server.url, timeouts=Timeouts(read=5, whole=60))
        threading.Timer(0.2, client.abandon).start()
        with pytest.raises(errors.Unreachable, match="was given up"):
            client.list(CONFIG_MAP)


LARGE = {
    "100 Continue after 100 Continue": floods(drop=b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "chunk after chunk": floods(CHUNKED, drop=b"%x\r\n%s\r\n" % (MIB, b" " * MIB)),
    "a body": floods(HEAD + b"\r\n"),
    "a compressed body": sends(HEAD + b"Content-Encoding: gzip\r\n", gzip.compress(bytes(16 * MIB), 1)),
}


@pytest.mark.parametrize("kind", LARGE)
def test_an_answer_that_is_too_large_is_not_read_to_its_end(connect, kind):
    with serving(LARGE[kind]) as server, pytest.raises(errors.Excessive) as caught:
        connect(server.url).get(CONFIG_MAP, "a", "vault")
    assert str(caught.value) == (
        "app-sre-stage-01/vault: cannot get ConfigMap a: unreachable: "
        f"{server.host} sent more than 8 MiB in one response; "
        "check what answers at serverUrl; no API server sends that much"
    )
    assert len(server.visits) == 1


def test_an_answer_with_too_many_values_is_not_parsed(connect):
    body = b'{"kind": "ConfigMapList", "items": [' + b"{}," * 500_000 + b"{}]}"
    with (
        serving(sends(HEAD, body)) as server,
        pytest.raises(errors.Excessive, match="more than 500000 values"),
    ):
        connect(server.url).list(CONFIG_MAP)


def test_an_answer_that_is_compressed_in_another_way_than_asked_for_is_refused(connect):
    reply = sends(HEAD + b"Content-Encoding: zstd\r\n", b"x")
    with serving(reply) as server, pytest.raises(errors.Unreachable, match="cut off"):
        connect(server.url).list(CONFIG_MAP)


def page(*names, more="", version="7", **metadata):
    items = [{"metadata": {"name": name, "namespace": "vault", "uid": name}} for name in names]
    document = {
        "kind": "ConfigMapList",
        "metadata": {"resourceVersion": version, "continue": more, **metadata},
    }
    return sends(HEAD, json.dumps({**document, "items": items}).encode())


def pages(make):
    """An endless list; `make` has the number of the chunk and answers with it."""
    numbers = count()

    def reply(visit):
        make(next(numbers))(visit)

    return reply


def test_a_list_that_always_goes_on_ends(connect, monkeypatch):
    monkeypatch.setattr(listing, "MOST_CHUNKS", 20)
    with serving(pages(lambda number: page(more=f"t{number}"))) as server:
        with pytest.raises(errors.Excessive, match="the list has more than 20 chunks"):
            connect(server.url).list(CONFIG_MAP)
        assert len(server.visits) == 20


def test_a_list_that_always_goes_on_slowly_ends_in_time(connect):
    def late(number):
        time.sleep(0.1)
        return page(f"n-{number}", more=f"t{number}")

    with (
        serving(pages(late)) as server,
        pytest.raises(errors.Excessive, match=r"more chunks than it could send within 0\.75 s"),
    ):
        connect(server.url, timeouts=SHORT).list(CONFIG_MAP)


def test_a_list_of_too_many_objects_ends(connect, monkeypatch):
    monkeypatch.setattr(listing, "MOST_OBJECTS", 20)
    endless = pages(lambda number: page(f"n-{number}", more=f"t{number}"))
    with (
        serving(endless) as server,
        pytest.raises(errors.Excessive, match="the list has more than 20 objects"),
    ):
        connect(server.url).list(CONFIG_MAP)


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        ([page("a", more="t"), page("b", more="t")], "the server repeats its continue token"),
        ([page("a", more="t"), page("b", version="8")], "cut the chunks from lists of different versions"),
        ([page("a", more="t"), page("a")], "the server listed vault/a more than once"),
        ([page("a", more="t", remainingItemCount=5), page("b")], "announced 6 objects and listed 2"),
        ([page("a", more=["t"])], "the server repeats its continue token"),
    ],
)
def test_chunks_that_do_not_add_up_are_noticed(connect, chunks, reason):
    with serving(*chunks, *chunks) as server, pytest.raises(errors.InconsistentList, match=reason):
        connect(server.url).list(CONFIG_MAP)


def test_objects_of_another_namespace_than_the_listed_one_are_noticed(connect):
    with (
        serving(page("a")) as server,
        pytest.raises(errors.InconsistentList, match="vault/a, which is elsewhere"),
    ):
        connect(server.url).list(CONFIG_MAP, namespace="apps")


def test_chunks_that_are_too_large_are_asked_for_again_with_fewer_objects(connect):
    def answer(visit):
        size = int(visit.query["limit"])
        body = {"kind": "ConfigMapList", "items": [{"metadata": {}, "data": {"a": "x" * 50_000 * size}}]}
        sends(HEAD, json.dumps(body).encode())(visit)

    with serving(answer) as server:
        assert len(connect(server.url).list(CONFIG_MAP).items) == 1
    assert [visit.query["limit"] for visit in server.visits] == ["500", "50"]


def test_what_all_lists_of_a_cluster_hold_is_counted_together(connect, monkeypatch):
    held = listing.Holdings(most=1000)
    call = connect("http://127.0.0.1:1")._about("list", CONFIG_MAP, {})
    held.hold("a", 600, call)
    held.hold("a", 900, call)
    with pytest.raises(errors.Excessive, match="take more than"):
        held.hold("b", 200, call)
    held.drop("a")
    held.hold("b", 200, call)


def watch(client, **options):
    given = {"resource_version": "1", "timeout": 30.0, "stop": threading.Event(), **options}
    return client.watch(CONFIG_MAP, **given)


BOOKMARK = b'{"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "8"}}}\n'


@pytest.mark.parametrize(
    ("drop", "reason"),
    [
        (b"x" * MIB, "a line of the watch is longer than 8 MiB"),
        (BOOKMARK + b" " * MIB + b"\n", "the watch sent more than 64 MiB"),
    ],
)
def test_a_watch_that_never_ends_its_lines_or_sends_bookmarks_for_ever_is_given_up(connect, drop, reason):
    endless = floods(CHUNKED, drop=b"%x\r\n%s\r\n" % (len(drop), drop))
    with serving(endless) as server, pytest.raises(errors.Excessive, match=reason):
        list(watch(connect(server.url)))


def test_a_watch_that_drips_ends_at_its_own_time_out(connect):
    with serving(drips(CHUNKED, drop=b"1\r\n \r\n")) as server:
        began = time.monotonic()
        assert list(watch(connect(server.url), timeout=LIMIT)) == []
        assert time.monotonic() - began < 4 * LIMIT


SCRIPT = r"""
import re, sys
from pathlib import Path
from concurrent.futures import ThreadPoolExecutor
from reconcile.kinds import CONFIG_MAP
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.openshift.errors import Unreachable

def attempt(number):
    try:
        client.list(CONFIG_MAP, labels=f"a={number}")
    except Unreachable as error:
        print(error.reason)

with Client(Access("hostile", sys.argv[1], "token")) as client, ThreadPoolExecutor(5) as threads:
    list(threads.map(attempt, range(5)))
# Not ru_maxrss, which a process has from the one that started it.
print(int(re.search("VmHWM: *\t *([0-9]+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.parametrize("kind", ["bytes", "values", "chunks"])
def test_a_hostile_server_takes_less_than_256_mib(kind):
    object_ = b'{"metadata": {"name": "%d"}, "a": [' + b"[]," * 20_000 + b"[]]}"
    chunk = b'{"kind": "ConfigMapList", "metadata": {"continue": "%d"}, "items": [' + object_ + b"]}"
    replies = {
        "bytes": LARGE["a compressed body"],
        "values": sends(
            HEAD,
            b'{"kind": "ConfigMapList", "items": [' + b'{"metadata": {}},' * 160_000 + b'{"metadata": {}}]}',
        ),
        "chunks": pages(lambda number: sends(HEAD, chunk % (number, number))),
    }
    with serving(replies[kind]) as server:
        run = [sys.executable, "-c", SCRIPT, server.url]
        root = Path(__file__).parents[2]
        *reasons, peak = subprocess.check_output(run, text=True, cwd=root, timeout=60).splitlines()
    assert reasons
    assert int(peak) < 256
