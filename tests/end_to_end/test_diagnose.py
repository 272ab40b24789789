"""A diagnosis of real requests: of a fleet that is up, without rights, and of an issuer that really listens."""

import json
import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconcile.apply import dialling, probe
from reconcile.apply.from_pods import FromPods
from reconcile.kinds import DEPLOYMENT, JOB, NAMESPACE, POD, RESOURCE_QUOTA, SECRET
from reconcile.sandbox.kubernetes.cluster import SimulatedCluster
from reconcile.sandbox.kubernetes.controllers import Behaviour
from reconcile.sandbox.kubernetes.jobs import Ended
from reconcile.skupper.diagnosis import probe_job
from reconcile.skupper.diagnosis.checks import Outcome, Result
from reconcile.skupper.diagnosis.facts import Address, Reach, RouterPod
from reconcile.skupper.diagnosis.probe_job import Probe
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, Right, rights
from tests.end_to_end.harness import Harness, three_clusters

LINK = "b/net -> a/net"
HOST = "skupper-inter-router-net.apps.a.example"
FROM_POD = "diagnose-from-pod.yaml"
CREATE = Right("create", "jobs", "batch")
NETWORK_CHECKS = {"host-resolves", "port-open", "certificate-presented"}


@pytest.fixture(scope="module")
def fleet(backend: Backend) -> Iterator[Harness]:
    """Two interior sites and an edge site, linked, with the rights of ``site.yaml``."""
    with three_clusters(backend) as made:
        for cluster in made.servers:
            Granting(made, cluster.name).provide("site.yaml")
        assert made.run().all_up
        yield made


def found(results: Iterable[Result], check: str, subject: str) -> Result:
    (result,) = [each for each in results if (each.check, each.subject) == (check, subject)]
    return result


def test_without_the_optional_rights_checks_are_unknown_and_name_the_right(fleet: Harness):
    results = fleet.diagnose()
    assert {each.check for each in results if each.outcome is Outcome.UNKNOWN} == {"quota", "host-resolves"}
    assert [each for each in results if each.outcome is Outcome.FAIL] == []
    quota = found(results, "quota", "a/net").judgement
    assert quota.hint == "the account needs list on resourcequotas in namespace net"
    assert quota.command
    assert quota.command.text == "oc apply -n net -f deploy/rbac/diagnose.yaml"


def test_with_the_optional_rights_every_check_is_answered_and_none_fails(fleet: Harness):
    """Controllers of a real cluster may have written warnings about the Services of a new site."""
    for cluster in fleet.servers:
        granting = Granting(fleet, cluster.name)
        granting.apply("diagnose.yaml")
        granting.until_held(Right("list", RESOURCE_QUOTA.plural, RESOURCE_QUOTA.group))
    try:
        results = fleet.diagnose()
    finally:
        for cluster in fleet.servers:
            Granting(fleet, cluster.name).withdraw("diagnose.yaml")
    left = {each.check for each in results if each.outcome is not Outcome.PASS}
    assert left - {"events"} == NETWORK_CHECKS
    assert {each.outcome for each in results if each.check == "events"} <= {Outcome.PASS, Outcome.WARN}


def test_a_missing_right_is_named_before_a_run_needs_it(fleet: Harness):
    right = Right("delete", "deployments", "apps")
    assert right in rights("site.yaml")
    with Granting(fleet, "a").without(right, "site.yaml"):
        result = found(fleet.diagnose("a/net"), "rights", "a/net")
    assert (result.outcome, result.judgement.evidence) == (
        Outcome.FAIL,
        "the account lacks delete on deployments.apps",
    )


