"""What happens on the clusters after the first run, by our hand or by another's, and what the next run makes of it."""

import json

from aiohttp import web

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, SECRET
from reconcile.skupper.definitions import SiteDefinition
from reconcile.skupper.plan import LinkState
from reconcile.skupper.selection import Selection
from tests.end_to_end.world import World, until
from tests.gate import Asked


def link_names(fleet: World, cluster: str) -> set[str]:
    names = {secret["metadata"]["name"] for secret in fleet[cluster].objects(SECRET, namespace="net")}
    return {name for name in names if name.startswith("link-")}


def site_id(fleet: World, cluster: str) -> str:
    return fleet[cluster].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["uid"]


def test_an_issuer_that_was_made_anew_is_linked_anew(linked: World):
    before = link_names(linked, "b")
    linked["a"].remove(CONFIG_MAP, "skupper-site", "net")
    until(lambda: linked["a"].find(DEPLOYMENT, "skupper-router", "net") is None)
    assert linked.run().all_up
    assert not before & link_names(linked, "b")


def test_a_dialler_that_was_made_anew_is_linked_by_the_token_it_has(linked: World):
    before = link_names(linked, "b")
    linked["b"].remove(CONFIG_MAP, "skupper-site", "net")
    until(lambda: linked["b"].find(DEPLOYMENT, "skupper-router", "net") is None)
    assert linked.run().all_up
    assert link_names(linked, "b") == before


def test_a_lost_token_is_issued_again(linked: World):
    (name,) = link_names(linked, "b")
    linked["b"].remove(SECRET, name, "net")
    until(lambda: linked.run(dry_run=True).states["b/net -> a/net"] is not LinkState.UP)
    assert linked.run().all_up


def test_an_edited_role_is_put_right(linked: World):
    role = linked["a"].find(ROLE, "skupper-site-controller", "net")
    with linked.client("a") as client:
        client.replace(ROLE, {**role, "rules": []})
    told = linked.run()
    assert [action for action in told.actions if "Role" in action] == [
        "['apply', 'privileged=False', 'a', 'net', 'Role.rbac.authorization.k8s.io', 'skupper-site-controller']"
    ]
    assert linked["a"].find(ROLE, "skupper-site-controller", "net")["rules"] == role["rules"]


def test_what_is_changed_back_each_time_fails_the_run(linked: World):
    with linked.client("a") as client:
        found = client.patch(DEPLOYMENT, "skupper-site-controller", "net", {"spec": {"replicas": 2}})

    def undo(asked: Asked) -> web.Response | None:
        """As an admission webhook does that has its own idea."""
        return web.json_response(found) if asked.write and asked.plural == "deployments" else None

    linked.gate("a").before.append(undo)
    (failure,) = linked.run().outcome.failures
    assert failure == (
        "a/net: Deployment skupper-site-controller is not as declared, 3 times made so: it differs in spec.replicas; "
        "find out what changes it back"
    )


def test_what_others_put_into_our_objects_stays(linked: World):
    with linked.client("a") as client:
        labels = {"metadata": {"labels": {"team": "theirs"}}}
        client.patch(DEPLOYMENT, "skupper-site-controller", "net", labels)
    assert linked.run().writes == 0
    labels = linked["a"].find(DEPLOYMENT, "skupper-site-controller", "net")["metadata"]["labels"]
    assert labels["team"] == "theirs"


def test_a_new_setting_is_applied_without_a_new_site(linked: World):
    before = site_id(linked, "a")
    linked.change(config={"routerLogging": "info+"})
    assert linked.run().all_up
    assert linked["a"].find(CONFIG_MAP, "skupper-site", "net")["data"]["router-logging"] == "info+"
    assert site_id(linked, "a") == before


def test_a_setting_that_is_dropped_is_removed(linked: World):
    linked.change(config={"routerLogging": "info+"})
    linked.run()
    linked.change(config={})
    linked.run()
    assert "router-logging" not in linked["a"].find(CONFIG_MAP, "skupper-site", "net")["data"]


def test_a_plan_says_what_a_change_does_to_the_site(linked: World):
    linked.change(config={"routerLogging": "info+"})
    (change,) = [c for c in linked.run(dry_run=True).outcome.plan.changes if c.cluster == "a"]
    assert change.reason == ("it differs in data.router-logging, which restarts the routers of the site")


