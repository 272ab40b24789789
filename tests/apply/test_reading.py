"""Reading a cluster: what counts as not there, what as unknown, and what as a failure of the whole cluster."""

import itertools
import threading

import pytest

from reconcile.apply.cache import ClusterCache
from reconcile.apply.observing import AT_ONCE, Accounts, observe, send_probes
from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, DEPLOYMENT, NAMESPACE, ROUTE, SECRET
from reconcile.openshift import errors
from reconcile.openshift.messages import Listings
from reconcile.skupper.list_requests import ListRequest, Probe
from reconcile.skupper.live import ClusterSnapshot

from .fakes import LABEL, FakeClient, error

MAPS, SECRETS = ListRequest(CONFIG_MAP, labels=LABEL), ListRequest(SECRET, labels=LABEL)
ROUTES = ListRequest(ROUTE, labels=LABEL, optional=True)
POLICIES = ListRequest(CLUSTER_POLICY, labels=LABEL, optional=True, admin=True)
BY_NAME = ListRequest(CONFIG_MAP, fields="metadata.name=x")
PATIENCE = 30
A_MOMENT = 0.5
"""Seconds in which another LIST would be sent if one were."""


class Reading:
    def __init__(self) -> None:
        self.client = FakeClient("a")
        self.admin: FakeClient | None = None
        self.cache = ClusterCache()

    def read(self, *list_requests: ListRequest, namespaces=("one", "two")) -> ClusterSnapshot:
        observe(Accounts(self.client, self.admin), list_requests, namespaces, self.cache)
        return self.cache.snapshot()

    def probe(self, *probes: Probe) -> ClusterSnapshot:
        send_probes(Accounts(self.client, self.admin), probes, (), self.cache)
        return self.cache.snapshot()

    def serve_no(self, kind) -> None:
        """Have the cluster not know a kind."""
        answer = self.client.list

        def list_known(asked, **options):
            if asked == kind:
                self.client.asked.append(("list", options.get("namespace"), None))
                if options.get("namespace") is None and not self.client.cluster_wide:
                    raise error(errors.Forbidden)
                raise error(errors.NotServed)
            return answer(asked, **options)

        self.client.list = list_known


@pytest.fixture
def reading() -> Reading:
    return Reading()


def names(snapshot: ClusterSnapshot) -> set[tuple[str, str]]:
    return {(key.namespace, key.name) for key in snapshot.objects}


def test_one_list_a_kind_reads_a_whole_cluster(reading: Reading):
    for namespace in ("one", "two", "undeclared"):
        reading.client.put("x", namespace)
    assert names(reading.read(MAPS)) == {("one", "x"), ("two", "x"), ("undeclared", "x")}
    assert len(reading.client.asked) == 1


def test_what_is_not_selected_is_not_read(reading: Reading):
    reading.client.put("x", labels={})
    assert names(reading.read(MAPS)) == set()


def test_an_account_without_cluster_wide_rights_reads_each_declared_namespace(reading: Reading):
    reading.client.cluster_wide = False
    for namespace in ("one", "two", "undeclared"):
        reading.client.put("x", namespace)
    assert names(reading.read(MAPS)) == {("one", "x"), ("two", "x")}


def test_a_namespace_that_may_not_be_read_is_unknown_and_the_others_count(reading: Reading):
    reading.client.cluster_wide = False
    reading.client.put("x", "two")
    refusal = error(errors.Forbidden, namespace="one")
    reading.client.fail("list", refusal, namespace="one")
    snapshot = reading.read(MAPS)
    assert (names(snapshot), snapshot.unreadable) == ({("two", "x")}, {"one": str(refusal)})


def test_a_namespace_that_does_not_exist_is_missing(reading: Reading):
    reading.client.cluster_wide = False
    reading.client.fail("list", error(errors.NotFound, namespace="one"), namespace="one")
    assert reading.read(MAPS).missing_namespaces == {"one"}


def test_a_namespace_of_which_one_kind_could_not_be_listed_is_unknown(reading: Reading):
    """ConfigMaps may be listed cluster-wide, Secrets in declared namespaces only."""
    reading.client.put("x", "undeclared")
    narrow = FakeClient("a", cluster_wide=False)
    whole = reading.client.list_all
    reading.client.list_all = lambda kind, **options: (
        whole(kind, **options) if kind == CONFIG_MAP else narrow.list_all(kind, **options)
    )
    assert reading.read(MAPS, SECRETS).unreadable == {"undeclared": "secrets may not be listed there"}


@pytest.mark.parametrize(
    "kind", [errors.Unreachable, errors.Forbidden, errors.Unauthorised, errors.NotServed]
)
def test_a_list_that_fails_cluster_wide_fails_the_cluster(reading: Reading, kind: type):
    reading.client.fail("list", error(kind))
    with pytest.raises(kind):
        reading.read(MAPS)


@pytest.mark.parametrize("cluster_wide", [True, False])
def test_an_optional_kind_that_is_not_served_is_absent(reading: Reading, cluster_wide: bool):
    reading.client.cluster_wide = cluster_wide
    reading.serve_no(ROUTE)
    assert reading.read(MAPS, ROUTES).absent_kinds == {ROUTE}


