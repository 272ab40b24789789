"""The option ``--take-over`` on the command line."""

import pytest

from reconcile.sandbox.embedded import Sandbox
from tests.cli.calling import call

pytestmark = pytest.mark.simulation_suffices("the command only passes the option on")

CLUSTER, NAMESPACE = "appsres03ue1", "skupper-vault"
LEGACY_LABELS = {"app": "skupper-site-controller", "managed-by": "qontract-reconcile"}


@pytest.fixture
def with_a_site_of_the_peer(sandbox: Sandbox) -> Sandbox:
    metadata = {
        "name": "skupper-site",
        "namespace": NAMESPACE,
        "labels": LEGACY_LABELS,
        "annotations": {"qontract.integration": "skupper-network"},
    }
    data = {"name": f"{CLUSTER}-{NAMESPACE}"}
    sandbox.clusters[CLUSTER].load(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    )
    return sandbox


def test_without_it_the_site_is_refused_and_the_option_named(with_a_site_of_the_peer: Sandbox) -> None:
    result = call("plan", config=with_a_site_of_the_peer.config)
    assert result.exit_code == 1
    assert "run: qontract-skupper run --take-over" in result.output


def test_a_plan_with_it_shows_what_is_taken_over(with_a_site_of_the_peer: Sandbox) -> None:
    result = call("plan", "--take-over", config=with_a_site_of_the_peer.config)
    assert result.exit_code == 0
    (line,) = [line for line in result.output.splitlines() if f"~ site {CLUSTER}/{NAMESPACE} " in line]
    assert "taken over from skupper_network; it differs in " in line


def test_a_run_with_it_takes_over(with_a_site_of_the_peer: Sandbox) -> None:
    assert call("run", "--take-over", config=with_a_site_of_the_peer.config).exit_code == 0
    assert call("status", config=with_a_site_of_the_peer.config).exit_code == 0
