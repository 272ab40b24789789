"""Watches as clients see them: live events, history, bookmarks, ends."""

import json
import threading
from contextlib import suppress
from typing import Any

import pytest

from reconcile.sandbox.kubernetes.cluster import ClusterSpec
from reconcile.sandbox.kubernetes.servers import ApiServers
from tests.sandbox.kubernetes.conftest import Api, client, config_map
from tests.waiting import until

CMS = "/api/v1/namespaces/a/configmaps"


class Watcher:
    """Collects the events of a watch in a thread."""

    def __init__(self, api: Api, path: str) -> None:
        self.events: list[dict[str, Any]] = []
        self.ended = threading.Event()
        self._response = api.watch(path)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # A real server outlives the test, so a watch that nobody ends times out while another test runs.
        with self._response, suppress(TimeoutError):
            for line in self._response:
                self.events.append(json.loads(line))
            self.ended.set()

    @property
    def seen(self) -> list[tuple[str, str]]:
        return [(event["type"], event["object"]["metadata"].get("name", "")) for event in self.events]

    def wait_for(self, *expected: tuple[str, str]) -> None:
        until(lambda: len(self.seen) >= len(expected))
        assert self.seen == list(expected)


def test_live_events_arrive_in_order(api: Api) -> None:
    watcher = Watcher(api, f"{CMS}?watch=1")
    api("POST", CMS, config_map())
    api("PATCH", f"{CMS}/cm", {"data": {"a": "1"}}, content_type="application/merge-patch+json")
    api("DELETE", f"{CMS}/cm")
    watcher.wait_for(("ADDED", "cm"), ("MODIFIED", "cm"), ("DELETED", "cm"))


def test_every_event_has_a_higher_version_than_the_one_before(api: Api) -> None:
    watcher = Watcher(api, f"{CMS}?watch=1")
    for name in ("one", "two", "three"):
        api("POST", CMS, config_map(name))
    api("DELETE", f"{CMS}/one")
    until(lambda: len(watcher.events) == 4)
    versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in watcher.events]
    assert versions == sorted(set(versions))


def test_a_list_and_a_watch_from_it_miss_nothing_between_them(api: Api) -> None:
    listed = api("GET", CMS).version
    api("POST", CMS, config_map("between"))
    Watcher(api, f"{CMS}?watch=1&resourceVersion={listed}").wait_for(("ADDED", "between"))


def test_a_watch_without_a_version_begins_with_what_exists(api: Api) -> None:
    api("POST", CMS, config_map("old"))
    Watcher(api, f"{CMS}?watch=1").wait_for(("ADDED", "old"))


def test_other_namespaces_are_not_seen(api: Api) -> None:
    watcher = Watcher(api, f"{CMS}?watch=1")
    api("POST", "/api/v1/namespaces/b/configmaps", config_map("elsewhere"))
    api("POST", CMS, config_map("here"))
    watcher.wait_for(("ADDED", "here"))


def test_a_cluster_wide_watch_sees_all_namespaces(api: Api) -> None:
    # From now on: the API server has a ConfigMap of its own in kube-system.
    since = api("GET", "/api/v1/configmaps").version
    watcher = Watcher(api, f"/api/v1/configmaps?watch=1&resourceVersion={since}")
    api("POST", "/api/v1/namespaces/b/configmaps", config_map("one"))
    api("POST", CMS, config_map("two"))
    watcher.wait_for(("ADDED", "one"), ("ADDED", "two"))


def test_an_object_that_leaves_the_selector_is_reported_as_deleted_in_its_last_matching_state(
    api: Api,
) -> None:
    api("POST", CMS, config_map(metadata={"labels": {"l": "1"}}))
    watcher = Watcher(api, f"{CMS}?watch=1&labelSelector=l%3D1")
    patched = api(
        "PATCH",
        f"{CMS}/cm",
        {"metadata": {"labels": {"l": "2"}}},
        content_type="application/merge-patch+json",
    )
    watcher.wait_for(("ADDED", "cm"), ("DELETED", "cm"))
    last = watcher.events[1]["object"]["metadata"]
    assert (last["labels"], last["resourceVersion"]) == ({"l": "1"}, patched.version)


