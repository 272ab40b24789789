"""Sites of the published integration ``skupper_network`` become ours: same sites, links up all the time."""

import json
import threading
from dataclasses import dataclass

import pytest

from reconcile.apply.events import Event, Planned
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET, SERVICE
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Verb
from tests.clusters.backends import Backend
from tests.end_to_end import legacy_install
from tests.end_to_end.harness import OURS, Harness, RunResult, three_clusters
from tests.fault_proxy.asking import Asked
from tests.waiting import until

LINKS = (("b", "a"), ("p", "a"), ("p", "b"))
"""Dialler and target of the links of ``skupper_network``; they are the links that we declare."""


def config_maps(fleet: Harness) -> dict[str, dict]:
    found = {cluster.name: cluster.find(CONFIG_MAP, "skupper-site", "net") for cluster in fleet.servers}
    return {name: config_map for name, config_map in found.items() if config_map}


def site_ids(fleet: Harness) -> dict[str, str]:
    return {name: found["metadata"]["uid"] for name, found in config_maps(fleet).items()}


def routers(fleet: Harness) -> dict[str, dict]:
    """The templates of the routers' pods: a router restarts when its own changes."""
    return {
        c: fleet[c].find(DEPLOYMENT, "skupper-router", "net")["spec"]["template"] for c in site_ids(fleet)
    }


def status(fleet: Harness, cluster: str) -> dict:
    found = fleet[cluster].find(CONFIG_MAP, "skupper-network-status", "net")
    return json.loads(found["data"]["NetworkStatus"]) if found else {}


def uplinks(fleet: Harness, cluster: str) -> int:
    """How many links a site says that it has to others."""
    own = site_ids(fleet)[cluster]
    entries = [s for s in status(fleet, cluster).get("siteStatus") or [] if s["site"]["identity"] == own]
    links = [link for s in entries for r in s["routerStatus"] for link in r.get("links") or []]
    return sum(link["direction"] == "outgoing" for link in links)


def all_linked(fleet: Harness) -> bool:
    """An edge site has one active uplink."""
    return all(uplinks(fleet, cluster) == 1 for cluster in site_ids(fleet) if cluster != "a")


def all_connected(fleet: Harness) -> bool:
    """Whether every site but the issuer has a connection, be it one that nobody reports yet."""
    connected = {link.dialler for link in fleet.skupper.wire.links}
    return connected == {(cluster, "net") for cluster in site_ids(fleet) if cluster != "a"}


def secrets(fleet: Harness) -> set[tuple[str, str]]:
    return {
        (cluster, secret["metadata"]["name"])
        for cluster in "abp"
        for secret in fleet[cluster].objects(SECRET, namespace="net")
    }


def tokens(fleet: Harness) -> set[tuple[str, str]]:
    return {found for found in secrets(fleet) if found[1].startswith(("link-", legacy_install.IDENTIFIER))}


def install_peers(fleet: Harness) -> None:
    """Three sites of ``skupper_network``, linked."""
    legacy_install.install(fleet, "a", "b")
    legacy_install.install(fleet, "p", edge="true", ingress="none")
    for dialler, target in LINKS:
        legacy_install.link(fleet, dialler, target)
    until(lambda: all_linked(fleet))


@pytest.fixture
def legacy(fleet: Harness) -> Harness:
    install_peers(fleet)
    return fleet


@dataclass(frozen=True)
class State:
    """What is on the clusters at one moment."""

    site_ids: dict[str, str]
    routers: dict[str, dict]
    tokens: list[str]
    in_a: list[dict]
    """All objects in the site on the first cluster, with their kinds."""


def state(fleet: Harness) -> State:
    kinds = (CONFIG_MAP, SECRET, DEPLOYMENT, SERVICE, ROUTE)
    return State(
        site_ids=site_ids(fleet),
        routers=routers(fleet),
        tokens=[name for _, name in tokens(fleet)],
        in_a=[{**o, "kind": kind.name} for kind in kinds for o in fleet["a"].objects(kind, namespace="net")],
    )


