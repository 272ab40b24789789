"""What happens on the clusters after the first run, by our hand or by another's, and what the next run makes of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

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

OBSERVED = pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
RECORDED = pytest.mark.simulation_suffices("it depends on what is recorded, not on who keeps it")


def link_names(fleet: Harness, cluster: str) -> set[str]:
    names = {secret["metadata"]["name"] for secret in fleet[cluster].objects(SECRET, namespace="net")}
    return {name for name in names if name.startswith("link-")}


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


@OBSERVED
def test_a_plan_says_what_a_change_does_to_the_site(declared: Runs):
    (change,) = [c for c in declared.a_setting.outcome.plan.changes if c.cluster == "a"]
    effect = "which restarts the routers of the site; its 2 links are down for about 30 s"
    assert change.reason == f"it differs in data.router-logging, {effect}"


@OBSERVED
def test_a_site_that_turns_into_an_edge_site_keeps_its_links_until_the_new_ones_are_up(declared: Runs):
    changes = declared.an_edge_site.outcome.plan.changes
    removals = [change for change in changes if change.verb == "delete" and change.uid]
    assert removals
    assert not any(change.ready for change in removals)


@OBSERVED
def test_a_removal_over_the_budget_removes_nothing(declared: Runs):
    result = declared.nothing_over_budget
    assert result.writes == 0
    assert list(result.errors) == ["removal-budget"]


@OBSERVED
def test_removals_that_the_data_approves_need_no_budget(declared: Runs):
    assert declared.approved.outcome.plan.sites == ()
    assert (declared.approved.errors, declared.approved.failures) == ({}, [])
    gone = [action for action in declared.approved.actions if "skupper-site'" in action]
    assert len(gone) == 3


@OBSERVED
def test_the_next_run_writes_nothing_and_reports_the_approval_as_unused(declared: Runs):
    found = [finding.rule for finding in declared.after_approved.outcome.plan.findings]
    assert (declared.after_approved.writes, found) == (0, ["unused-approval"])


@OBSERVED
def test_the_router_gets_every_link(declared: Runs):
    assert declared.links
    assert declared.links <= declared.connectors


@dataclass(frozen=True)
class Life:
    """What a linked fleet goes through, one after the other; after each change a run."""

    labelled: RunResult
    """Somebody has given our Deployment in a another label."""
    label: str
    mended: RunResult
    """Somebody has emptied our Role in a."""
    rules: tuple[Any, Any]
    """Those of the Role before and after."""
    set_up: RunResult
    """Routers of all sites are to log more."""
    logging: tuple[str, str]
    """What `skupper-site` in a says of that then, and once they are not any more."""
    sites: tuple[dict[str, str], ...]
    """IDs of the sites: at first, with that setting, after b was recreated, and after a was."""
    links: tuple[set[str], ...]
    """Names of the links of b: at first, after b was recreated, and after a was."""
    dialler: RunResult
    """Somebody has deleted `skupper-site` in b."""
    token: RunResult
    """And the token in b."""
    issuer: RunResult
    """And `skupper-site` in a."""
    marked: RunResult
    """The site of b is missing from the data, whose removal has to wait."""
    in_time: tuple[RunResult, RunResult]
    """It is declared again: a run, and another one."""
    kept: str
    """ID of the site then."""
    present: dict[int, bool]
    """It is missing again: whether it is there after so many minutes."""
    waited: tuple[RunResult, ...]
    """The runs at these minutes, and one after its end."""
    joined: RunResult
    """It is declared once more, and with it a second site in a."""
    after_joining: tuple[dict[str, str], set[str]]
    """Sites and links of b after the second one alone has joined, after `before_joining`."""
    before_joining: tuple[dict[str, str], set[str]]
    undeclared: RunResult
    """The site of b is not declared any more, and need not wait."""
    back: RunResult
    deleted: RunResult
    """The site of b is marked ``delete``."""
    after_deleted: RunResult
    all_deleted: RunResult
    """All sites are, and there is an object of another instance in b."""
    left: tuple[list[dict], list[dict]]
    """Deployments and Secrets that are left."""
    foreign: list[str]
    """ConfigMaps in the namespace of the other instance."""


DELAY = timedelta(minutes=30)
"""How long a site must have been missing before it is removed."""


@pytest.fixture(scope="module")
def life(backend: Backend) -> Life:
    with three_clusters(backend) as fleet, fleet.client("a") as a:
        assert fleet.run().all_up
        a.patch(DEPLOYMENT, "skupper-site-controller", "net", {"metadata": {"labels": {"team": "theirs"}}})
        labelled = fleet.run()
        label = fleet["a"].find(DEPLOYMENT, "skupper-site-controller", "net")["metadata"]["labels"]["team"]
        role = fleet["a"].find(ROLE, "skupper-site-controller", "net")
        a.replace(ROLE, {**role, "rules": []})
        mended = fleet.run()
        rules = role["rules"], fleet["a"].find(ROLE, "skupper-site-controller", "net")["rules"]
        sites, links = [site_ids(fleet)], [link_names(fleet, "b")]
        fleet.change(config={"routerLogging": "info+"})
        set_up, level = fleet.run(), logging(fleet)
        sites.append(site_ids(fleet))
        fleet.change(config={})
        fleet.run()
        no_level = logging(fleet)
        dialler = recreated(fleet, "b")
        sites.append(site_ids(fleet))
        links.append(link_names(fleet, "b"))
        fleet["b"].remove(SECRET, *links[-1], "net")
        until(lambda: fleet.run(dry_run=True).states["b/net -> a/net"] is not LinkState.UP)
        token = fleet.run()
        issuer = recreated(fleet, "a")
        sites.append(site_ids(fleet))
        links.append(link_names(fleet, "b"))
        declared = fleet.network.sites
        fleet.drop_site("b")
        marked = fleet.run(delay=DELAY)
        fleet.change(sites=declared)
        in_time, kept = (fleet.run(delay=DELAY), fleet.run()), site_ids(fleet)["b"]
        fleet.drop_site("b")
        moment, present, waited = now(), {}, []
        for minutes in (0, 29, 30):
            at = moment + timedelta(minutes=minutes)
            waited.append(fleet.run(delay=DELAY, clock=lambda at=at: at))
            present[minutes] = "b" in site_ids(fleet)
        until(lambda: left_in_b(fleet) == [])
        waited.append(fleet.run(delay=DELAY))
        fleet.change(sites=declared)
        assert fleet.run().all_up
        before = site_ids(fleet), link_names(fleet, "b")
        fleet.change(sites=(*declared, SiteDefinition(fleet.cluster("a"), "other")))
        joined = fleet.run()
        after = site_ids(fleet), link_names(fleet, "b")
        fleet.drop_site("b")
        undeclared = fleet.run()
        until(lambda: left_in_b(fleet) == [])
        fleet.change(sites=declared)
        back = fleet.run()
        fleet.change_site("b", delete=True)
        deleted = fleet.run()
        # The status of the network carries no labels; it goes with its router a moment later.
        until(lambda: left_in_b(fleet) == [])
        after_deleted = fleet.run()
        fleet["b"].load(of_another_instance())
        fleet.delete_all()
        all_deleted = fleet.run()
        left = fleet.objects(DEPLOYMENT), fleet.objects(SECRET)
        foreign = [found["metadata"]["name"] for found in fleet["b"].objects(CONFIG_MAP, namespace="other")]
    return Life(
        labelled=labelled,
        label=label,
        mended=mended,
        rules=rules,
        set_up=set_up,
        logging=(level, no_level),
        sites=tuple(sites),
        links=tuple(links),
        dialler=dialler,
        token=token,
        issuer=issuer,
        marked=marked,
        in_time=in_time,
        kept=kept,
        present=present,
        waited=tuple(waited),
        joined=joined,
        before_joining=before,
        after_joining=after,
        undeclared=undeclared,
        back=back,
        deleted=deleted,
        after_deleted=after_deleted,
        all_deleted=all_deleted,
        left=left,
        foreign=foreign,
    )


def site_ids(fleet: Harness) -> dict[str, str]:
    """The sites in the namespaces ``net``, by cluster."""
    found = {cluster.name: cluster.find(CONFIG_MAP, "skupper-site", "net") for cluster in fleet.servers}
    return {cluster: site["metadata"]["uid"] for cluster, site in found.items() if site}


def logging(fleet: Harness) -> str:
    return fleet["a"].find(CONFIG_MAP, "skupper-site", "net")["data"].get("router-logging", "")


def recreated(fleet: Harness, cluster: str) -> RunResult:
    """Somebody deletes a site; the run that makes it again."""
    fleet[cluster].remove(CONFIG_MAP, "skupper-site", "net")
    until(lambda: fleet[cluster].find(DEPLOYMENT, "skupper-router", "net") is None)
    return fleet.run()


def left_in_b(fleet: Harness) -> list[dict]:
    kinds = (CONFIG_MAP, DEPLOYMENT, SECRET)
    return [found for kind in kinds for found in fleet["b"].objects(kind, namespace="net")]


def of_another_instance() -> dict:
    labels = {"app.kubernetes.io/managed-by": "qontract-skupper", "qontract-skupper/instance": "another"}
    metadata = {"name": "skupper-site", "namespace": "other", "labels": labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"name": "theirs"}}


def test_what_others_put_into_our_objects_stays(life: Life):
    assert (life.labelled.writes, life.label) == (0, "theirs")


def test_an_edited_role_is_put_right(life: Life):
    assert [action for action in life.mended.actions if "Role" in action] == [
        "['apply', 'privileged=False', 'a', 'net', 'Role.rbac.authorization.k8s.io', 'skupper-site-controller']"
    ]
    before, after = life.rules
    assert before == after != []


@OBSERVED
def test_a_new_setting_is_applied_without_a_new_site(life: Life):
    assert life.set_up.all_up
    assert life.logging[0] == "info+"
    assert life.sites[1] == life.sites[0]


def test_a_setting_that_is_dropped_is_removed(life: Life):
    assert life.logging == ("info+", "")


@OBSERVED
def test_a_dialler_that_was_recreated_is_linked_by_the_token_it_has(life: Life):
    assert life.dialler.all_up
    assert life.sites[2]["b"] != life.sites[1]["b"]
    assert life.links[1] == life.links[0] != set()


@OBSERVED
def test_a_lost_token_is_issued_again(life: Life):
    assert life.token.all_up


def test_an_issuer_that_was_recreated_is_linked_again(life: Life):
    assert life.issuer.all_up
    assert life.sites[3]["a"] != life.sites[2]["a"]
    assert life.links[2].isdisjoint(life.links[1])


@RECORDED
def test_a_site_that_is_declared_again_in_time_is_as_it_was(life: Life):
    assert life.marked.all_up
    soon, later = life.in_time
    assert soon.all_up
    assert (life.kept, later.writes) == (life.sites[3]["b"], 0)


@RECORDED
def test_a_missing_site_is_marked_by_one_run_and_removed_by_one_after_the_delay(life: Life):
    assert life.present == {0: True, 29: True, 30: False}
    *meanwhile, last = life.waited
    assert all(run.all_up for run in meanwhile)
    assert last.writes == 0


@OBSERVED
def test_a_new_site_joins_without_a_change_to_the_others(life: Life):
    (sites, links), (later, with_others) = life.before_joining, life.after_joining
    assert life.joined.all_up
    assert "a/other" in {str(site.key) for site in life.joined.outcome.plan.sites}
    assert later == sites
    assert links <= with_others


@OBSERVED
def test_a_site_that_is_not_declared_any_more_is_gone_with_its_links(life: Life):
    assert life.undeclared.all_up
    assert "b/net" not in {str(site.key) for site in life.undeclared.outcome.plan.sites}


def test_a_site_deleted_and_declared_again_comes_back(life: Life):
    assert life.back.all_up
    assert "b/net -> a/net" in life.back.states


def test_a_deleted_site_is_gone_with_its_links(life: Life):
    assert life.deleted.all_up
    assert "b/net -> a/net" not in life.deleted.states


@OBSERVED
def test_after_a_removal_there_is_nothing_to_do(life: Life):
    assert life.after_deleted.writes == 0


@OBSERVED
def test_the_last_two_sites_can_go_as_well(life: Life):
    assert life.all_deleted.writes > 0
    assert life.left == ([], [])


@OBSERVED
def test_an_object_of_another_instance_is_never_changed(life: Life):
    assert life.foreign == ["skupper-site"]


@OBSERVED
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


@OBSERVED
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


@OBSERVED
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


@OBSERVED
def test_a_selection_changes_nothing_else(fleet: Harness):
    fleet.run(wait=0, selection=Selection(clusters=frozenset({"a"})))
    for untouched in ("b", "p"):
        assert fleet[untouched].objects(CONFIG_MAP, namespace="net") == []
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net")


@OBSERVED
def test_a_site_whose_data_is_refused_gets_nothing_and_the_others_are_linked(fleet: Harness):
    fleet.change_site("a", config={"serviceController": False})
    assert fleet.run().states["p/net -> b/net"] is LinkState.UP
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net") is None


@OBSERVED
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


@OBSERVED
def test_a_cluster_that_disables_the_integration_gets_no_request(fleet: Harness):
    proxy = fleet.proxy("p")
    fleet.change_site("p", cluster=fleet.cluster("p", disabled=True))
    assert fleet.run().states["b/net -> a/net"] is LinkState.UP
    assert proxy.asked == []


@OBSERVED
def test_a_namespace_that_is_missing_stops_nobody_else(fleet: Harness):
    extra = SiteDefinition(fleet.cluster("a"), "missing")
    fleet.change(sites=(*fleet.network.sites, extra))
    result = fleet.run()
    states = {link: state for link, state in result.states.items() if "missing" not in link}
    assert {"b/net -> a/net"} < states.keys()
    assert set(states.values()) <= {LinkState.UP, LinkState.STANDBY}
    assert result.outcome.failures == []
