"""A diagnosis of real requests: of a fleet that is up, without rights, and of an issuer that really listens."""

import socket
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from reconcile.apply import dialling
from reconcile.kinds import DEPLOYMENT, RESOURCE_QUOTA, SECRET
from reconcile.skupper.diagnosis.checks import Outcome, Result
from reconcile.skupper.diagnosis.facts import Address, Reach
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, Right, rights
from tests.end_to_end.harness import Harness, three_clusters

LINK = "b/net -> a/net"
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
def serving(fleet: Harness, issuer: str, folder: Path) -> Iterator[Callable[..., dict[Address, Reach]]]:
    """Let a server with the certificate of a site answer, whatever address is dialled."""
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
        here = Address("127.0.0.1", server.getsockname()[1])

        def dial(addresses: Iterable[Address]) -> dict[Address, Reach]:
            return {address: dialling.reach([here])[here] for address in addresses}

        yield dial
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(("server", "outcome"), [("a", Outcome.PASS), ("b", Outcome.WARN)])
def test_the_certificate_that_is_presented_is_compared_with_the_issuers(
    fleet: Harness, tmp_path: Path, server: str, outcome: Outcome
):
    with serving(fleet, server, tmp_path) as dial:
        result = found(fleet.diagnose(LINK, dial=dial), "certificate-presented", LINK)
    assert result.outcome is outcome
    assert ("which is that of a/net" in result.judgement.evidence) is (outcome is Outcome.PASS)


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
