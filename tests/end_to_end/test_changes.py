"""What happens on the clusters after the first run, by our hand or by another's, and what the next run makes of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from aiohttp import web

from reconcile.apply.running import now
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, SECRET
from reconcile.skupper.definitions import Approval, ApprovedChange, SiteDefinition
from reconcile.skupper.plan import LinkState
from reconcile.skupper.selection import Selection
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, three_clusters
from tests.fault_proxy import Asked
from tests.waiting import until


def link_names(fleet: Harness, cluster: str) -> set[str]:
    names = {secret["metadata"]["name"] for secret in fleet[cluster].objects(SECRET, namespace="net")}
    return {name for name in names if name.startswith("link-")}


def site_id(fleet: Harness, cluster: str) -> str:
    return fleet[cluster].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["uid"]


@dataclass(frozen=True)
class Runs:
    """What runs say to a linked fleet that is declared differently; all but the one that is approved write nothing."""

    a_setting: RunResult
    an_edge_site: RunResult
    nothing_over_budget: RunResult
    approved: RunResult
    after_approved: RunResult
    links: set[str]
    connectors: set[str]
    """Names of the links of the private site, and of what its router is reported to connect to."""


@pytest.fixture(scope="module")
def declared(backend: Backend) -> Runs:
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        internal = fleet["p"].find(CONFIG_MAP, "skupper-internal", "net")["data"]["skrouterd.json"]
        connectors = {attributes["name"] for kind, attributes in json.loads(internal) if kind == "connector"}
        links, sites = link_names(fleet, "p"), fleet.network.sites
        fleet.change(config={"routerLogging": "info+"})
        a_setting = fleet.run(dry_run=True)
        fleet.change(config={})
        fleet.change_site("a", config={"edge": True})
        an_edge_site = fleet.run(dry_run=True)
        fleet.delete_all()
        nothing_over_budget = fleet.run(budget=len(sites) - 1)
        fleet.change(approvals=(_approval(site.cluster.name for site in sites),))
        approved, after = fleet.run(budget=0), fleet.run(budget=0)
        return Runs(a_setting, an_edge_site, nothing_over_budget, approved, after, links, connectors)


def _approval(clusters: Iterable[str]) -> Approval:
    """Tomorrow is valid even if the day ends during the test."""
    until = (now() + timedelta(days=1)).date().isoformat()
    named = tuple(f"{name}/net" for name in clusters)
    return Approval(change=ApprovedChange.REMOVE, sites=named, until=until, reason="decommissioned")


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_plan_says_what_a_change_does_to_the_site(declared: Runs):
    (change,) = [c for c in declared.a_setting.outcome.plan.changes if c.cluster == "a"]
    effect = "which restarts the routers of the site; its 2 links are down for about 30 s"
    assert change.reason == f"it differs in data.router-logging, {effect}"


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_that_turns_into_an_edge_site_keeps_its_links_until_the_new_ones_are_up(declared: Runs):
    changes = declared.an_edge_site.outcome.plan.changes
    removals = [change for change in changes if change.verb == "delete" and change.uid]
    assert removals
    assert not any(change.ready for change in removals)


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_removal_over_the_budget_removes_nothing(declared: Runs):
    result = declared.nothing_over_budget
    assert result.writes == 0
    assert list(result.errors) == ["removal-budget"]


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_removals_that_the_data_approves_need_no_budget(declared: Runs):
    assert declared.approved.outcome.plan.sites == ()
    assert (declared.approved.errors, declared.approved.failures) == ({}, [])
    gone = [action for action in declared.approved.actions if "skupper-site'" in action]
    assert len(gone) == 3


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_the_next_run_writes_nothing_and_reports_the_approval_as_unused(declared: Runs):
    found = [finding.rule for finding in declared.after_approved.outcome.plan.findings]
    assert (declared.after_approved.writes, found) == (0, ["unused-approval"])


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_the_router_gets_every_link(declared: Runs):
    assert declared.links
    assert declared.links <= declared.connectors


def test_an_issuer_that_was_recreated_is_linked_again(linked: Harness):
    before = link_names(linked, "b")
    linked["a"].remove(CONFIG_MAP, "skupper-site", "net")
    until(lambda: linked["a"].find(DEPLOYMENT, "skupper-router", "net") is None)
    assert linked.run().all_up
    assert not before & link_names(linked, "b")


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_dialler_that_was_recreated_is_linked_by_the_token_it_has(linked: Harness):
    before = link_names(linked, "b")
    linked["b"].remove(CONFIG_MAP, "skupper-site", "net")
    until(lambda: linked["b"].find(DEPLOYMENT, "skupper-router", "net") is None)
    assert linked.run().all_up
    assert link_names(linked, "b") == before


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_lost_token_is_issued_again(linked: Harness):
    (name,) = link_names(linked, "b")
    linked["b"].remove(SECRET, name, "net")
    until(lambda: linked.run(dry_run=True).states["b/net -> a/net"] is not LinkState.UP)
    assert linked.run().all_up


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_token_that_the_router_has_lost_is_loaded_again(linked: Harness):
    before = link_names(linked, "b")
    internal = linked["b"].find(CONFIG_MAP, "skupper-internal", "net")
    entities = json.loads(internal["data"]["skrouterd.json"])
    without = json.dumps([entity for entity in entities if entity[0] != "connector"])
    with linked.client("b") as client:
        client.replace(CONFIG_MAP, {**internal, "data": {"skrouterd.json": without}})
    until(lambda: linked.run(dry_run=True).states["b/net -> a/net"] is not LinkState.UP)
    assert linked.run(clock=lambda: now() + timedelta(seconds=30)).all_up
    assert link_names(linked, "b") == before


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_log_levels_that_the_site_controller_has_not_set_are_set_a_while_later(linked: Harness):
    linked.change_site("a", config={"routerLogging": "error+"})
    until(lambda: linked.run() and ("DEFAULT", "error+") in levels(linked, "a"))
    internal = linked["a"].find(CONFIG_MAP, "skupper-internal", "net")
    entities = json.loads(internal["data"]["skrouterd.json"])
    without = json.dumps([entity for entity in entities if entity[0] != "log"])
    with linked.client("a") as client:
        client.replace(CONFIG_MAP, {**internal, "data": {"skrouterd.json": without}})
    linked.run(clock=lambda: now() + timedelta(seconds=60))
    until(lambda: ("DEFAULT", "error+") in levels(linked, "a"))


def levels(fleet: Harness, cluster: str) -> list[tuple[str, str]]:
    """The log levels of a router."""
    internal = fleet[cluster].find(CONFIG_MAP, "skupper-internal", "net")
    entities = json.loads(internal["data"]["skrouterd.json"])
    return [(fields["module"], fields["enable"]) for kind, fields in entities if kind == "log"]


def test_an_edited_role_is_put_right(linked: Harness):
    role = linked["a"].find(ROLE, "skupper-site-controller", "net")
    with linked.client("a") as client:
        client.replace(ROLE, {**role, "rules": []})
    result = linked.run()
    assert [action for action in result.actions if "Role" in action] == [
        "['apply', 'privileged=False', 'a', 'net', 'Role.rbac.authorization.k8s.io', 'skupper-site-controller']"
    ]
    assert linked["a"].find(ROLE, "skupper-site-controller", "net")["rules"] == role["rules"]


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_what_is_changed_back_each_time_fails_the_run(linked: Harness):
    with linked.client("a") as client:
        found = client.patch(DEPLOYMENT, "skupper-site-controller", "net", {"spec": {"replicas": 2}})

    def undo(asked: Asked) -> web.Response | None:
        """As an admission webhook does that has its own idea."""
        return web.json_response(found) if asked.write and asked.plural == "deployments" else None

    linked.proxy("a").before.append(undo)
    (failure,) = linked.run().outcome.failures
    assert failure == (
        "a/net: Deployment skupper-site-controller still differs after 3 attempts: it differs in spec.replicas; "
        "something keeps reverting it. To see what, on cluster a run: oc -n net get deployments "
        "skupper-site-controller -o jsonpath='{.metadata.managedFields}'"
    )


def test_what_others_put_into_our_objects_stays(linked: Harness):
    with linked.client("a") as client:
        labels = {"metadata": {"labels": {"team": "theirs"}}}
        client.patch(DEPLOYMENT, "skupper-site-controller", "net", labels)
    assert linked.run().writes == 0
    labels = linked["a"].find(DEPLOYMENT, "skupper-site-controller", "net")["metadata"]["labels"]
    assert labels["team"] == "theirs"


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_new_setting_is_applied_without_a_new_site(linked: Harness):
    before = site_id(linked, "a")
    linked.change(config={"routerLogging": "info+"})
    assert linked.run().all_up
    assert linked["a"].find(CONFIG_MAP, "skupper-site", "net")["data"]["router-logging"] == "info+"
    assert site_id(linked, "a") == before


def test_a_setting_that_is_dropped_is_removed(linked: Harness):
    linked.change(config={"routerLogging": "info+"})
    linked.run()
    linked.change(config={})
    linked.run()
    assert "router-logging" not in linked["a"].find(CONFIG_MAP, "skupper-site", "net")["data"]


def left_in_b(fleet: Harness) -> list[dict]:
    kinds = (CONFIG_MAP, DEPLOYMENT, SECRET)
    return [found for kind in kinds for found in fleet["b"].objects(kind, namespace="net")]


def test_a_deleted_site_is_gone_with_its_links(linked: Harness):
    linked.change_site("b", delete=True)
    assert linked.run().all_up
    # The status of the network carries no labels; it goes with its router a moment later.
    until(lambda: left_in_b(linked) == [])


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_that_is_not_declared_any_more_is_gone_with_its_links(linked: Harness):
    linked.drop_site("b")
    assert linked.run().all_up
    until(lambda: left_in_b(linked) == [])


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_the_last_two_sites_can_go_as_well(linked: Harness):
    linked.delete_all()
    linked.run()
    assert linked.objects(DEPLOYMENT) == []
    assert linked.objects(SECRET) == []


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_after_a_removal_there_is_nothing_to_do(linked: Harness):
    linked.change_site("b", delete=True)
    linked.run()
    assert linked.run().writes == 0


def test_a_site_deleted_and_declared_again_comes_back(linked: Harness):
    linked.change_site("b", delete=True)
    linked.run()
    linked.change_site("b", delete=False)
    assert linked.run().all_up


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_new_site_joins_without_a_change_to_the_others(linked: Harness):
    before = {cluster: site_id(linked, cluster) for cluster in "ab"}
    versions = link_names(linked, "b")
    linked.change(sites=(*linked.network.sites, SiteDefinition(linked.cluster("a"), "other")))
    assert linked.run().all_up
    assert {cluster: site_id(linked, cluster) for cluster in "ab"} == before
    assert versions <= link_names(linked, "b")


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_an_object_of_another_instance_is_never_changed(linked: Harness):
    labels = {"app.kubernetes.io/managed-by": "qontract-skupper", "qontract-skupper/instance": "another"}
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "skupper-site", "namespace": "other", "labels": labels},
        "data": {"name": "theirs"},
    }
    linked["a"].load(theirs)
    linked.delete_all()
    linked.run()
    assert [cm["metadata"]["name"] for cm in linked["a"].objects(CONFIG_MAP, namespace="other")] == [
        "skupper-site"
    ]


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_selection_changes_nothing_else(fleet: Harness):
    fleet.run(wait=0, selection=Selection(clusters=frozenset({"a"})))
    for untouched in ("b", "p"):
        assert fleet[untouched].objects(CONFIG_MAP, namespace="net") == []
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net")


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_whose_data_is_refused_gets_nothing_and_the_others_are_linked(fleet: Harness):
    fleet.change_site("a", config={"serviceController": False})
    assert fleet.run().states["p/net -> b/net"] is LinkState.UP
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net") is None


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_the_only_uplink_stays_until_a_run_may_make_the_one_that_replaces_it(fleet: Harness):
    a, b, p = fleet.network.sites
    fleet.change(sites=(a, p))
    assert fleet.run().all_up
    before = link_names(fleet, "p")
    assert before
    fleet.change(sites=(replace(a, delete=True), b, p))
    result = fleet.run(wait=0, selection=Selection(clusters=frozenset({"p"})))
    assert link_names(fleet, "p") == before
    assert "last-link" in {finding.rule for finding in result.outcome.plan.findings}
    assert fleet.run().all_up
    assert link_names(fleet, "p").isdisjoint(before)


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_cluster_that_disables_the_integration_gets_no_request(fleet: Harness):
    proxy = fleet.proxy("p")
    fleet.change_site("p", cluster=fleet.cluster("p", disabled=True))
    assert fleet.run().states["b/net -> a/net"] is LinkState.UP
    assert proxy.asked == []


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_namespace_that_is_missing_stops_nobody_else(fleet: Harness):
    extra = SiteDefinition(fleet.cluster("a"), "missing")
    fleet.change(sites=(*fleet.network.sites, extra))
    result = fleet.run()
    states = {link: state for link, state in result.states.items() if "missing" not in link}
    assert {"b/net -> a/net"} < states.keys()
    assert set(states.values()) <= {LinkState.UP, LinkState.STANDBY}
    assert result.outcome.failures == []


@pytest.mark.simulation_suffices("it depends on what is recorded, not on who keeps it")
def test_a_missing_site_is_marked_by_one_run_and_removed_by_one_after_the_delay(linked: Harness):
    moment, delay = now(), timedelta(minutes=30)
    linked.drop_site("b")
    for later, gone in ((0, False), (29, False), (30, True)):
        at = moment + timedelta(minutes=later)
        assert linked.run(delay=delay, clock=lambda at=at: at).all_up
        assert (linked["b"].find(CONFIG_MAP, "skupper-site", "net") is None) is gone
    until(lambda: left_in_b(linked) == [])
    assert linked.run(delay=delay).writes == 0


@pytest.mark.simulation_suffices("it depends on what is recorded, not on who keeps it")
def test_a_site_that_is_declared_again_in_time_is_as_it_was(linked: Harness):
    sites, before = linked.network.sites, site_id(linked, "b")
    linked.drop_site("b")
    linked.run(delay=timedelta(minutes=30))
    linked.change(sites=sites)
    assert linked.run(delay=timedelta(minutes=30)).all_up
    assert site_id(linked, "b") == before
    assert linked.run().writes == 0
