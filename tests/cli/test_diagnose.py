"""``diagnose`` on a fleet where nothing is, and on one where all is up."""

import json
from collections.abc import Iterator, Sequence

import pytest

from reconcile.engines import ENGINES
from reconcile.kinds import JOB
from reconcile.sandbox.kubernetes.cluster import SimulatedCluster
from reconcile.sandbox.kubernetes.controllers import Behaviour
from reconcile.sandbox.kubernetes.jobs import Ended
from tests.cli.calling import call
from tests.cli.conftest import Fleet
from tests.cli.data import LINKS, SITES

SITE = "app-sre-stage-01/skupper-vault-net"
ALL = ("diagnose", "--no-dial")


def test_it_writes_nothing(untouched: Fleet) -> None:
    untouched.ask(*ALL)
    assert untouched.writes == 0


def test_what_is_not_dialled_is_unknown_and_all_else_passes(linked: Fleet) -> None:
    document = linked.ask_json(*ALL)
    left = {result["check"] for result in document["results"] if result["outcome"] != "pass"}
    assert left == {"host-resolves", "port-open", "certificate-presented"}
    assert document["counts"] == {
        "pass": len(document["results"]) - 3 * LINKS,
        "warn": 0,
        "fail": 0,
        "unknown": LINKS,
        "skipped": 2 * LINKS,
    }
    assert linked.ask(*ALL).exit_code == 0


def test_every_site_and_link_is_a_subject_and_clusters_come_first(linked: Fleet) -> None:
    results = linked.ask_json(*ALL)["results"]
    kinds = [result["kind"] for result in results]
    assert kinds == sorted(kinds, key=["cluster", "site", "link"].index)
    subjects = {(result["kind"], result["subject"]) for result in results}
    assert sum(kind == "site" for kind, _ in subjects) == SITES
    assert sum(kind == "link" for kind, _ in subjects) == LINKS


def test_what_fails_is_shown_with_the_next_command_and_its_page(untouched: Fleet) -> None:
    result = untouched.ask(*ALL, SITE)
    assert result.exit_code == 1
    shown = result.stdout
    assert "  ✗ site-complete: the site is complete\n      ConfigMap skupper-site does not exist\n" in shown
    assert "      run: qontract-skupper run\n      see docs/checks/site-complete.md\n" in shown
    assert "cluster-reachable" not in shown


def test_verbose_lists_every_check(linked: Fleet) -> None:
    shown = linked.ask(*ALL, "--verbose").stdout
    (engine,) = ENGINES
    named = {
        line.split()[1].rstrip(":") for line in shown.splitlines() if line.startswith(("  ✓", "  ?", "  ·"))
    }
    # No service is exposed there.
    assert named == {check.name for check in engine.diagnostics.checks} - {"services-served"}


def test_only_the_clusters_concerned_are_read(linked: Fleet) -> None:
    document = linked.ask_json(*ALL, f"app-sre-stage-02/skupper-vault-net -> {SITE}")
    clusters = {result["subject"] for result in document["results"] if result["kind"] == "cluster"}
    assert clusters == {"app-sre-stage-01", "app-sre-stage-02"}


def test_an_unknown_subject_is_a_wrong_command_line(untouched: Fleet) -> None:
    result = call(*ALL, "vautl", config=untouched.config)
    assert result.exit_code == 2
    assert "the data declares no network 'vautl'. Did you mean 'vault'?" in result.stderr


@pytest.fixture
def images(linked: Fleet) -> Iterator[list[str]]:
    """Images of the Jobs that are created, whose pods find that nothing accepts connections."""
    seen: list[str] = []

    def run(command: Sequence[str]) -> Ended:
        jobs = [job for cluster in linked.sandbox for job in cluster.objects(JOB)]
        seen.extend(job["spec"]["template"]["spec"]["containers"][0]["image"] for job in jobs)
        return Ended(0, '{"at": 0, "addresses": ["192.0.2.1"], "not_connected": "Connection refused"}')

    for behaviour in (Behaviour(run=run), Behaviour()):
        for cluster in linked.sandbox:
            assert isinstance(cluster, SimulatedCluster)
            cluster.behave(behaviour)
        if behaviour.run is run:
            yield seen


FROM_POD = ("diagnose", "--from-pod", "-o", "json", f"app-sre-stage-02/skupper-vault-net -> {SITE}")


def test_a_pod_of_the_dialler_dials_with_the_image_of_its_router_and_no_job_is_left(
    linked: Fleet, images: list[str]
) -> None:
    results = json.loads(call(*FROM_POD, config=linked.config).stdout)["results"]
    (tried,) = [result for result in results if result["check"] == "port-open"]
    assert tried["evidence"].startswith("from a pod in app-sre-stage-02/skupper-vault-net: ")
    assert tried["command"].startswith(
        "oc -n skupper-vault-net exec deploy/skupper-router -c router -- python3 -c"
    )
    assert images == ["quay.io/skupper/skupper-router:2.7.6"]
    assert [job for cluster in linked.sandbox for job in cluster.objects(JOB)] == []


def test_another_image_may_be_named(linked: Fleet, images: list[str]) -> None:
    call(*FROM_POD, "--image", "quay.io/other:1", config=linked.config)
    assert images == ["quay.io/other:1"]


@pytest.mark.parametrize("words", [("--from-pod", "--no-dial"), ("--image", "x")])
def test_options_that_do_not_go_together_are_a_wrong_command_line(
    untouched: Fleet, words: tuple[str, ...]
) -> None:
    assert call("diagnose", *words, config=untouched.config).exit_code == 2
