"""Facts of the text of a status, beside its golden files."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconcile.findings import Finding, FleetSubject, Severity
from reconcile.report.status_text import text
from reconcile.skupper.plan import (
    LinkObservation,
    LinkReport,
    LinkState,
    PendingSetting,
    Plan,
    SiteReport,
    SiteState,
    Verdict,
)
from tests.report.plans import NOW, STATES, ago, change, link, ready, site
from tests.report.strategies import plans

TWO_SITES = (ready("a"), ready("b"))


def of(*links: LinkReport, sites: tuple[SiteReport, ...] = TWO_SITES) -> str:
    return text(Plan(links=links, sites=sites), NOW)


def row(shown: str, name: str) -> str:
    (found,) = [line for line in shown.splitlines() if name in line]
    return found


def test_every_state_of_a_link_is_shown_by_name() -> None:
    shown = text(STATES, NOW)
    assert all(state.value in shown for state in LinkState)


def test_networks_come_in_alphabetical_order() -> None:
    shown = of(sites=(ready("a", network="z"), ready("a", network="b")))
    assert shown.index("network b") < shown.index("network z")


def test_what_no_network_names_comes_last() -> None:
    shown = of(sites=(ready("a", network=""), ready("a", network="z")))
    assert shown.index("network z") < shown.index("not declared")


def test_sites_come_in_the_order_of_their_names() -> None:
    shown = of(sites=(ready("b"), ready("a")))
    assert shown.index("a/vault-net") < shown.index("b/vault-net")


def test_what_is_broken_comes_first() -> None:
    links = (
        link("a", "b", LinkState.UP),
        link("b", "c", LinkState.UNKNOWN, "x"),
        link("c", "a", LinkState.DOWN, "y"),
        link("d", "a", LinkState.DELIVERED, "z"),
    )
    sites = (ready("a"), site("b", SiteState.DOWN, reason="w"), ready("c"))
    shown = of(*links, sites=sites)
    assert re.findall(r"^  (\S)  ", shown, flags=re.MULTILINE) == ["✗", "✓", "✓", "✗", "?", "…", "✓"]


def test_a_network_with_something_broken_comes_first() -> None:
    shown = of(sites=(ready("a", network="b"), site("a", SiteState.DOWN, network="z", reason="w")))
    assert shown.index("network z") < shown.index("network b")


def test_a_cause_of_several_rows_is_shown_once() -> None:
    sites = tuple(site(name, SiteState.UNKNOWN, reason="no answer") for name in "abc")
    links = (link("a", "b", LinkState.UNKNOWN, "no answer"),)
    shown = of(*links, sites=sites)
    assert shown.count("no answer") == 1
    assert row(shown, "→").endswith("see a/vault-net")


def test_a_link_refers_to_the_site_that_is_its_cause() -> None:
    sites = (site("a", SiteState.DOWN, reason="it is scaled to 0; run: oc scale"), ready("b"))
    shown = of(link("b", "a", LinkState.DOWN, "a/vault-net: it is scaled to 0"), sites=sites)
    assert row(shown, "→").endswith("see a/vault-net")


def test_what_is_pending_stands_beside_its_site_only() -> None:
    found = replace(ready("a"), pending=(PendingSetting("routers", "recreate both Deployments"),))
    warning = Finding(
        "pending-settings", "a: pending: routers", severity=Severity.WARNING, subject=FleetSubject()
    )
    shown = text(Plan(sites=(found,), findings=(warning,)), NOW)
    assert shown.count("pending: ") == 1
    assert row(shown, "a/vault-net").endswith("pending: routers (recreate both Deployments)")


def test_only_what_is_broken_is_shown_if_asked_for_and_the_summary_counts_all() -> None:
    plan = Plan(
        sites=TWO_SITES,
        links=(link("a", "b", LinkState.UP), link("b", "a", LinkState.DOWN, "why")),
    )
    shown = text(plan, NOW, only_broken=True)
    assert [line for line in shown.splitlines() if "✓" in line] == []
    assert "b/vault-net → a/vault-net" in shown
    assert shown.endswith("1 of 2 declared links is not up.")


def test_if_nothing_is_broken_only_the_summary_is_left() -> None:
    plan = Plan(sites=TWO_SITES, links=(link("a", "b", LinkState.UP),))
    assert text(plan, NOW, only_broken=True) == "The one declared link is up."


def test_long_names_fit_into_80_columns() -> None:
    one, two = "app-sre-stage-01", "app-sre-stage-02"
    seen = LinkObservation(Verdict.ABSENT, at=ago(seconds=120))
    down = link(one, two, LinkState.DOWN, "no outgoing link", dialler=seen, issuer=seen)
    plan = Plan(sites=(ready(one), ready(two)), links=(down,), findings=STATES.findings)
    assert max(map(len, text(plan, NOW, width=80).splitlines())) <= 80


def test_an_end_that_has_said_nothing_is_a_dash() -> None:
    assert re.search(r"down +- +- ", row(of(link("a", "b", LinkState.DOWN, "why")), "→"))


def test_an_end_that_speaks_is_quoted_with_the_age_of_its_word() -> None:
    found = link("a", "b", LinkState.UP, dialler=LinkObservation(Verdict.UP, at=ago(seconds=7)))
    assert "up, 7s ago" in row(of(found), "→")


def test_a_word_without_a_time_is_quoted_without_an_age() -> None:
    found = link("a", "b", LinkState.DOWN, dialler=LinkObservation(Verdict.ABSENT))
    assert re.search(r"absent +-", row(of(found), "→"))


def test_an_issuer_that_never_lists_edge_sites_is_not_quoted() -> None:
    found = link("a", "b", LinkState.UP, issuer=LinkObservation(Verdict.SILENT, at=ago(seconds=7)))
    assert "(edge)" in row(of(found), "→")


def test_what_is_skipped_is_counted_by_reason() -> None:
    shown = of(
        link("a", "b", LinkState.SKIPPED, "one"),
        link("b", "a", LinkState.SKIPPED, "one"),
        sites=(site("a", SiteState.SKIPPED, reason="one"), site("b", SiteState.SKIPPED, reason="other")),
    )
    assert "skipped: 1 site, 2 links (one)" in shown
    assert "skipped: 1 site (other)" in shown


def test_what_is_skipped_is_in_no_table() -> None:
    assert "→" not in of(link("a", "b", LinkState.SKIPPED, "one"))


def test_the_next_command_is_named_if_a_run_would_change_something() -> None:
    shown = text(Plan(changes=(change(), change())), NOW)
    assert shown.endswith("A run would apply 2 changes. To see what, run: qontract-skupper plan")


def test_no_command_is_named_if_all_is_as_declared() -> None:
    assert "qontract-skupper" not in of(link("a", "b", LinkState.UP))


def test_a_status_that_fits_is_not_folded() -> None:
    width = max(map(len, text(STATES, NOW).splitlines()))
    assert text(STATES, NOW, width=width) == text(STATES, NOW)


def test_if_one_table_is_too_wide_all_are_folded() -> None:
    links = (link("a", "b", LinkState.UP, network="short"), link("a" * 50, "b" * 50, LinkState.UP))
    sites = (ready("a", network="short"), ready("a"))
    assert " → " not in text(Plan(links=links, sites=sites), NOW, width=110).replace("     → ", "")


@given(plans)
def test_each_managed_link_of_a_shown_network_is_in_a_row(plan: Plan) -> None:
    shown = text(plan, NOW)
    networks = {found.network for found in plan.sites}
    for found in plan.links:
        if found.managed and found.network in networks:
            assert f"{found.link.dialler} → {found.link.issuer}  " in shown


@given(plans, st.none() | st.integers(20, 200))
def test_colours_add_nothing_but_colours(plan: Plan, width: int | None) -> None:
    coloured = text(plan, NOW, width=width, colour=True)
    assert re.sub(r"\033\[\d*m", "", coloured) == re.sub(r"\033\[\d*m", "", text(plan, NOW, width=width))
