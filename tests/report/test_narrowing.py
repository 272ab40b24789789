"""What of a plan is shown: some networks, or only what is not as declared."""

import pytest

from reconcile.findings import ClusterSubject, Finding, NetworkSubject, SiteSubject, Subject
from reconcile.report.narrowing import of_broken, of_networks
from reconcile.skupper.plan import LinkState, Plan, SiteState
from tests.report.plans import change, link, ready, site

PLAN = Plan(
    sites=(ready("a", network="x"), ready("b", network="y")),
    links=(link("a", "c", LinkState.UP, network="x"), link("b", "c", LinkState.UP, network="y")),
    changes=(change(),),
)


def test_only_sites_links_and_changes_of_the_networks_are_left() -> None:
    found = of_networks(PLAN, ["x"])
    assert {site.network for site in found.sites} == {link.network for link in found.links} == {"x"}
    assert found.changes == ()


@pytest.mark.parametrize(
    ("subject", "concerns"),
    [
        (NetworkSubject("x"), True),
        (NetworkSubject("y"), False),
        (SiteSubject("a", "vault-net"), True),
        (SiteSubject("b", "vault-net"), False),
        (SiteSubject("a", "other", "x"), True),
        (ClusterSubject("a"), True),
        (ClusterSubject("b"), False),
    ],
)
def test_findings_stay_if_they_are_about_the_networks(subject: Subject, concerns: bool) -> None:
    finding = Finding("rule", "message", subject=subject)
    plan = Plan(sites=PLAN.sites, findings=(finding,))
    assert (finding in of_networks(plan, ["x"]).findings) is concerns


def test_what_is_in_progress_counts_as_broken_and_what_is_skipped_does_not() -> None:
    sites = (ready("a"), site("b", SiteState.STARTING), site("c", SiteState.SKIPPED))
    links = (
        link("a", "b", LinkState.STANDBY),
        link("b", "a", LinkState.WAITING),
        link("a", "c", LinkState.SKIPPED),
    )
    found = of_broken(Plan(sites=sites, links=links))
    assert [site.state for site in found.sites] == [SiteState.STARTING]
    assert [link.state for link in found.links] == [LinkState.WAITING]
