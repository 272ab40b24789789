"""A site stays as long as Services of others lead to its router."""

from reconcile.findings import Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SERVICE
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import list_requests
from reconcile.skupper.v1.sites import resolve_site
from reconcile.skupper.waits import WaitKind
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

CLUSTER = Cluster("a", "https://a", private=False)
SAVED = {"internal.skupper.io/originalSelector": "app=web", "internal.skupper.io/originalTargetPort": "80"}
PROXY = {"skupper.io/proxy": "http"}


def cluster(**services: dict[str, str]) -> FakeCluster:
    """A site, and Services with these annotations beside it."""
    fake = FakeCluster("a")
    fake.add_site("net", site_id="id-a")
    for name, annotations in services.items():
        found = body(SERVICE, "net", name, labels={}, metadata={"annotations": annotations})
        fake.add(SERVICE, found)
    return fake


def planned(fake: FakeCluster, *sites: SiteDefinition) -> Plan:
    sites = sites or (SiteDefinition(CLUSTER, "net", delete=True),)
    network = Network("n", "1.9.6", settings={"image": "image"}, sites=sites)
    definitions = Definitions((network,), (CLUSTER,))
    return plan_inputs(
        PlanInput(desired=resolve(definitions), ownership=OURS, now=NOW, snapshots={"a": fake.snapshot()})
    )


def removals(found: Plan) -> list[bool]:
    """Of each removal, whether it is ready."""
    return [change.ready for change in found.changes if change.verb is Verb.DELETE]


def test_a_site_without_exposed_services_goes() -> None:
    assert removals(planned(cluster(web={}))) == [True]


def test_a_site_whose_router_services_lead_to_stays() -> None:
    found = planned(cluster(web=SAVED | PROXY))
    assert removals(found) == [False]
    assert {change.waits_for.kind for change in found.changes if change.waits_for} == {WaitKind.UNEXPOSED}


def test_the_services_are_named_with_the_command_that_has_them_restored() -> None:
    (finding,) = planned(cluster(web=SAVED | PROXY, api=SAVED | PROXY)).findings
    assert (finding.rule, finding.severity) == ("exposed-services", Severity.WARNING)
    assert "Services api, web there would lead to a router that is gone" in finding.message
    assert finding.message.endswith("on cluster a run: oc -n net annotate service api web skupper.io/proxy-")


def test_a_service_that_was_exposed_by_a_command_is_unexposed_by_one() -> None:
    (finding,) = planned(cluster(web=SAVED)).findings
    assert finding.message.endswith("on cluster a run: skupper -n net unexpose service web")


def test_without_a_service_controller_the_owner_has_to_restore_them() -> None:
    fake = cluster(web=SAVED | PROXY)
    fake.remove(DEPLOYMENT, "net", "skupper-service-controller")
    (finding,) = planned(fake).findings
    assert "No service-controller runs there to restore them" in finding.message
    assert "internal.skupper.io/originalSelector- " in finding.message


def test_many_services_are_counted() -> None:
    services = {f"s{number}": SAVED | PROXY for number in range(7)}
    (finding,) = planned(cluster(**services)).findings
    assert "Services s0, s1, s2, s3, s4 and 2 more there" in finding.message


def test_an_exposed_service_that_skupper_has_not_rewritten_holds_nothing() -> None:
    assert removals(planned(cluster(web=PROXY))) == [True]


def test_a_service_of_another_namespace_holds_nothing() -> None:
    fake = cluster()
    fake.add(SERVICE, body(SERVICE, "other", "web", labels={}, metadata={"annotations": SAVED}))
    assert removals(planned(fake)) == [True]


def test_a_service_that_is_being_deleted_holds_nothing() -> None:
    fake = cluster()
    gone = {"annotations": SAVED, "deletionTimestamp": "2026-03-01T11:59:50Z"}
    fake.add(SERVICE, body(SERVICE, "net", "web", labels={}, metadata=gone))
    assert removals(planned(fake)) == [True]


def test_a_namespace_that_is_deleted_as_a_whole_waits_for_no_service() -> None:
    site = SiteDefinition(CLUSTER, "net", delete=True, namespace_deleted=True)
    assert removals(planned(cluster(web=SAVED), site)) == [True]


def listed(fake: FakeCluster, *sites: SiteDefinition) -> list[str]:
    """The selectors of the LISTs of Services."""
    network = Network("n", "1.9.6", settings={"image": "image"}, sites=sites)
    resolved = [resolve_site(network, site) for site in sites]
    probes = list_requests.probes_for(resolved, OURS, fake.snapshot())
    return [probe.request.fields for probe in probes if probe.request.kind == SERVICE]


def test_services_are_listed_only_where_a_site_is_to_be_removed() -> None:
    assert listed(cluster(), SiteDefinition(CLUSTER, "net")) == []
    assert listed(cluster()) == ["metadata.namespace=net"]
    assert listed(cluster(), SiteDefinition(CLUSTER, "net", delete=True)) == ["metadata.namespace=net"]


def test_services_of_the_site_itself_are_not_listed() -> None:
    (probe,) = [
        each for each in list_requests.probes_for([], OURS, cluster().snapshot()) if each.request.labels
    ]
    assert probe.request.labels == "!qontract-skupper/instance"


def test_services_beside_a_foreign_site_are_not_listed() -> None:
    fake = FakeCluster("a")
    fake.add(CONFIG_MAP, body(CONFIG_MAP, "net", "skupper-site", labels={}, data={}))
    assert listed(fake) == []