def left_in_b(fleet: World) -> list[dict]:
    kinds = (CONFIG_MAP, DEPLOYMENT, SECRET)
    return [found for kind in kinds for found in fleet["b"].objects(kind, namespace="net")]


def test_a_deleted_site_is_gone_with_its_links(linked: World):
    linked.change_site("b", delete=True)
    assert linked.run().all_up
    # The status of the network carries no labels; it goes with its router a moment later.
    until(lambda: left_in_b(linked) == [])


def test_a_site_that_is_not_declared_any_more_is_gone_with_its_links(linked: World):
    linked.drop_site("b")
    assert linked.run().all_up
    until(lambda: left_in_b(linked) == [])


def test_the_last_two_sites_can_go_as_well(linked: World):
    linked.change(sites=())
    linked.run()
    assert linked.objects(DEPLOYMENT) == []
    assert linked.objects(SECRET) == []


def test_after_a_removal_there_is_nothing_to_do(linked: World):
    linked.change_site("b", delete=True)
    linked.run()
    assert linked.run().writes == 0


def test_a_removal_over_the_budget_removes_nothing(linked: World):
    linked.change(sites=())
    told = linked.run(budget=3)
    assert told.writes == 0
    assert [finding.rule for finding in told.outcome.plan.errors] == ["removal-budget"]


def test_a_site_deleted_and_declared_again_comes_back(linked: World):
    linked.change_site("b", delete=True)
    linked.run()
    linked.change_site("b", delete=False)
    assert linked.run().all_up


def test_a_new_site_joins_without_a_change_to_the_others(linked: World):
    before = {cluster: site_id(linked, cluster) for cluster in "ab"}
    versions = link_names(linked, "b")
    linked.change(sites=(*linked.network.sites, SiteDefinition(linked.cluster("a"), "other")))
    assert linked.run().all_up
    assert {cluster: site_id(linked, cluster) for cluster in "ab"} == before
    assert versions <= link_names(linked, "b")


def test_a_site_that_turns_into_an_edge_site_keeps_its_links_until_the_new_ones_are_up(linked: World):
    linked.change_site("a", config={"edge": True})
    told = linked.run(dry_run=True)
    removals = [change for change in told.outcome.plan.changes if change.verb == "delete" and change.uid]
    assert removals
    assert not any(change.ready for change in removals)


def test_an_object_of_another_instance_is_never_touched(linked: World):
    labels = {"app.kubernetes.io/managed-by": "qontract-skupper", "qontract-skupper/instance": "another"}
    theirs = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "skupper-site", "namespace": "other", "labels": labels},
        "data": {"name": "theirs"},
    }
    linked["a"].load(theirs)
    linked.change(sites=())
    linked.run()
    assert [cm["metadata"]["name"] for cm in linked["a"].objects(CONFIG_MAP, namespace="other")] == [
        "skupper-site"
    ]


def test_a_selection_touches_nothing_else(fleet: World):
    fleet.run(wait=0, selection=Selection(clusters=frozenset({"a"})))
    for untouched in ("b", "p"):
        assert fleet[untouched].objects(CONFIG_MAP, namespace="net") == []
    assert fleet["a"].find(CONFIG_MAP, "skupper-site", "net")


def test_two_runs_at_the_same_time_end_as_one(fleet: World):
    import threading

    other = threading.Thread(target=fleet.run)
    other.start()
    fleet.run()
    other.join()
    assert fleet.run().all_up
    assert fleet.run().writes == 0


def test_a_namespace_that_is_missing_stops_nobody_else(fleet: World):
    extra = SiteDefinition(fleet.cluster("a"), "missing")
    fleet.change(sites=(*fleet.network.sites, extra))
    told = fleet.run()
    states = {link: state for link, state in told.states.items() if "missing" not in link}
    assert set(states.values()) <= {LinkState.UP, LinkState.STANDBY}
    assert told.outcome.failures == []


def test_the_router_is_told_of_every_link(linked: World):
    internal = linked["p"].find(CONFIG_MAP, "skupper-internal", "net")["data"]["skrouterd.json"]
    connectors = {attributes["name"] for kind, attributes in json.loads(internal) if kind == "connector"}
    assert link_names(linked, "p") <= connectors