@dataclass(frozen=True)
class TakeOver:
    """One take-over, run by run; what was on the clusters before and after it."""

    without_option: RunResult
    preview: RunResult
    preview_of_a_setting: RunResult
    before: State
    run: RunResult
    gaps: int
    """How often not every site was connected while it ran."""
    after: State
    next: RunResult
    next_with_option: RunResult
    by_another_instance: RunResult


@pytest.fixture(scope="module")
def take_over(backend: Backend) -> TakeOver:
    gaps: list[Event] = []

    def listen(event: Event) -> None:
        if isinstance(event, Planned) and not all_connected(fleet):
            gaps.append(event)

    with three_clusters(backend) as fleet:
        install_peers(fleet)
        without_option, preview = fleet.run(), fleet.run(take_over=True, dry_run=True)
        fleet.change(config={"routerLogging": "info+"})
        preview_of_a_setting = fleet.run(take_over=True, dry_run=True)
        fleet.change(config={})
        before, run, after = state(fleet), fleet.run(take_over=True, listener=listen), state(fleet)
        following, with_option = fleet.run(), fleet.run(take_over=True)
        fleet.ownership = Ownership("another")
        return TakeOver(
            without_option=without_option,
            preview=preview,
            preview_of_a_setting=preview_of_a_setting,
            before=before,
            run=run,
            gaps=len(gaps),
            after=after,
            next=following,
            next_with_option=with_option,
            by_another_instance=fleet.run(take_over=True),
        )


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_without_the_option_nothing_is_changed(take_over: TakeOver):
    assert take_over.without_option.writes == 0


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_without_the_option_the_message_names_it(take_over: TakeOver):
    message = take_over.without_option.errors["foreign-site"]
    assert "skupper_network" in message
    assert "--take-over" in message
    assert "without `delete: true`" in message


def test_every_link_is_up_afterwards(take_over: TakeOver):
    run = take_over.run
    assert (run.all_up, run.failures, run.errors) == (True, [], {})


def test_the_sites_stay_the_same(take_over: TakeOver):
    assert take_over.after.site_ids == take_over.before.site_ids


def test_no_router_is_restarted(take_over: TakeOver):
    assert take_over.after.routers == take_over.before.routers


def test_links_are_up_all_the_time(take_over: TakeOver):
    assert take_over.gaps == 0


def test_the_tokens_of_skupper_network_are_gone_and_ours_in_their_place(take_over: TakeOver):
    assert len(take_over.after.tokens) == len(LINKS)
    assert all(name.startswith("link-") for name in take_over.after.tokens)


@pytest.mark.parametrize("name", ["skupper-site", "skupper-router"])
def test_the_labels_of_skupper_network_stay_since_services_select_by_them(take_over: TakeOver, name: str):
    kinds = {"ConfigMap", "Deployment"}
    (labels,) = [
        found["metadata"]["labels"]
        for found in take_over.after.in_a
        if found["kind"] in kinds and found["metadata"]["name"] == name
    ]
    assert {**legacy_install.LABELS, **OURS.labels}.items() <= labels.items()


def test_what_skupper_made_carries_our_labels_of_every_kind_that_is_read(take_over: TakeOver):
    made = [
        found
        for found in take_over.after.in_a
        if "skupper-site" in {owner["name"] for owner in found["metadata"].get("ownerReferences") or []}
    ]
    assert made
    for found in made:
        assert OURS.covers(found["metadata"]["labels"]), found["metadata"]["name"]


def test_afterwards_a_run_without_the_option_has_nothing_to_do(take_over: TakeOver):
    result = take_over.next
    assert (result.writes, result.actions, result.all_up, result.errors) == (0, [], True, {})


def test_a_second_run_with_the_option_writes_nothing(take_over: TakeOver):
    assert take_over.next_with_option.writes == 0


