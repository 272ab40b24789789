"""One cluster in trouble: it is named, nothing is removed because of it, and everybody else goes on."""

import threading
from collections import Counter
from dataclasses import dataclass

import pytest

from reconcile.apply.events import Planned
from reconcile.findings import SiteSubject
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.sandbox.kubernetes.accounts import Account, Rule, within
from reconcile.skupper.definitions import SiteDefinition
from reconcile.skupper.plan import LinkState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness, three_clusters
from tests.fault_proxy import Asked, FaultProxy, faults


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


@dataclass(frozen=True)
class Troubles:
    """What a linked fleet meets, one after the other: a run while each lasts."""

    refused: RunResult
    """The token for one cluster is not accepted."""
    partly_read: RunResult
    """The site on another one is not declared any more, and not all may be read there."""
    config_maps: tuple[int, int]
    """How many it has before and after that."""
    not_replaced: RunResult
    """A site has moved to a namespace in which nothing may be done."""


@pytest.fixture(scope="module")
def troubles(backend: Backend) -> Troubles:
    read = Rule(
        verbs=frozenset({"get", "list", "watch"}), resources=frozenset({"configmaps", "serviceaccounts"})
    )
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        declared = fleet.network.sites
        fleet.token["a"] = "stale"
        refused = fleet.run()
        fleet.drop_site("b")
        fleet.token = {"b": fleet["b"].admit(Account("reader", "reader-token", (read,)))}
        before, partly_read = len(fleet.objects(CONFIG_MAP, "b")), fleet.run()
        after = len(fleet.objects(CONFIG_MAP, "b"))
        fleet.token = {}
        fleet.change(sites=declared)
        fleet.proxy("p").before.append(faults.namespace(faults.forbid, "other"))
        other = SiteDefinition(fleet.cluster("p"), "other")
        fleet.drop_site("p")
        fleet.change(sites=(*fleet.network.sites, other))
        return Troubles(refused, partly_read, (before, after), fleet.run(wait=60))


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_a_token_that_is_not_accepted_is_named(troubles: Troubles):
    (failure,) = troubles.refused.outcome.failures
    assert "unauthorised (401)" in failure
    assert "stale" not in failure


def test_nothing_is_removed_where_not_all_may_be_read(troubles: Troubles):
    before, after = troubles.config_maps
    assert before == after > 0
    found = troubles.partly_read.outcome.plan.findings
    (warning,) = [finding.message for finding in found if finding.subject == SiteSubject("b", "net")]
    assert warning == (
        "b/net contains managed resources that are not declared; nothing is removed there: "
        "deployments may not be listed there"
    )


@pytest.mark.simulation_suffices("the fault comes before the server")
def test_nobody_waits_for_the_removal_of_a_site_whose_links_cannot_be_replaced(troubles: Troubles):
    assert troubles.not_replaced.seconds < 15


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


REFUSED = {"a": 409, "b": 429, "c": 500, "d": 503}
"""Clusters, and by which status each write to them is refused once."""


@dataclass(frozen=True)
class Burst:
    """A first run over them; how often it wrote, and how many different requests these were."""

    run: RunResult
    writes: dict[str, tuple[int, int]]


@pytest.fixture(scope="module")
def burst(backend: Backend) -> Burst:
    with harness(backend, REFUSED) as fleet:
        for cluster, status in REFUSED.items():
            fleet.proxy(cluster).before.append(faults.writes(faults.each(1, faults.refuse(status))))
        run, proxies = fleet.run(), {cluster: fleet.proxy(cluster) for cluster in REFUSED}
        return Burst(run, {cluster: (proxy.writes, _different(proxy)) for cluster, proxy in proxies.items()})


def _different(proxy: FaultProxy) -> int:
    return len({(asked.verb, asked.path) for asked in proxy.asked if asked.write})


@pytest.mark.simulation_suffices("the fault comes before the server")
@pytest.mark.parametrize("cluster", REFUSED, ids=map(str, REFUSED.values()))
def test_a_burst_of_refusals_is_ridden_out(burst: Burst, cluster: str):
    assert burst.run.all_up
    writes, different = burst.writes[cluster]
    assert writes > different > 0


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
