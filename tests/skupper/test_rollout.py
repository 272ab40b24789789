"""What disrupts a site waits for its turn in a plan, which says what is interrupted and when."""

from datetime import timedelta

from reconcile.kinds import DEPLOYMENT
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.plan import (
    Change,
    Changing,
    LinkReport,
    LinkState,
    PendingSetting,
    Plan,
    SiteReport,
    SiteState,
    Verb,
    pending_text,
)
from reconcile.skupper.rollout import in_turns
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.waits import WaitKind
from reconcile.skupper.waves import Disruption
from tests.skupper.fakes import NOW
from tests.skupper.resolving import resolve

RESTART = Disruption("its router restarts", timedelta(seconds=30), step="recreate both Deployments")
TRIANGLE = ("ab", "bc", "ca")


def key(name: str) -> SiteKey:
    return SiteKey(name, "net")


def restart(name: str, disruption: Disruption | None = RESTART) -> Change:
    return Change(
        verb=Verb.APPLY,
        cluster=name,
        namespace="net",
        kind=DEPLOYMENT,
        name="d",
        reason="it differs",
        disruption=disruption,
    )


def site(name: str, **fields) -> SiteReport:
    state = fields.pop("state", SiteState.READY)
    version = fields.pop("version", "1.9.6")
    return SiteReport(network="n", key=key(name), name=name, mode="", state=state, version=version, **fields)


def link(pair: str, state: LinkState = LinkState.UP, **fields) -> LinkReport:
    return LinkReport(network="n", link=Link(key(pair[0]), key(pair[1])), state=state, **fields)


def planned(
    *sites: SiteReport, links: tuple[LinkReport, ...] = tuple(map(link, TRIANGLE)), wanted: str = "abc"
) -> Plan:
    """The plan of a triangle in which all sites are to be disrupted and these are not as usual."""
    unusual = {each.key: each for each in sites}
    reports = tuple(unusual.get(key(name), site(name)) for name in "abc")
    network = ResolvedNetwork(Network("n", "1.9.6", settings={}, sites=()), (), (), engine="v1")
    changes = tuple(map(restart, wanted))
    return in_turns(Plan(changes=changes, sites=reports, links=links), network, Selection(), NOW)


def waits(plan: Plan) -> dict[str, str]:
    return {change.cluster: str(change.waits_for or "") for change in plan.changes}


def messages(plan: Plan) -> dict[str, str]:
    return {finding.rule: finding.message for finding in plan.findings}


def test_one_change_is_ready_and_the_others_name_their_wave() -> None:
    assert waits(planned()) == {"a": "", "b": "wave 2 of 3 begins", "c": "wave 3 of 3 begins"}


def test_the_reason_says_how_many_links_are_down_for_how_long() -> None:
    (first, *_) = planned().changes
    assert first.reason == "it differs; its 2 links are down for about 30 s"


def test_a_change_that_disrupts_nothing_does_not_wait() -> None:
    part = Plan(changes=(restart("a", None),), sites=(site("a"), site("b", state=SiteState.DOWN)))
    network = ResolvedNetwork(Network("n", "1.9.6", settings={}, sites=()), (), (), engine="v1")
    assert in_turns(part, network, Selection(), NOW).changes == part.changes


def test_a_pending_setting_names_the_wave_of_its_site() -> None:
    setting = PendingSetting("router-memory", "recreate both Deployments")
    found = planned(site("b", pending=(setting,)))
    text = "pending: router-memory (recreate both Deployments: wave 2 of 3)"
    assert (pending_text(found.sites[1].pending), messages(found)["pending-settings"]) == (
        text,
        f"b/net: {text}",
    )


def test_while_a_site_takes_up_a_change_the_others_wait_and_look_there() -> None:
    found = planned(site("a", changing=Changing("its router is replaced", NOW)), wanted="bc")
    wait = found.changes[0].waits_for
    assert wait is not None
    assert (wait.kind, wait.text, wait.shown_at) == (WaitKind.TURN, "wave 2 of 3 begins", (key("a"),))