def test_a_site_that_another_instance_has_taken_over_stays_refused(take_over: TakeOver):
    result = take_over.by_another_instance
    assert "foreign-site" in result.errors
    assert result.writes == 0


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_dry_run_shows_every_change_and_makes_none(take_over: TakeOver):
    result = take_over.preview
    assert result.writes == 0
    shown = {(c.cluster, c.kind.name, c.name) for c in result.outcome.plan.changes}
    assert {("a", "ConfigMap", "skupper-site"), ("a", "Deployment", "skupper-router")} <= shown
    assert ("b", "Secret", f"{legacy_install.IDENTIFIER}-a-net") in shown
    assert all(change.reason for change in result.outcome.plan.changes)


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_the_plan_shows_what_a_change_of_the_settings_does(take_over: TakeOver):
    changes = take_over.preview_of_a_setting.outcome.plan.changes
    (reason,) = [c.reason for c in changes if c.cluster == "a" and c.name == "skupper-site"]
    assert reason.startswith("taken over from skupper_network; it differs in ")
    assert "data.router-logging, which restarts the routers of the site" in reason


def test_the_config_map_comes_last(take_over: TakeOver):
    changes = take_over.preview.outcome.plan.changes
    in_a = [(c.kind, c.name) for c in changes if c.cluster == "a" and c.ready]
    assert in_a[-1] == (CONFIG_MAP, "skupper-site")


def test_a_site_controller_with_another_selector_is_recreated(fleet: Harness):
    legacy_install.install(fleet, "a", selector={"application": "skupper-site-controller", "mine": "too"})
    changes = fleet.run(take_over=True, dry_run=True).outcome.plan.changes
    made = [c for c in changes if c.cluster == "a" and (c.kind, c.name[:12]) == (DEPLOYMENT, "skupper-site")]
    assert [change.verb for change in made] == [Verb.DELETE, Verb.APPLY]
    assert "recreated" in made[0].reason
    assert fleet.run(take_over=True).all_up


@dataclass(frozen=True)
class Remains:
    """A take-over of sites that have a link too many and a request that was left over."""

    run: RunResult
    secrets: set[tuple[str, str]]
    """What is there afterwards, as cluster and name."""
    link: tuple[str, str]
    request: tuple[str, str]
    removed: RunResult
    """Afterwards, one of the sites is not declared any more; all of it goes."""


@pytest.fixture(scope="module")
def remains(backend: Backend) -> Remains:
    labels = {
        **legacy_install.LABELS,
        "token-receiver": "b-net",
        "skupper.io/type": "connection-token-request",
    }
    metadata = {"name": "f" * 64, "namespace": "net", "labels": labels}
    with three_clusters(backend) as fleet:
        install_peers(fleet)
        link = legacy_install.link(fleet, "a", "b")
        fleet["a"].load({"apiVersion": "v1", "kind": "Secret", "metadata": metadata})
        run = fleet.run(take_over=True, pace=5, wait=300)
        found = secrets(fleet)
        fleet.drop_site("b")
        removed = fleet.run()
        until(lambda: not fleet["b"].objects(DEPLOYMENT, namespace="net"))
        return Remains(run, found, ("a", link), ("a", "f" * 64), removed)


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_link_that_is_not_declared_goes_once_the_declared_ones_are_up(remains: Remains):
    assert remains.run.all_up
    assert remains.link not in remains.secrets


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_request_that_was_left_over_is_removed(remains: Remains):
    assert remains.request not in remains.secrets


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_that_is_taken_over_can_be_removed(remains: Remains):
    assert remains.removed.all_up


@dataclass(frozen=True)
class InPart:
    """A take-over of all sites but one, which is not declared."""

    before: dict
    after: dict | None
    """Its ``skupper-site``."""
    secrets: set[tuple[str, str]]


