"""What a diagnosis reads besides: each part by itself, so that one that fails or hangs leaves the others known."""

import threading
from typing import Any

from reconcile.apply import details
from reconcile.apply.cache import ClusterCache
from reconcile.apply.executing import Clusters
from reconcile.apply.observing import Accounts
from reconcile.kinds import EVENT, POD
from reconcile.openshift import errors
from reconcile.skupper.diagnosis.facts import Details, Rights, Unread
from reconcile.skupper.sites import SiteKey
from tests.apply.fakes import FakeClient, error

KEY = SiteKey("a", "net")


def read(client: FakeClient, *kinds: Any, within: float = 10.0, key: SiteKey = KEY) -> dict[SiteKey, Details]:
    clusters = Clusters({"a": Accounts(client)}, {"a": ClusterCache()})  # type: ignore[arg-type]
    return details.read(clusters, {key: kinds}, threads=4, within=within)


def test_objects_and_rights_of_a_namespace_are_read() -> None:
    client = FakeClient()
    client.put("skupper-router-x", kind=POD)
    client.put("elsewhere", "other", kind=POD)
    found = read(client, POD)[KEY]
    assert [live.key.name for live in found.objects[POD]] == ["skupper-router-x"]
    assert found.rights == Rights(({"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},))


def test_what_is_forbidden_is_unknown_and_says_so() -> None:
    client = FakeClient()
    client.fail("list", error(errors.Forbidden), times=1)
    found = read(client, POD)[KEY]
    assert found.unread[POD].forbidden
    assert not isinstance(found.rights, Unread)


def test_a_kind_that_the_cluster_does_not_serve_is_empty() -> None:
    client = FakeClient()
    client.fail("list", error(errors.NotServed))
    client.fail("review", error(errors.NotServed))
    found = read(client, POD)[KEY]
    assert found.objects == {POD: ()}
    assert found.rights == Unread("the cluster does not serve selfsubjectrulesreviews")


def test_a_request_that_hangs_costs_no_more_than_the_time_for_all() -> None:
    client, released = FakeClient(), threading.Event()
    client.before("review", lambda: released.wait(10))
    try:
        found = read(client, EVENT, within=0.2)[KEY]
    finally:
        released.set()
    assert found.rights == Unread("no answer within 0.2 s")
    assert found.objects == {EVENT: ()}


def test_a_cluster_that_was_not_opened_gets_no_request() -> None:
    client = FakeClient()
    assert read(client, POD, key=SiteKey("b", "net")) == {}
    assert client.asked == []
