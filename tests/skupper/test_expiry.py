"""The certificates that Skupper creates with a site and never renews: at most one finding about all of a site."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.certificates import Certificate
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan import AGING_SITE, Plan
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import expiry
from reconcile.skupper.v1.live_site import LiveSite
from tests.skupper.fakes import NOW, OURS, body, certificate, plan
from tests.skupper.reported import ReportedFleet

KEY = SiteKey("a", "net")
SITE_ID = "id-a"
DAY = timedelta(days=1)

times_left = st.integers(-2000, 2000).map(lambda hours: timedelta(hours=hours * 4))
"""Before and after each limit, not only at midnight."""
unreadable = st.sampled_from(["missing", "empty", "broken", "of another site"])


def live(certificates: dict[str, timedelta | str], owner: str = SITE_ID) -> LiveSite:
    """A site with these Secrets: the time that is left, or what is wrong with it."""
    found = [LiveObject.from_manifest(CONFIG_MAP, body(CONFIG_MAP, "net", "skupper-site", uid=SITE_ID))]
    for name, state in certificates.items():
        if state == "missing":
            continue
        of = "another" if state == "of another site" else owner
        secret = LiveObject.from_manifest(SECRET, body(SECRET, "net", name, owner=of))
        left = -DAY if state == "of another site" else state
        held = Certificate(expires=NOW + left) if isinstance(left, timedelta) else Certificate(fault="broken")
        found.append(secret if state == "empty" else replace(secret, certificates={"tls.crt": held}))
    return LiveSite(KEY, OURS, {each.key: each for each in found}, mine=tuple(found))


def seen(certificates: dict[str, timedelta | str], **rest: str) -> list[Finding]:
    return list(expiry.findings(live(certificates, **rest), "n", NOW))


def one(**given: timedelta) -> Finding:
    (finding,) = seen({name.replace("_", "-"): left for name, left in given.items()})
    return finding


@given(st.dictionaries(st.sampled_from([*expiry.EFFECTS]), times_left | unreadable))
@example({"skupper-site-ca": 180 * DAY})
@example({"skupper-site-ca": 60 * DAY})
@example({"skupper-site-ca": timedelta()})
def test_a_site_has_one_finding_as_severe_as_the_first_of_its_certificates_to_expire(certificates) -> None:
    left = min((each for each in certificates.values() if isinstance(each, timedelta)), default=None)
    expected = []
    if left is not None and left <= 180 * DAY:
        severity = Severity.ERROR if left < timedelta() else Severity.WARNING
        expected = [(AGING_SITE if left > 60 * DAY else "expiring-site", severity)]
    found = seen(certificates)
    assert [(finding.rule, finding.severity) for finding in found] == expected
    assert expiry.first(live(certificates)) == (None if left is None else NOW + left)
    assert all(" expired on " in finding.message for finding in found if finding.severity is Severity.ERROR)


@given(st.dictionaries(st.sampled_from([*expiry.EFFECTS]), unreadable))
def test_nothing_expires_that_cannot_be_read(certificates) -> None:
    assert (seen(certificates), expiry.first(live(certificates))) == ([], None)


def test_a_finding_names_the_first_certificate_its_day_and_how_long_that_is() -> None:
    found = one(skupper_site_ca=90 * DAY, skupper_local_ca=70 * DAY + DAY / 2)
    assert found.message.startswith(
        "the certificate in Secret skupper-local-ca (and 1 more of its certificates) in a/net expires on 2026-05-11, "
        "in 70 days, "
    )


def test_a_finding_is_about_the_site_in_its_network() -> None:
    assert one(skupper_site_ca=DAY).subject == SiteSubject("a", "net", "n")


@pytest.mark.parametrize(
    ("left", "text"), [(DAY / 2, "within a day"), (DAY, "in 1 day"), (2 * DAY, "in 2 days")]
)
def test_the_days_that_are_left_are_whole_ones(left: timedelta, text: str) -> None:
    assert f", {text}, and Skupper" in one(skupper_site_ca=left).message


def test_all_that_has_stopped_is_named_though_another_certificate_expired_first() -> None:
    found = one(skupper_local_ca=-2 * DAY, skupper_site_server=-DAY, skupper_site_ca=DAY)
    assert "Since then no router can connect to the site" in found.message
    assert "its service-controller cannot connect to its router" in found.message


def test_what_an_edge_site_loses_is_not_its_links() -> None:
    assert "no router can connect" not in one(skupper_local_server=-DAY).message


def test_the_way_out_for_the_ca_of_links_is_to_revoke_its_tokens() -> None:
    told = one(skupper_site_ca=DAY, skupper_site_server=DAY).message
    assert told.endswith(
        "approve that in the data with change: revoke, or run: qontract-skupper revoke --site a/net"
    )


def test_the_way_out_is_a_new_site() -> None:
    assert one(skupper_local_ca=DAY).message.endswith(
        ". To have the next run recreate the site and its links, on cluster a run: "
        "oc -n net delete configmap skupper-site"
    )


def test_a_ca_that_was_there_before_the_site_has_to_be_deleted_with_it() -> None:
    (found,) = seen({"skupper-site-ca": -DAY}, owner="")
    assert found.message.endswith(
        "oc -n net delete secret skupper-site-ca && oc -n net delete configmap skupper-site"
    )


def test_months_ahead_a_day_for_it_is_to_be_chosen() -> None:
    assert "Choose a day on which the site may be down; to have" in one(skupper_local_ca=100 * DAY).message


def planned(*expired: str, ahead: timedelta = timedelta(), name: str = "skupper-site-ca") -> Plan:
    """A mesh of four sites; this certificate of some of them has expired."""
    fleet = ReportedFleet().build()
    for cluster, fake in fleet.fakes.items():
        fake.heartbeat_at, fake.clock_ahead = NOW + ahead, ahead
        if cluster in expired:
            data = {"tls.crt": certificate("expired", expires=NOW - DAY)}
            fake.add(SECRET, body(SECRET, "net", name, owner=cluster, data=data))
    return plan(fleet.inputs())


@pytest.mark.parametrize("name", expiry.EFFECTS)
def test_any_site_is_judged_whichever_of_its_certificates_it_is(name: str) -> None:
    found = [finding for finding in planned(*"abcd", name=name).findings if finding.rule == "expiring-site"]
    assert [finding.subject for finding in found] == [SiteSubject(each, "net", "n") for each in "abcd"]


def test_the_report_of_a_site_has_the_date_by_whatever_clock() -> None:
    sites = planned("a", ahead=timedelta(days=3000)).sites
    dates = {site.key.cluster: site.certificates_expire for site in sites}
    assert dates == {"a": NOW - DAY, **dict.fromkeys("bcd", NOW + timedelta(days=1800))}