@pytest.fixture(scope="module")
def in_part(backend: Backend) -> InPart:
    with three_clusters(backend) as fleet:
        install_peers(fleet)
        before = config_maps(fleet)["a"]
        fleet.drop_site("a")
        fleet.run(take_over=True)
        return InPart(before, config_maps(fleet).get("a"), secrets(fleet))


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_of_skupper_network_that_is_not_declared_is_skipped(in_part: InPart):
    assert in_part.after == in_part.before


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_link_to_a_site_that_stays_with_skupper_network_is_kept(in_part: InPart):
    assert ("b", f"{legacy_install.IDENTIFIER}-a-net") in in_part.secrets


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_link_that_ran_the_other_way_goes_though_it_hides_ours(fleet: Harness):
    fleet.drop_site("p")
    legacy_install.install(fleet, "a", "b")
    legacy_install.link(fleet, "a", "b")
    until(lambda: uplinks(fleet, "a") == 1)
    assert fleet.run(take_over=True, wait=10).all_up
    assert [name for _, name in tokens(fleet)] == [fleet.run().outcome.plan.links[0].credential]


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_another_foreign_site_stays_refused(fleet: Harness):
    theirs = {"name": "skupper-site", "namespace": "net", "labels": legacy_install.LABELS}
    fleet["a"].load({"apiVersion": "v1", "kind": "ConfigMap", "metadata": theirs, "data": {"name": "x"}})
    result = fleet.run(take_over=True)
    assert "foreign-site" in result.errors
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["labels"] == legacy_install.LABELS


def run_and_stop(fleet: Harness, after: int) -> bool:
    """Take over and stop after so many writes; False if there were not so many."""
    stop = threading.Event()
    sent: list[Asked] = []

    def count(asked: Asked) -> None:
        if asked.write:
            sent.append(asked)
            if len(sent) >= after:
                stop.set()

    proxies = [fleet.proxy(cluster.name) for cluster in fleet.servers]
    for proxy in proxies:
        proxy.before.append(count)
    stopped = fleet.run(take_over=True, stop=stop).outcome.stopped
    for proxy in proxies:
        proxy.clear()
    return stopped


def misread(fleet: Harness) -> list[str]:
    """What a run without the option would do in a namespace whose site still belongs to ``skupper_network``."""
    theirs = {name for name, found in config_maps(fleet).items() if not is_ours(found)}
    changes = fleet.run(dry_run=True).outcome.plan.changes
    return [f"{c.verb} {c.cluster} {c.name}" for c in changes if c.cluster in theirs]


def is_ours(found: dict) -> bool:
    return OURS.covers(found["metadata"]["labels"])


@pytest.mark.simulation_suffices("when a run stops does not depend on the server")
def test_a_run_that_is_stopped_after_any_change_leaves_links_up_and_nothing_to_misread(
    fleet: Harness, proof: bool
):
    """Each run makes a few changes (in an exhaustive run one), and the next one goes on from there, to the end."""
    legacy, step = fleet, 1 if proof else 15
    legacy.drop_site("p")
    legacy_install.install(legacy, "a", "b")
    legacy_install.link(legacy, "b", "a")
    until(lambda: all_linked(legacy))
    before = site_ids(legacy), routers(legacy)
    runs = 0
    while run_and_stop(legacy, after=step):
        assert all_connected(legacy)
        assert misread(legacy) == []
        runs += 1
        assert runs < 300
    assert runs > 20 // step
    assert (site_ids(legacy), routers(legacy)) == before
    assert all(name.startswith("link-") for _, name in tokens(legacy))
    assert legacy.run().writes == 0


@pytest.mark.exhaustive("the run above stops after every few changes")
@pytest.mark.simulation_suffices("when a run stops does not depend on the server")
@pytest.mark.parametrize("after", [1, 5, 20, 40, 70])
def test_a_run_that_was_stopped_is_finished_by_the_next_one(legacy: Harness, after: int):
    before = site_ids(legacy), routers(legacy)
    assert run_and_stop(legacy, after)
    result = legacy.run(take_over=True)
    assert (result.all_up, result.errors) == (True, {})
    assert (site_ids(legacy), routers(legacy)) == before
    assert legacy.run().writes == 0


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_taken_out_of_the_data_half_way_is_left_to_skupper_network(legacy: Harness):
    run_and_stop(legacy, after=40)
    half = [name for name, found in config_maps(legacy).items() if not is_ours(found)]
    assert half
    legacy.delete_all()
    legacy.run()
    for cluster in half:
        assert legacy[cluster].find(DEPLOYMENT, "skupper-router", "net")
        assert legacy[cluster].find(CONFIG_MAP, "skupper-site", "net")
