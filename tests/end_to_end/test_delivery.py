"""A token that somebody changes between issue and delivery: what reaches the dialler, and what a run reports."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from reconcile.kinds import SECRET
from reconcile.openshift.access import Access
from reconcile.openshift.client import Client
from reconcile.sandbox.embedded import Sandbox
from tests.clusters.backends import Backend
from tests.end_to_end import cli_harness
from tests.end_to_end.cli_harness import FaultProxies
from tests.fault_proxy import Asked, faults

DIALLER, NAMESPACE = "appsres03ue1", "skupper-vault"
ISSUER, SPOILT = "app-sre-stage-01", "app-sre-stage-02"
"""Two clusters, each with an issuer that the edge site dials; the key of the second one's token is swapped."""
FOREIGN = {"argocd.argoproj.io/hook": "PreSync", "replicator.v1.mittwald.de/replicate-to": ".*"}
MARK = b64encode(b"extra data").decode()


@dataclass(frozen=True)
class Tampered:
    """A run over Secrets that were changed while the dialler accepted none, and the one after the advice."""

    code: int
    output: str
    refused: str
    """Name of the Secret with the swapped key."""
    swapped: str
    """That key, base64."""
    issued: Mapping[str, Any]
    """The Secret with a foreign annotation and extra data, at the issuer."""
    delivered: Mapping[str, Mapping[str, Any]]
    """By name, what the dialler had after the run."""
    next_code: int
    """Of the run after the refused Secret was deleted."""


@pytest.fixture(scope="module")
def tampered(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> Tampered:
    folder = tmp_path_factory.mktemp("tampered")
    with (
        cli_harness.sandbox(backend, folder, cli_harness.data_of(folder, "vault")) as box,
        FaultProxies(box) as proxies,
    ):
        proxies[DIALLER].before.append(refuse_secrets)
        cli_harness.command(box, "run")
        proxies[DIALLER].before.clear()
        refused, clean = (issued(box, cluster)["metadata"]["name"] for cluster in (SPOILT, ISSUER))
        server = box.clusters[SPOILT].find(SECRET, "skupper-site-server", "skupper-vault-net")
        swapped = (server or {})["data"]["tls.key"]
        patch(box, SPOILT, refused, {"data": {"tls.key": swapped}})
        patch(box, ISSUER, clean, {"metadata": {"annotations": FOREIGN}, "data": {"password": MARK}})
        changed = issued(box, ISSUER)
        code, output = cli_harness.command(box, "run", "--log-level", "DEBUG")
        found = {
            secret["metadata"]["name"]: secret
            for secret in box.clusters[DIALLER].objects(SECRET, namespace=NAMESPACE)
        }
        box.clusters[SPOILT].remove(SECRET, refused, "skupper-vault-net")
        next_code, _ = cli_harness.command(box, "run")
        return Tampered(code, output, refused, swapped, changed, found, next_code)


def refuse_secrets(asked: Asked) -> Any:
    """As an admission rule does."""
    return faults.forbid(asked) if asked.verb == "create" and asked.plural == "secrets" else None


def issued(box: Sandbox, cluster: str) -> dict[str, Any]:
    """The token that the edge site is to get from this cluster."""
    (found,) = (
        secret
        for secret in box.clusters[cluster].objects(SECRET, namespace="skupper-vault-net")
        if (secret["metadata"].get("annotations") or {}).get("qontract-skupper/dialler")
        == f"{DIALLER}/{NAMESPACE}"
    )
    return found


def patch(box: Sandbox, cluster: str, name: str, body: dict[str, Any]) -> None:
    server = box.clusters[cluster]
    access = Access(cluster, server.url, server.token, ca_file=str(box.clusters.ca_file))
    with Client(access, field_manager="somebody") as client:
        client.patch(SECRET, name, "skupper-vault-net", body)


def test_foreign_annotations_and_data_stay_at_the_issuer(tampered: Tampered):
    delivered = tampered.delivered[tampered.issued["metadata"]["name"]]
    annotations = tampered.issued["metadata"]["annotations"]
    assert FOREIGN.items() <= annotations.items()
    assert delivered["metadata"]["annotations"].items() == annotations.items() - FOREIGN.items()
    assert {**delivered["data"], "password": MARK} == tampered.issued["data"]


def test_a_token_with_a_swapped_key_is_not_delivered(tampered: Tampered):
    assert tampered.refused not in tampered.delivered


def test_a_run_that_refused_a_token_names_secret_reason_and_command_and_ends_with_1(tampered: Tampered):
    assert tampered.code == 1
    assert (
        f"{SPOILT}/skupper-vault-net: cannot deliver Secret {tampered.refused} to {DIALLER}/{NAMESPACE}: tls.key does "
        f"not match tls.crt; to have the next run request it again, on cluster {SPOILT} run: "
        f"oc -n skupper-vault-net delete secret {tampered.refused}"
    ) in tampered.output


def test_all_other_links_are_up_after_a_run_that_refused_a_token(tampered: Tampered):
    (line,) = [line for line in tampered.output.splitlines() if " of network vault is " in line]
    assert f"link {DIALLER}/{NAMESPACE} -> {SPOILT}/skupper-vault-net of network vault is issued" in line


def test_a_refused_token_is_tried_once_in_a_run(tampered: Tampered):
    created = f"'{DIALLER}', '{NAMESPACE}', 'Secret', '{tampered.refused}'"
    assert tampered.output.count(created) == 1


def test_no_byte_of_a_refused_key_is_printed(tampered: Tampered):
    pieces = {tampered.swapped[start : start + 40] for start in range(0, len(tampered.swapped) - 40, 40)}
    assert not [piece for piece in pieces if piece in tampered.output]


def test_the_command_of_the_message_brings_the_link_up_with_the_next_run(tampered: Tampered):
    assert tampered.next_code == 0