def test_a_change_that_is_not_taken_up_in_time_stops_the_rest() -> None:
    late = Changing("its router is replaced", NOW - timedelta(minutes=6))
    found = planned(site("a", changing=late), wanted="bc")
    assert "a/net: its router is replaced. Repair that" in messages(found)["stopped-waves"]
    assert [change.waits_for.kind for change in found.changes if change.waits_for] == [WaitKind.STOPPED] * 2


def test_a_site_that_is_down_stops_the_rest_and_is_named() -> None:
    found = planned(site("a", state=SiteState.DOWN, reason="no pods"), wanted="bc")
    assert waits(found)["b"] == "wave 1 of 2 begins (a/net is down: no pods)"


def test_a_site_that_could_not_be_read_stops_the_rest() -> None:
    assert not planned(site("a", state=SiteState.UNKNOWN), wanted="bc").ready


def test_a_link_that_settles_is_waited_for() -> None:
    settling = link("ab", LinkState.SETTLING, since=NOW)
    found = planned(links=(settling, link("bc"), link("ca")))
    assert {change.waits_for.kind for change in found.changes if change.waits_for} == {WaitKind.TURN}
    assert found.ready == ()


def test_a_link_that_is_down_elsewhere_stops_a_site_but_not_its_own_ends() -> None:
    found = planned(links=(link("ab"), link("bc", LinkState.DOWN), link("ca")))
    assert [change.cluster for change in found.ready] == ["b"]


def test_a_site_that_is_only_cut_off_does_not_stop_the_site_that_cuts_it_off() -> None:
    broken = (link("ab", LinkState.DOWN), link("ca", LinkState.DOWN))
    cut = site("b", state=SiteState.DOWN, cut_off=True)
    assert [change.cluster for change in planned(cut, links=broken).ready] == ["a"]


def test_a_link_that_the_run_skips_is_no_second_path() -> None:
    skipped = link("bc", LinkState.SKIPPED)
    assert not planned(links=(link("ab"), skipped, link("ca")), wanted="a").ready


def test_a_link_that_waits_for_a_new_site_does_not_hold_up_that_site_or_another_one() -> None:
    found = planned(links=(link("ab", LinkState.WAITING), link("bc"), link("ca")), wanted="bc")
    assert len(found.ready) == 1


def test_whom_a_site_cuts_off_is_told_before() -> None:
    found = planned(links=(link("ab"), link("ca")))
    assert waits(found) == {"a": "wave 3 of 3 begins", "b": "", "c": "wave 2 of 3 begins"}
    expected = "a/net: its router restarts in wave 3 of 3, and b/net, c/net have no path of links without it"
    assert messages(found)["interruption"].startswith(expected)


def test_different_versions_in_one_network_are_named() -> None:
    found = planned(site("a", version="1.9.7"), wanted="")
    expected = "the sites of network n run different versions: 1.9.6 at b/net, c/net; 1.9.7 at a/net"
    assert messages(found) == {"version-skew": expected}


def test_a_pending_setting_that_the_wave_leaves_as_it_is_names_none() -> None:
    setting = PendingSetting("name", "recreate site")
    assert (
        pending_text(planned(site("b", pending=(setting,))).sites[1].pending)
        == "pending: name (recreate site)"
    )


def test_a_run_with_a_filter_disrupts_no_site_whose_neighbours_it_does_not_see() -> None:
    clusters = [Cluster(name, f"https://{name}", private=False) for name in "ab"]
    sites = tuple(SiteDefinition(cluster, "net") for cluster in clusters)
    (network,) = resolve(Definitions(networks=(Network("n", "1.9.6", settings={}, sites=sites),))).networks
    part = Plan(changes=(restart("a"),), sites=(site("a"), site("b", state=SiteState.SKIPPED)))
    found = in_turns(part, network, Selection(clusters=frozenset({"a"})), NOW)
    assert found.changes[0].waits_for
    assert "excludes b/net: run without it" in str(found.changes[0].waits_for)