@contextmanager
def serving(fleet: Harness, issuer: str, folder: Path) -> Iterator[Address]:
    """A server with the certificate of a site."""
    secret = fleet[issuer].find(SECRET, "skupper-site-server", "net")
    chain = folder / f"{issuer}.pem"
    chain.write_bytes(b"".join(b64decode(secret["data"][entry]) for entry in ("tls.key", "tls.crt")))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)

    def answer(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=[server], daemon=True).start()
        yield Address("127.0.0.1", server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(("server", "outcome"), [("a", Outcome.PASS), ("b", Outcome.WARN)])
def test_the_certificate_that_is_presented_is_compared_with_the_issuers(
    fleet: Harness, tmp_path: Path, server: str, outcome: Outcome
):
    with serving(fleet, server, tmp_path) as here:

        def dial(dialled: Iterable[Link], *_: object) -> dict[Link, Reach]:
            return {link: dialling.reach([here])[here] for link in dialled}

        result = found(fleet.diagnose(LINK, dial=dial), "certificate-presented", LINK)
    assert result.outcome is outcome
    assert ("which is that of a/net" in result.judgement.evidence) is (outcome is Outcome.PASS)


class TestFromPods:
    """`b/net` dials `a/net` from a pod of its own."""

    @pytest.fixture(autouse=True)
    def _with_rights_and_no_job_is_left(self, fleet: Harness) -> Iterator[None]:
        granting = Granting(fleet, "b")
        granting.apply(FROM_POD)
        granting.until_held(CREATE)
        yield
        assert fleet.objects(JOB) == []
        granting.withdraw(FROM_POD)

    @pytest.mark.simulation("only simulated clusters have nodes that run a pod")
    @pytest.mark.parametrize(("server", "outcome"), [("a", Outcome.PASS), ("b", Outcome.WARN)])
    def test_the_certificate_that_a_pod_is_shown_is_compared_with_the_issuers(
        self, fleet: Harness, tmp_path: Path, server: str, outcome: Outcome
    ):
        with serving(fleet, server, tmp_path) as here:

            def run(command: Sequence[str]) -> Ended:
                targets, step, within = json.loads(command[-1])
                return Ended(0, probe.report([(*here, expected) for *_, expected in targets], step, within))

            fleet["b"].behave(Behaviour(run=run))
            results = fleet.diagnose(LINK, dial=FromPods().dial)
        assert [found(results, check, LINK).outcome for check in sorted(NETWORK_CHECKS)] == [
            outcome,
            Outcome.PASS,
            Outcome.PASS,
        ]
        shown = found(results, "certificate-presented", LINK).judgement.evidence
        assert shown.startswith(
            f"from a pod in b/net: {HOST}:443 presents a certificate for skupper-router.net"
        )
        assert ("which is that of a/net" in shown) is (outcome is Outcome.PASS)

    def test_a_pod_that_does_not_start_is_unknown_after_its_time(self, fleet: Harness):
        if isinstance(fleet["b"], SimulatedCluster):
            fleet["b"].behave(Behaviour(run=None))
        result = found(fleet.diagnose(LINK, dial=FromPods(within=0.3).dial), "host-resolves", LINK)
        assert result.outcome is Outcome.UNKNOWN
        assert "was not dialled: the pod did not start" in result.judgement.evidence
        assert result.judgement.command
        assert result.judgement.command.text.startswith("oc -n net get events --field-selector")

    def test_a_namespace_with_restricted_pod_security_admits_the_pod(self, fleet: Harness):
        cluster = fleet["b"]
        with cluster.client(field_manager="administrator") as client:
            enforced = {"pod-security.kubernetes.io/enforce": "restricted"}
            client.patch(NAMESPACE, "net", None, {"metadata": {"labels": enforced}})
        probe = Probe(
            SiteKey("b", "net"), RouterPod("quay.io/x:1", {"serviceAccountName": "skupper-router"}), {}
        )
        template = probe_job.manifest(probe, "x", {}, "print()")["spec"]["template"]
        metadata = {"name": "probe", "namespace": "net", **template["metadata"]}
        cluster.load({**template, "apiVersion": "v1", "kind": "Pod", "metadata": metadata})
        cluster.remove(POD, "probe", "net")


def test_without_the_right_to_create_jobs_it_is_unknown_and_names_the_right(fleet: Harness):
    judged = found(fleet.diagnose(LINK, dial=FromPods().dial), "host-resolves", LINK).judgement
    assert judged.outcome is Outcome.UNKNOWN
    assert "the account needs create on jobs.batch in namespace net" in judged.evidence
    assert judged.command == (f"oc -n net apply -f deploy/rbac/{FROM_POD}", "b")


def test_only_the_clusters_of_the_subject_get_requests(fleet: Harness):
    asked: list[str] = []
    fleet.diagnose(LINK, opened=asked.append)
    assert sorted(asked) == ["a", "b"]


def test_a_router_that_is_scaled_to_zero_is_named_with_the_command_and_so_is_its_link(fleet: Harness):
    """The last of this module: the site takes some time to come back."""
    with fleet.client("p", fleet["p"].token) as client:
        client.patch(DEPLOYMENT, "skupper-router", "net", {"spec": {"replicas": 0}})
    results = fleet.diagnose("p/net")
    router = found(results, "router-running", "p/net")
    assert (router.outcome, router.judgement.command) == (
        Outcome.FAIL,
        ("oc -n net scale deploy/skupper-router --replicas=1", "p"),
    )
    assert found(results, "link-up", "p/net -> a/net").outcome is Outcome.FAIL
