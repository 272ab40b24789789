"""What another Skupper version means for a site that runs."""

from dataclasses import replace

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import Plan, SiteState
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.review import review
from reconcile.skupper.v1 import objects, router_config
from reconcile.skupper.v1.sites import resolve_site
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

SITE = SiteDefinition(Cluster("a", "https://a", private=False), "net")
NETWORK = Network("n", "1.9.6", settings={"image": "image"}, sites=(SITE,), path="/n.yml")


def planned(running: str, version: str) -> Plan:
    """The plan for a site that runs a version and has the site-controller of 1.9.6."""
    fake = FakeCluster("a")
    fake.add_site("net", site_id="id-a")
    fake.add_connectors("net", "id-a", version=running)
    for kind, applied in objects.desired(NETWORK, resolve_site(NETWORK, SITE), OURS):
        metadata = {**body(kind, "net", applied["metadata"]["name"])["metadata"], **applied["metadata"]}
        if kind == CONFIG_MAP:
            metadata["uid"] = "id-a"
        fake.add(kind, {**applied, "metadata": metadata})
    declared = Definitions(networks=(replace(NETWORK, version=version),))
    snapshots = {"a": fake.snapshot()}
    return plan_inputs(PlanInput(desired=resolve(declared), ownership=OURS, now=NOW, snapshots=snapshots))


def test_a_newer_version_says_what_restarts() -> None:
    (change,) = planned("1.9.6", "1.9.7").changes
    expected = "version 1.9.6 → 1.9.7, which restarts site-controller, router and service-controller"
    assert (change.kind, change.reason) == (DEPLOYMENT, expected)


def test_the_reviewer_of_a_newer_version_reads_what_restarts() -> None:
    (item,) = review(planned("1.9.6", "1.9.7"))
    assert item.reason.startswith("version 1.9.6 → 1.9.7, which restarts ")


def test_an_older_version_is_refused_in_the_words_of_skupper() -> None:
    found = planned("1.9.6", "1.9.5")
    (error,) = found.errors
    assert "Site (1.9.6) is newer than library (1.9.5); cannot update" in error.message
    assert (error.rule, error.datafile, error.dotted) == ("downgrade", "/n.yml", "siteController.version")


def test_nothing_is_changed_at_a_site_of_a_newer_version() -> None:
    assert planned("1.9.7", "1.9.5").changes == ()


def test_a_site_of_a_newer_version_keeps_its_state() -> None:
    assert [site.state for site in planned("1.9.7", "1.9.5").sites] == [SiteState.READY]


def test_versions_are_compared_as_numbers() -> None:
    assert planned("1.10.0", "1.9.10").errors
    assert not planned("1.9.9", "1.9.10").errors


@pytest.mark.parametrize("running", ["", "main", "1.9", "1.9.7-rc1"])
def test_a_version_that_is_no_release_is_not_compared(running: str) -> None:
    assert planned(running, "1.9.5").errors == ()


@pytest.mark.parametrize("metadata", ['"x"', '"[]"', "1", "null", '"{\\"version\\": 1}"', '"{"'])
def test_metadata_of_any_shape_is_read_as_no_version(metadata: str) -> None:
    found = router_config.parse(f'[["router", {{"metadata": {metadata}}}], ["connector", {{"name": "c"}}]]')
    assert (found.version, found.connectors, found.fault) == ("", frozenset({"c"}), None)
