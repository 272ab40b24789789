"""One cluster in trouble: it is named, nothing is removed because of it, and everybody else goes on."""

import threading
from collections import Counter

import pytest

from reconcile.apply.events import Planned
from reconcile.findings import SiteSubject
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.sandbox.kubernetes.accounts import Account, Rule, within
from reconcile.skupper.definitions import SiteDefinition
from reconcile.skupper.plan import LinkState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, three_clusters
from tests.fault_proxy import Asked, faults


def secrets(fleet: Harness) -> set[str]:
    return {secret["metadata"]["name"] for secret in fleet.objects(SECRET)}


@pytest.fixture(scope="module")
def down(backend: Backend) -> RunResult:
    """A run over a linked fleet, one cluster of which is down."""
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        fleet.proxy("p").close()
        return fleet.run(wait=60)


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_cluster_that_is_down_is_named(down: RunResult):
    assert len(down.outcome.failures) == 1
    assert down.outcome.failures[0].startswith("p: cannot list ")
    assert "connection refused" in down.outcome.failures[0]


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_links_to_a_cluster_that_is_down_are_unknown_and_all_others_known(down: RunResult):
    assert down.states == {
        "b/net -> a/net": LinkState.UP,
        "p/net -> a/net": LinkState.UNKNOWN,
        "p/net -> b/net": LinkState.UNKNOWN,
    }


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_nothing_is_written_because_a_cluster_is_down(down: RunResult):
    assert down.writes == 0


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_run_does_not_wait_for_a_cluster_that_is_down(down: RunResult):
    assert down.seconds < 15


@pytest.fixture(scope="module")
def down_at_first(backend: Backend) -> tuple[RunResult, RunResult]:
    """A first run while one cluster is down, and another one when it is back."""
    with three_clusters(backend) as fleet:
        fleet.proxy("p").close()
        first = fleet.run()
        fleet.proxy("p").open()
        return first, fleet.run()


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_the_others_are_linked_while_a_cluster_is_down(down_at_first: tuple[RunResult, RunResult]):
    assert down_at_first[0].states["b/net -> a/net"] is LinkState.UP


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_cluster_that_comes_back_is_linked_by_the_next_run(down_at_first: tuple[RunResult, RunResult]):
    assert down_at_first[1].all_up


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_token_that_is_not_accepted_is_named(linked: Harness):
    linked.token["a"] = "stale"
    (failure,) = linked.run().outcome.failures
    assert "unauthorised (401)" in failure
    assert "stale" not in failure


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_slow_cluster_holds_up_nobody_else(fleet: Harness):
    others_linked = threading.Event()
    fleet.proxy("p").before.append(faults.verbs(faults.hold(others_linked, at_most=30), "list", "patch"))

    def listen(event: object) -> None:
        if isinstance(event, Planned):
            states = {str(link.link): link.state for link in event.plan.links}
            if states["b/net -> a/net"] is LinkState.UP:
                others_linked.set()

    result = fleet.run(listener=listen, wait=40)
    assert result.all_up
    assert result.seconds < 30


def test_an_account_for_one_namespace_is_served_in_that_namespace(fleet: Harness):
    for cluster in fleet.servers:
        account = Account("one-namespace", f"{cluster.name}-one", (within("net"),))
        fleet.token[cluster.name] = cluster.admit(account)
    assert fleet.run().all_up
    assert fleet.run().writes == 0


@pytest.fixture(scope="module")
def reading_only(backend: Backend) -> RunResult:
    """A first run whose account on one cluster may write nothing."""
    read = Rule(verbs=frozenset({"get", "list", "watch"}))
    with three_clusters(backend) as fleet:
        fleet.token["p"] = fleet["p"].admit(Account("reader", "reader-token", (read,)))
        return fleet.run()


def test_a_missing_right_is_named_with_the_namespace(reading_only: RunResult):
    (failure,) = reading_only.outcome.failures
    assert failure.startswith("p/net: cannot apply ServiceAccount skupper-site-controller: forbidden (403)")


def test_the_others_go_on_when_a_right_is_missing(reading_only: RunResult):
    assert reading_only.states["b/net -> a/net"] is LinkState.UP


@pytest.mark.simulation_suffices("the fault comes before the server")
@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_a_burst_of_refusals_is_ridden_out(fleet: Harness, status: int):
    proxy = fleet.proxy("a")
    proxy.before.append(faults.writes(faults.each(1, faults.refuse(status))))
    assert fleet.run().all_up
    assert proxy.writes > len({(asked.verb, asked.path) for asked in proxy.asked if asked.write})


