"""Why sites and links come and go, as a reviewer reads it."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from reconcile.kinds import CLUSTER_POLICY, SECRET
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import Change, LinkReport, LinkState, Plan, SiteReport, SiteState, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.review import Action, Item, review
from reconcile.skupper.topology import Link, LinkRole
from tests.report.plans import change, key, link, new_link, old_link, ready, site
from tests.report.strategies import plans
from tests.skupper.fakes import NOW, OURS, FakeCluster
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

REDUNDANT, UPLINK = LinkRole.REDUNDANT, LinkRole.UPLINK


def declared(*names: str, role: LinkRole = LinkRole.MESH) -> tuple[LinkReport, ...]:
    """Declared links: ``a>b``."""
    ends = (name.split(">") for name in names)
    return tuple(link(dialler, issuer, LinkState.WAITING, role=role) for dialler, issuer in ends)


def reviewed(
    *changes: Change, sites: tuple[SiteReport, ...] = (), links: tuple[LinkReport, ...] = ()
) -> dict[str, Item]:
    """Item of each subject, links as ``a>b``."""
    items = review(Plan(changes=changes, sites=sites, links=links))
    return {_short(item): item for item in items}


def _short(item: Item) -> str:
    found = item.subject
    return f"{found.dialler.cluster}>{found.issuer.cluster}" if isinstance(found, Link) else str(found)


def test_an_uplink_that_moves_names_both_issuers_and_the_reason() -> None:
    items = reviewed(
        *new_link("c", "e"),
        old_link("c", "b"),
        sites=(ready("c", mode="edge"), ready("b"), ready("e")),
        links=declared("c>e", role=UPLINK),
    )
    assert {item.reason for item in items.values()} == {"uplink moves b → e: spread over clusters"}


def test_both_links_of_a_move_name_each_other() -> None:
    items = reviewed(
        *new_link("c", "e"),
        old_link("c", "b"),
        sites=(ready("c", mode="edge"),),
        links=declared("c>e", role=UPLINK),
    )
    assert items["c>b"].counterpart == items["c>e"].subject
    assert items["c>e"].counterpart == items["c>b"].subject


def test_uplinks_of_different_sites_are_no_move() -> None:
    items = reviewed(
        *new_link("c", "e"),
        old_link("d", "e"),
        sites=(ready("c", mode="edge"), ready("d", mode="edge")),
        links=declared("c>e", role=UPLINK),
    )
    assert items["c>e"].reason == "new link, spread over clusters"
    assert items["d>e"].reason == "no longer one of its uplinks, spread over clusters"


def test_one_link_replaces_one_other() -> None:
    items = reviewed(
        *new_link("c", "e"),
        old_link("c", "a"),
        old_link("c", "b"),
        sites=(ready("c", mode="edge"),),
        links=declared("c>e", role=UPLINK),
    )
    assert [items["c>a"].counterpart, items["c>b"].counterpart] == [items["c>e"].subject, None]


def test_the_link_of_a_new_site_says_so() -> None:
    items = reviewed(
        *new_link("c", "a"), sites=(site("c", SiteState.ABSENT),), links=declared("c>a", role=UPLINK)
    )
    assert items["c>a"].reason == "new link, spread over clusters"
    items = reviewed(
        change(cluster="c"),
        *new_link("c", "a"),
        sites=(site("c", SiteState.ABSENT),),
        links=declared("c>a", role=UPLINK),
    )
    assert items["c>a"].reason == "new site, spread over clusters"


def test_the_link_to_a_new_site_names_it() -> None:
    items = reviewed(
        change(cluster="a"),
        *new_link("c", "a", REDUNDANT),
        sites=(site("a", SiteState.ABSENT),),
        links=declared("c>a", role=REDUNDANT),
    )
    assert items["c>a"].reason == "new site a/vault-net, redundant ring of interior sites"


def test_a_link_that_a_new_site_of_the_ring_replaces_says_so() -> None:
    items = reviewed(
        change(cluster="n"),
        *new_link("n", "a", REDUNDANT),
        old_link("b", "a"),
        sites=(site("n", SiteState.ABSENT), ready("a"), ready("b")),
        links=declared("n>a", role=REDUNDANT),
    )
    expected = "link of a/vault-net moves b → n: new site, redundant ring of interior sites"
    assert {items["b>a"].reason, items["n>a"].reason} == {expected}


def test_a_link_that_goes_with_its_site_names_the_site() -> None:
    items = reviewed(
        change(Verb.DELETE, cluster="b", removal=True),
        old_link("c", "b"),
        sites=(site("b", SiteState.REMOVING), ready("c")),
    )
    assert items["c>b"].reason == "site b/vault-net is deleted"


def test_an_uplink_that_moves_off_a_deleted_site_names_the_site() -> None:
    items = reviewed(
        change(Verb.DELETE, cluster="b", removal=True),
        *new_link("c", "e"),
        old_link("c", "b"),
        sites=(site("b", SiteState.REMOVING), ready("c", mode="edge")),
        links=declared("c>e", role=UPLINK),
    )
    assert items["c>e"].reason == "uplink moves b → e: site b/vault-net is deleted, spread over clusters"


def test_a_link_that_turns_says_who_dials_now() -> None:
    items = reviewed(*new_link("b", "a"), old_link("a", "b"), links=declared("b>a"))
    assert {item.reason for item in items.values()} == {"turns around: b/vault-net now dials a/vault-net"}


def test_a_link_between_networks_goes_for_the_reason_of_its_change_and_is_no_move() -> None:
    between = old_link("c", "b", reason="c/vault-net moves from network one to two")
    items = reviewed(
        *new_link("c", "e"),
        between,
        sites=(ready("c", mode="edge", network="two"), ready("b", network="one")),
        links=declared("c>e", role=UPLINK),
    )
    assert items["c>b"].reason == between.reason
    assert items["c>e"].counterpart is None


def test_sites_of_one_cluster_are_told_apart_by_namespace() -> None:
    items = reviewed(
        *new_link("c", "e/two"),
        old_link("c", "e/one"),
        sites=(ready("c", mode="edge"),),
        links=declared("c>e/two", role=UPLINK),
    )
    assert {item.reason for item in items.values()} == {"uplink moves e/one → e/two: spread over clusters"}


def test_a_declared_link_with_an_old_token_is_updated() -> None:
    stale = change(Verb.DELETE, SECRET, cluster="c", reason="stale", link=Link(key("c"), key("a")))
    assert reviewed(*new_link("c", "a"), stale, links=declared("c>a"))["c>a"].action is Action.UPDATE


@pytest.mark.parametrize(
    ("state", "action"),
    [
        (SiteState.ABSENT, Action.CREATE),
        (SiteState.STARTING, Action.UPDATE),
        (SiteState.READY, Action.UPDATE),
        (SiteState.REMOVING, Action.DELETE),
    ],
)
def test_what_happens_to_a_site_follows_from_its_state(state: SiteState, action: Action) -> None:
    verb = Verb.DELETE if action is Action.DELETE else Verb.APPLY
    assert reviewed(change(verb), sites=(site("east", state),))["east/vault-net"].action is action


def test_a_policy_is_named_with_its_cluster() -> None:
    (item,) = review(Plan(changes=(change(kind=CLUSTER_POLICY, name="p", namespace="", network=""),)))
    assert (item.noun, item.subject) == ("policy", "p on east")


def test_a_site_whose_first_change_can_be_applied_does_not_wait() -> None:
    first, second = new_link("c", "a")
    assert reviewed(first, second, links=declared("c>a"))["c>a"].waits_for is None
    assert reviewed(second, links=declared("c>a"))["c>a"].waits_for == second.waits_for


def moved(**change_of_the_issuer: Any) -> set[str]:
    """Reasons of all links of a plan: the site that a private site dials is declared otherwise."""
    fakes = {name: FakeCluster(name) for name in ("a", "b", "p")}
    clusters = {name: Cluster(name, f"https://{name}", private=name == "p") for name in fakes}
    for name, fake in fakes.items():
        fake.add_site("net", site_id=f"id-{name}", edge=name == "p")
    sites = {name: SiteDefinition(found, "net") for name, found in clusters.items()}
    settings = {"image": "image"}

    def planned() -> Plan:
        network = Network("n", "1.9.6", settings=settings, redundancy=1, sites=tuple(sites.values()))
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        desired = resolve(Definitions((network,)))
        return plan_inputs(PlanInput(desired=desired, ownership=OURS, now=NOW, snapshots=snapshots))

    for report in planned().links:
        (dialler, _), (issuer, _) = report.link.dialler, report.link.issuer
        ends, host = (f"{dialler}/net", f"{issuer}/net"), f"net.{issuer}.example.com"
        fakes[dialler].add_link_secret("net", report.credential, *ends, issued_by=f"id-{issuer}", host=host)
        if dialler == "p":
            dialled = issuer
    sites[dialled] = replace(sites[dialled], **change_of_the_issuer)
    found = [item for item in review(planned()) if item.noun == "link"]
    assert {item.action for item in found} == {Action.CREATE, Action.DELETE}
    return {item.reason.replace(dialled, "OLD") for item in found if item.counterpart}


def test_the_planner_finds_the_move_off_a_site_that_accepts_no_links_any_more() -> None:
    (reason,) = moved(config={"ingress": "none"})
    assert re.fullmatch(r"uplink moves OLD → [ab]: spread over clusters", reason)


def test_the_planner_finds_the_move_off_a_site_that_is_deleted() -> None:
    reasons = moved(delete=True)
    assert any(
        re.fullmatch(r"uplink moves OLD → [ab]: site OLD/net is deleted, spread over clusters", reason)
        for reason in reasons
    )


@given(plans)
def test_every_change_of_any_plan_is_in_exactly_one_item(plan: Plan) -> None:
    found = [(id(step), item.refused) for item in review(plan) for step in item.changes]
    steps = [*((id(step), False) for step in plan.changes), *((id(step), True) for step in plan.refused)]
    assert sorted(found) == sorted(steps)


@given(plans)
def test_counterparts_of_any_plan_are_mutual(plan: Plan) -> None:
    pairs = {item.subject: item.counterpart for item in review(plan) if item.counterpart}
    assert all(pairs.get(other) == subject for subject, other in pairs.items())
