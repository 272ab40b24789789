"""How many threads and connections it takes to watch a cluster, counted at a server, and that changes are noticed."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconcile.apply.fleet import Fleet, Target
from reconcile.apply.observing import Accounts
from reconcile.apply.relisting import LISTERS
from reconcile.apply.watching import MOST_STREAMS
from reconcile.kinds import CONFIG_MAP, ROLE_BINDING, SECRET, SERVICE, SERVICE_ACCOUNT
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.skupper.list_requests import ListRequest, Reading
from reconcile.skupper.live import ObjectKey
from tests.openshift.loopback import Visit, failure, serving
from tests.waiting import until

PATIENCE = 60
"""Seconds after which a test gives up on another thread."""
POOL = 4
READS = tuple(
    ListRequest(kind, labels=f"owner={owner}")
    for kind in (CONFIG_MAP, SECRET, SERVICE, SERVICE_ACCOUNT, ROLE_BINDING)
    for owner in ("us", "them")
)
_PATH = re.compile(r"/apis?/.*v1(/namespaces/(?P<namespace>[^/]+))?/(?P<plural>[a-z]+)")


class Server:
    """An API server that shows our ConfigMaps, counts what it is asked, and keeps watches open in silence."""

    def __init__(self, *, cluster_wide: bool) -> None:
        self._cluster_wide = cluster_wide
        self._changed = threading.Condition()
        self._names: dict[str, list[str]] = {}
        self._rounds: Counter[str | None] = Counter()
        self._waits_for = ""
        self._released = threading.Event()
        self.watches = 0

    def answer(self, visit: Visit) -> None:
        where = _PATH.fullmatch(visit.path)
        if where is None:
            visit.answer(403, json.dumps(failure(403, "Forbidden")).encode())
            return
        namespace = where["namespace"]
        if namespace is None and not self._cluster_wide:
            visit.answer(403, json.dumps(failure(403, "Forbidden")).encode())
        elif "watch" in visit.query:
            with self._changed:
                self.watches += 1
                self._changed.notify_all()
            visit.start_stream()
            visit.ended.wait(PATIENCE)
        else:
            ours = where["plural"] == "configmaps" and visit.query["labelSelector"] == "owner=us"
            with self._changed:
                self._rounds[namespace] += ours
                names = self._names.get(namespace, []) if ours else []
                self._changed.notify_all()
            if namespace == self._waits_for:
                self._released.wait(PATIENCE)
            visit.answer(200, json.dumps(self._list(namespace, names)).encode())

    def add(self, namespace: str, name: str) -> None:
        with self._changed:
            self._names.setdefault(namespace, []).append(name)

    def rounds(self, namespace: str) -> int:
        """How often a namespace has been listed, the reading included."""
        return self._rounds[namespace]

    @contextmanager
    def holding(self, namespace: str) -> Iterator[None]:
        """Answer no LIST of a namespace meanwhile."""
        self._waits_for = namespace
        try:
            yield
        finally:
            self._waits_for = ""
            self._released.set()

    def wait_for_rounds(self, count: int, namespaces: list[str]) -> None:
        """Wait until all of these have been listed so often."""
        self._wait(lambda: all(self._rounds[namespace] >= count for namespace in namespaces))

    def wait_for_watches(self, count: int) -> None:
        self._wait(lambda: self.watches >= count)

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE)

    def _list(self, namespace: str | None, names: list[str]) -> dict:
        items = [
            {"metadata": {"name": name, "namespace": namespace, "uid": name, "labels": {"owner": "us"}}}
            for name in names
        ]
        return {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}, "items": items}


class Watched:
    """A fleet of one cluster that has been read."""

    def __init__(self, fleet: Fleet, server: Server, namespaces: list[str], connections) -> None:
        self.fleet = fleet
        self.server = server
        self.namespaces = namespaces
        self.connections: Callable[[], int] = connections
        self._changed = threading.Condition()

    def watch(self, *namespaces: str) -> None:
        work_keys = [("a", namespace) for namespace in namespaces or self.namespaces]
        self.fleet.watch(work_keys, self._notify, lambda _: None, longest=PATIENCE)

    def wait_for(self, namespace: str, name: str) -> None:
        key = ObjectKey(CONFIG_MAP, namespace, name)
        with self._changed:
            assert self._changed.wait_for(lambda: key in self.fleet.known()[0]["a"].objects, PATIENCE)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


@contextmanager
def reading(count: int, *, cluster_wide: bool = False) -> Iterator[Watched]:
    server = Server(cluster_wide=cluster_wide)
    namespaces = [f"n{number}" for number in range(count)]
    answered = threading.Event()
    with serving(server.answer) as loopback:
        client = Client(Access("a", loopback.url, "token"), pool_size=POOL)
        target = Target(
            name="a",
            open=lambda: Accounts(client),
            readings=(
                Reading(
                    presence_list=READS[0],
                    lists=READS,
                    probes_for=lambda _: (),
                    namespaces=tuple(namespaces),
                ),
            ),
        )
        fleet = Fleet([target], threads=POOL)
        try:
            fleet.read(lambda _: answered.set())
            assert answered.wait(PATIENCE)
            yield Watched(fleet, server, namespaces, lambda: loopback.connections)
        finally:
            fleet.close()


@pytest.fixture
def threads() -> Callable[[], int]:
    """How many threads watch or list since the beginning of the test."""
    before = set(threading.enumerate())

    def count() -> int:
        return sum(
            thread.name.startswith(("watch-", "relist-")) for thread in set(threading.enumerate()) - before
        )

    return count


def test_sixty_namespaces_of_an_account_without_cluster_wide_rights_take_few_threads_and_connections(
    threads: Callable[[], int],
):
    with reading(60) as watched:
        watched.watch()
        watched.server.wait_for_rounds(2, watched.namespaces)
        assert threads() == LISTERS
        assert watched.connections() <= POOL
        assert watched.server.watches == 0


def test_a_change_in_one_of_sixty_namespaces_is_noticed():
    with reading(60) as watched:
        watched.watch("n31", "n32")
        watched.server.wait_for_rounds(2, ["n31", "n32"])
        watched.server.add("n31", "x")
        watched.wait_for("n31", "x")


def test_a_change_where_something_is_awaited_later_is_noticed():
    with reading(60) as watched:
        watched.watch("n31")
        watched.server.wait_for_rounds(2, ["n31"])
        watched.server.add("n32", "x")
        watched.watch("n32")
        watched.wait_for("n32", "x")
        # It was listed out of turn, before any other one was due.
        assert watched.server.rounds("n0") == 1


def test_what_is_listed_in_turn_is_not_listed_beside_that():
    with reading(60) as watched:
        watched.watch("n31")
        watched.fleet.refresh([("a", "n32")], lambda _: None)
        until(lambda: not watched.fleet.refreshing)
        assert watched.server.rounds("n32") == 1


def test_a_namespace_that_takes_long_is_listed_by_one_thread_and_holds_up_no_other():
    with reading(3) as watched, watched.server.holding("n0"):
        watched.watch()
        watched.server.wait_for_rounds(3, ["n1", "n2"])
        assert watched.server.rounds("n0") <= 2


def test_a_few_namespaces_are_watched(threads: Callable[[], int]):
    with reading(2) as watched:
        watched.watch()
        watched.server.wait_for_watches(2 * len(READS))
        assert threads() == 2 * len(READS) + 1  # one looks after the watches
        assert watched.connections() <= 2 * len(READS) + POOL


def test_with_cluster_wide_rights_sixty_namespaces_take_a_watch_for_each_list(threads: Callable[[], int]):
    with reading(60, cluster_wide=True) as watched:
        watched.watch()
        watched.server.wait_for_watches(len(READS))
        assert threads() == len(READS) + 1
        assert watched.connections() <= len(READS) + POOL


def test_a_cluster_is_watched_once_however_often_it_is_asked_for():
    with reading(2) as watched:
        for _ in range(3):
            watched.watch()
        watched.server.wait_for_watches(2 * len(READS))
        assert watched.server.watches == 2 * len(READS)


def test_the_bound_leaves_room_for_every_list_there_is():
    from reconcile.skupper.definitions import Cluster, Network, SiteDefinition
    from reconcile.skupper.v1 import list_requests
    from tests.skupper.fakes import OURS
    from tests.skupper.resolving import resolve_sites

    sites = [
        SiteDefinition(Cluster("a", "https://a"), namespace, config={"ingress": ingress})
        for namespace, ingress in (("r", "route"), ("l", "loadbalancer"))
    ]
    network = Network("n", "1.9.6", settings={"image": "image"}, sites=tuple(sites))
    every = list_requests.list_requests(resolve_sites(network), OURS, take_over=True)
    assert len(every) <= MOST_STREAMS


def test_closing_a_fleet_ends_all_threads_that_watch(threads: Callable[[], int]):
    with reading(60) as watched:
        watched.watch()
        watched.server.wait_for_rounds(2, watched.namespaces)
        before = {thread for thread in threading.enumerate() if thread.name.startswith("relist-")}
        watched.fleet.close()
        for thread in before:
            thread.join(PATIENCE)
        assert threads() == 0