@pytest.mark.parametrize("cluster_wide", [True, False])
def test_any_other_kind_that_is_not_served_fails_the_cluster(reading: Reading, cluster_wide: bool):
    reading.client.cluster_wide = cluster_wide
    reading.serve_no(CONFIG_MAP)
    with pytest.raises(errors.NotServed):
        reading.read(MAPS)


def test_what_needs_the_cluster_admin_is_asked_with_its_account(reading: Reading):
    reading.admin = FakeClient("a")
    reading.read(MAPS, POLICIES)
    assert (len(reading.client.asked), len(reading.admin.asked)) == (1, 1)


def test_without_a_cluster_admin_what_needs_it_may_be_forbidden(reading: Reading):
    reading.client.fail("list", error(errors.Forbidden))
    assert names(reading.read(POLICIES)) == set()


def test_a_cluster_admin_that_may_not_list_policies_fails_the_cluster(reading: Reading):
    reading.admin = FakeClient("a")
    reading.admin.fail("list", error(errors.Forbidden))
    with pytest.raises(errors.Forbidden):
        reading.read(POLICIES)


@pytest.mark.parametrize("kind", [errors.Forbidden, errors.Unauthorised])
def test_a_kind_on_which_nothing_declared_depends_may_be_refused(reading: Reading, kind: type):
    reading.admin = FakeClient("a")
    reading.admin.fail("list", error(kind))
    reading.read(ListRequest(CLUSTER_POLICY, optional=True, admin=True, best_effort=True))


def test_the_error_that_counts_is_that_of_the_first_list(reading: Reading):
    """Whichever is answered first."""
    second_failed = threading.Event()

    def list_all(kind, **_):
        if kind == SECRET:
            second_failed.set()
            raise error(errors.Unreachable)
        second_failed.wait(PATIENCE)
        raise error(errors.ServerFault)

    reading.client.list_all = list_all
    with pytest.raises(errors.ServerFault):
        reading.read(MAPS, SECRETS)


def test_after_a_failure_no_further_list_is_sent(reading: Reading):
    """Not even while lists that were sent before are still unanswered."""
    all_sent, another_sent = threading.Barrier(AT_ONCE), threading.Event()
    number = itertools.count()

    def list_all(kind, **_):
        sent = next(number)
        if sent >= AT_ONCE:
            another_sent.set()
        elif all_sent.wait(PATIENCE) == 0:
            raise error(errors.Unreachable)
        else:
            another_sent.wait(A_MOMENT)
        return Listings((), (None,), {None: "1"})

    reading.client.list_all = list_all
    with pytest.raises(errors.Unreachable):
        reading.read(*[MAPS] * (2 * AT_ONCE))
    assert not another_sent.is_set()


def test_lists_are_sent_side_by_side_and_never_too_many(reading: Reading):
    together = threading.Barrier(AT_ONCE)
    answer = reading.client.list_all
    under_way, most = [], []

    def list_all(kind, **options):
        under_way.append(kind)
        most.append(len(under_way))
        together.wait(PATIENCE)
        under_way.remove(kind)
        return answer(kind, **options)

    reading.client.list_all = list_all
    reading.read(*[MAPS] * (2 * AT_ONCE))
    assert max(most) == AT_ONCE


def test_a_closer_look_shows_what_somebody_else_has(reading: Reading):
    reading.client.put("x", "one", labels={})
    assert names(reading.probe(Probe(BY_NAME, ("one",)))) == {("one", "x")}


def test_a_closer_look_shows_nothing_of_other_namespaces(reading: Reading):
    reading.client.put("x", "one", labels={})
    reading.client.put("x", "two", labels={})
    assert names(reading.probe(Probe(BY_NAME, ("one",)))) == {("one", "x")}


@pytest.mark.parametrize("there", [True, False])
def test_a_namespace_in_which_nothing_was_found_is_looked_for(reading: Reading, there: bool):
    if there:
        reading.client.put("one", "", kind=NAMESPACE)
    assert reading.probe(Probe(BY_NAME, ("one",))).missing_namespaces == (set() if there else {"one"})


def test_a_namespace_in_which_something_was_found_is_not_looked_for(reading: Reading):
    reading.client.put("x", "one", labels={})
    reading.probe(Probe(BY_NAME, ("one",)))
    assert reading.client.times("get") == 0


def test_who_may_not_look_at_namespaces_does_not_know_that_one_is_missing(reading: Reading):
    reading.client.fail("get", error(errors.Forbidden))
    assert reading.probe(Probe(BY_NAME, ("one",))).missing_namespaces == set()


def test_a_namespace_that_refuses_a_closer_look_is_unknown(reading: Reading):
    reading.client.cluster_wide = False
    refusal = error(errors.Forbidden, namespace="one")
    reading.client.fail("list", refusal, namespace="one")
    assert reading.probe(Probe(BY_NAME, ("one", "two"))).unreadable == {"one": str(refusal)}


@pytest.mark.parametrize("optional", [True, False])
def test_a_closer_look_at_a_kind_that_is_not_served(reading: Reading, optional: bool):
    reading.serve_no(DEPLOYMENT)
    probe = Probe(ListRequest(DEPLOYMENT, fields="metadata.name=x", optional=optional), ("one",))
    if optional:
        assert names(reading.probe(probe)) == set()
    else:
        with pytest.raises(errors.NotServed):
            reading.probe(probe)