def test_an_object_that_enters_the_selector_is_reported_as_added(api: Api) -> None:
    api("POST", CMS, config_map())
    watcher = Watcher(api, f"{CMS}?watch=1&labelSelector=l")
    api(
        "PATCH",
        f"{CMS}/cm",
        {"metadata": {"labels": {"l": "2"}}},
        content_type="application/merge-patch+json",
    )
    watcher.wait_for(("ADDED", "cm"))


@pytest.mark.simulation
def test_history_that_is_too_old_is_an_error_event_with_410(api: Api) -> None:
    first = api("POST", CMS, config_map()).version
    for number in range(30):
        api("PATCH", f"{CMS}/cm", {"data": {"n": str(number)}}, content_type="application/merge-patch+json")
    with api.watch(f"{CMS}?watch=1&resourceVersion={first}") as response:
        event = json.loads(response.readline())
        assert response.readline() == b""
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


@pytest.mark.simulation
def test_a_forgotten_history_expires_every_older_version(api: Api) -> None:
    before = api("POST", CMS, config_map()).version
    api("POST", CMS, config_map("two"))
    api.cluster.forget_history()
    with api.watch(f"{CMS}?watch=1&resourceVersion={before}") as response:
        assert json.loads(response.readline())["object"]["code"] == 410


@pytest.mark.simulation
def test_the_newest_version_never_expires(api: Api) -> None:
    newest = api("POST", CMS, config_map()).version
    api.cluster.forget_history()
    watcher = Watcher(api, f"{CMS}?watch=1&resourceVersion={newest}")
    api("POST", CMS, config_map("next"))
    watcher.wait_for(("ADDED", "next"))


def test_a_watch_ends_after_its_time(api: Api) -> None:
    watcher = Watcher(api, f"{CMS}?watch=1&timeoutSeconds=1")
    assert watcher.ended.wait(5)
    assert watcher.events == []


@pytest.mark.simulation
def test_the_last_event_of_a_watch_with_bookmarks_is_a_bookmark(api: Api) -> None:
    api("POST", CMS, config_map())
    watcher = Watcher(api, f"{CMS}?watch=1&timeoutSeconds=3&allowWatchBookmarks=true")
    assert watcher.ended.wait(10)
    last = watcher.events[-1]
    assert last["type"] == "BOOKMARK"
    assert last["object"]["metadata"]["resourceVersion"] == str(api.cluster.revision)


def test_bookmarks_come_regularly() -> None:
    with ApiServers([ClusterSpec("fast", bookmark_interval=0.01)]) as fleet:
        api = client(fleet, "fast")
        watcher = Watcher(api, "/api/v1/secrets?watch=1&allowWatchBookmarks=true")
        until(lambda: len(watcher.events) >= 3)
        assert {event["type"] for event in watcher.events} == {"BOOKMARK"}


def test_nobody_who_does_not_ask_gets_bookmarks() -> None:
    with ApiServers([ClusterSpec("fast", bookmark_interval=0.01)]) as fleet:
        watcher = Watcher(client(fleet, "fast"), "/api/v1/secrets?watch=1&timeoutSeconds=1")
        assert watcher.ended.wait(5)
        assert watcher.events == []


@pytest.mark.simulation
def test_watches_can_be_cut_from_outside(api: Api) -> None:
    watcher = Watcher(api, f"{CMS}?watch=1")
    api("POST", CMS, config_map())
    watcher.wait_for(("ADDED", "cm"))
    api.cluster.end_watches()
    assert watcher.ended.wait(5)


@pytest.mark.simulation
def test_a_closed_client_is_forgotten(api: Api) -> None:
    response = api.watch(f"{CMS}?watch=1")
    until(lambda: api.cluster.open_watches == 1)
    response.close()
    until(lambda: api.cluster.open_watches == 0)


def test_many_watches_see_the_same_event(api: Api) -> None:
    watchers = [Watcher(api, "/api/v1/secrets?watch=1") for _ in range(20)]
    api.cluster.load({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "a"}})
    for watcher in watchers:
        watcher.wait_for(("ADDED", "s"))
