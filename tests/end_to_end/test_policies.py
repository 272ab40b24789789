"""Policies of the fixtures by the command line, with two accounts a cluster as the data names them."""

from pathlib import Path

import yaml

from reconcile.kinds import CLUSTER_POLICY
from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness
from tests.end_to_end.harness import harness


def policies(box: Sandbox) -> list[str]:
    return [found["metadata"]["name"] for cluster in box for found in cluster.objects(CLUSTER_POLICY)]


def test_the_last_policy_of_a_cluster_is_removed_by_the_account_that_made_it(
    backend: Backend, tmp_path: Path
):
    data = cli_harness.data_of(tmp_path, "vault")
    with cli_harness.sandbox(backend, tmp_path, data) as box:
        cli_harness.command(box, "run")
        assert policies(box)
        for file in data.rglob("*.yml"):
            document = yaml.safe_load(file.read_text())
            if document.get("skupper", {}).pop("policies", None):
                file.write_text(yaml.safe_dump(document))
        box.reload()
        code, result = cli_harness.command(box, "run")
        assert code == 0, result
        assert policies(box) == []


def test_an_account_for_policies_that_is_not_let_in_stops_nothing_where_no_policy_is_declared(
    backend: Backend,
):
    with harness(backend, ["a", "b"]) as fleet:
        fleet.admin_token["a"] = "out-of-date"
        assert fleet.run().all_up