def test_a_write_whose_answer_is_lost_is_not_made_twice(fleet: Harness):
    lost: list[str] = []

    def lose(asked: Asked) -> None:
        if asked.verb == "patch" and asked.name == "skupper-site" and not lost:
            lost.append(asked.name)
            raise ConnectionResetError

    fleet.proxy("a").after.append(lose)
    assert fleet.run().all_up
    assert lost
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net")


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_watches_that_are_cut_are_taken_up_again(fleet: Harness):
    proxies = [fleet.proxy(cluster.name) for cluster in fleet.servers]

    def cut(event: object) -> None:
        if isinstance(event, Planned):
            for proxy in proxies:
                proxy.end_watches()

    assert fleet.run(listener=cut).all_up


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_watches_that_end_at_once_are_not_opened_all_the_time(fleet: Harness):
    proxy = fleet.proxy("p")
    proxy.before.append(faults.verbs(faults.say("", content_type="application/json"), "watch"))
    run = fleet.run(wait=5)
    watches = Counter(asked.path for asked in proxy.asked if asked.verb == "watch")
    # Of ConfigMaps there are two. A busy machine makes a run take longer than it may wait.
    assert max(watches.values()) <= 2 * max(5, run.seconds)


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_watches_that_never_say_anything_only_delay_a_run(fleet: Harness):
    for cluster in fleet.servers:
        fleet.proxy(cluster.name).before.append(faults.verbs(faults.hush, "watch"))
    assert fleet.run(wait=90, pace=5).all_up


def test_nothing_is_removed_where_not_all_may_be_read(linked: Harness):
    read = Rule(
        verbs=frozenset({"get", "list", "watch"}), resources=frozenset({"configmaps", "serviceaccounts"})
    )
    linked.drop_site("b")
    linked.token["b"] = linked["b"].admit(Account("reader", "reader-token", (read,)))
    before = linked.objects(CONFIG_MAP, "b")
    result = linked.run()
    assert len(linked.objects(CONFIG_MAP, "b")) == len(before)
    found = result.outcome.plan.findings
    (warning,) = [finding.message for finding in found if finding.subject == SiteSubject("b", "net")]
    assert warning == (
        "b/net contains managed resources that are not declared; nothing is removed there: "
        "deployments may not be listed there"
    )


def test_a_history_that_has_expired_is_listed_again(fleet: Harness):
    proxies = [fleet.proxy(cluster.name) for cluster in fleet.servers]
    for proxy in proxies:
        proxy.before.append(faults.verbs(faults.each(2, faults.expire_watch), "watch"))
    assert fleet.run().all_up
    assert all(any(asked.verb == "watch" for asked in proxy.asked) for proxy in proxies)


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_cluster_that_dies_during_a_run_is_given_up(fleet: Harness):
    async def die(asked: Asked) -> None:
        if asked.write and asked.name == "skupper-site":
            await fleet.proxy("p").cut()

    fleet.proxy("p").before.append(die)
    result = fleet.run(wait=60)
    assert result.seconds < 15
    assert result.states["b/net -> a/net"] is LinkState.UP
    assert result.failures[0].startswith("p/net: cannot apply ConfigMap skupper-site: unreachable: ")


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_cluster_whose_watches_cannot_be_opened_is_given_up(fleet: Harness):
    fleet.proxy("p").before.append(faults.verbs(faults.forbid, "watch"))
    result = fleet.run(wait=60)
    assert result.seconds < 15
    assert result.states["b/net -> a/net"] is LinkState.UP
    (failure,) = result.failures
    assert failure.startswith("p: cannot watch ")
    assert "the account needs watch on " in failure


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_nobody_waits_for_the_removal_of_a_site_whose_links_cannot_be_replaced(linked: Harness):
    linked.proxy("p").before.append(faults.namespace(faults.forbid, "other"))
    other = SiteDefinition(linked.cluster("p"), "other")
    linked.drop_site("p")
    linked.change(sites=(*linked.network.sites, other))
    assert linked.run(wait=60).seconds < 15


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_run_that_is_stopped_starts_nothing_new(fleet: Harness):
    stop = threading.Event()

    def halt(asked: Asked) -> None:
        if asked.write:
            stop.set()

    for cluster in fleet.servers:
        fleet.proxy(cluster.name).before.append(halt)
    result: RunResult = fleet.run(stop=stop)
    assert result.outcome.stopped
    assert len(result.actions) <= 3
