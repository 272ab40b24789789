"""A site whose namespace has exposed Services is removed once Skupper has restored them, and not before."""

from dataclasses import dataclass

import pytest

from reconcile.kinds import CONFIG_MAP, SERVICE
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, three_clusters
from tests.waiting import until

SAVED = "internal.skupper.io/originalSelector"


@dataclass(frozen=True)
class Runs:
    """A run while a Service leads to the router of a site that is not declared any more, and one after that."""

    held: RunResult
    site_while_held: bool
    rewritten: dict
    """The Service as Skupper has it while it is exposed."""
    service_while_held: dict
    after: RunResult
    site_after: bool
    service_after: dict


def has_site(fleet: Harness) -> bool:
    return fleet["b"].find(CONFIG_MAP, "skupper-site", "net") is not None


def service(fleet: Harness) -> dict:
    found = fleet["b"].find(SERVICE, "web", "net")
    assert found
    return {"annotations": found["metadata"].get("annotations", {}), "selector": found["spec"]["selector"]}


@pytest.fixture(scope="module")
def runs(backend: Backend) -> Runs:
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        exposed = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "web", "namespace": "net", "annotations": {"skupper.io/proxy": "http"}},
            "spec": {"ports": [{"port": 80}], "selector": {"app": "web"}},
        }
        with fleet.client("b") as client:
            client.create(SERVICE, exposed)
        until(lambda: SAVED in service(fleet)["annotations"])
        rewritten = service(fleet)
        fleet.drop_site("b")
        held, site_while_held, service_while_held = fleet.run(), has_site(fleet), service(fleet)
        with fleet.client("b") as client:
            client.patch(SERVICE, "web", "net", {"metadata": {"annotations": {"skupper.io/proxy": None}}})
        until(lambda: SAVED not in service(fleet)["annotations"])
        after = fleet.run()
        return Runs(
            held, site_while_held, rewritten, service_while_held, after, has_site(fleet), service(fleet)
        )


def test_the_site_stays_while_a_service_leads_to_its_router(runs: Runs) -> None:
    assert runs.site_while_held


def test_the_run_names_the_service_and_the_command(runs: Runs) -> None:
    (finding,) = [each for each in runs.held.outcome.plan.findings if each.rule == "exposed-services"]
    assert "oc -n net annotate service web skupper.io/proxy-" in finding.message


def test_the_service_of_somebody_else_is_not_changed(runs: Runs) -> None:
    assert runs.service_while_held == runs.rewritten


def test_the_run_does_not_wait_for_people(runs: Runs) -> None:
    assert runs.held.seconds < 60


def test_the_next_run_removes_the_site_and_leaves_the_service(runs: Runs) -> None:
    assert not runs.site_after
    assert runs.service_after == {"annotations": {}, "selector": {"app": "web"}}
    assert not any(site.leaving for site in runs.after.outcome.plan.sites)
    assert not runs.after.outcome.plan.findings
