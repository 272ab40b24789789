"""A site revokes the tokens that it has issued: old ones are refused, and every dialler has a new one."""

import threading
from dataclasses import dataclass

import pytest

from reconcile.apply.events import ChangeStarted, Event
from reconcile.kinds import SECRET, SERVICE_ACCOUNT
from reconcile.sandbox.skupper import certificates
from reconcile.skupper.orders import Order, OrderKind
from reconcile.skupper.sites import SiteKey
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness, now, three_clusters
from tests.end_to_end.test_waves import Watch

REVOKED = SiteKey("a", "net")
CA, SERVER = "skupper-site-ca", "skupper-site-server"


@dataclass
class Played:
    """What came of one revocation."""

    dry: RunResult
    run: RunResult
    watch: Watch
    again: RunResult
    before: dict[str, dict]
    after: dict[str, dict]
    old_tokens: dict[str, dict]
    tokens: dict[str, dict]
    account: dict


def revoke() -> Order:
    return Order(kind=OrderKind.REVOKE, sites=frozenset({REVOKED}), at=now(), by="alice")


def certificates_of(fleet: Harness) -> dict[str, dict]:
    return {name: fleet["a"].find(SECRET, name, "net") for name in (CA, SERVER)}


def tokens(fleet: Harness) -> dict[str, dict]:
    """The tokens of links to the site, by name."""
    return {
        secret["metadata"]["name"]: secret
        for secret in fleet.objects(SECRET)
        if secret["metadata"].get("annotations", {}).get("qontract-skupper/issuer") == str(REVOKED)
    }


@pytest.fixture(scope="module")
def played(backend: Backend) -> Played:
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        before, old_tokens = certificates_of(fleet), tokens(fleet)
        dry = fleet.run(order=revoke(), dry_run=True)
        watch = Watch()
        run = fleet.run(order=revoke(), pace=10.0, wait=600, listener=watch)
        return Played(
            dry=dry,
            run=run,
            watch=watch,
            again=fleet.run(),
            before=before,
            after=certificates_of(fleet),
            old_tokens=old_tokens,
            tokens=tokens(fleet),
            account=fleet["a"].find(SERVICE_ACCOUNT, "skupper-site-controller", "net"),
        )


@pytest.mark.parametrize(
    "writes",
    [
        2,
        *(
            pytest.param(number, marks=pytest.mark.exhaustive("the write of the CA is a sample"))
            for number in (1, 3, 4, 5, 6, 7)
        ),
    ],
)
def test_a_revocation_that_is_stopped_after_any_write_is_finished_by_the_next_run(
    writes: int, backend: Backend
):
    with harness(backend, ["a", "b"]) as fleet:
        assert fleet.run().all_up
        before, old_tokens = certificates_of(fleet), tokens(fleet)
        stop, made = threading.Event(), 0

        def count(event: Event) -> None:
            nonlocal made
            made += isinstance(event, ChangeStarted)
            if made >= writes:
                stop.set()

        fleet.run(order=revoke(), listener=count, stop=stop)
        assert fleet.run(pace=10.0, wait=600).all_up
        after = certificates_of(fleet)
        assert after[CA]["data"] != before[CA]["data"]
        assert trusted(after[CA], after[SERVER])
        assert all(trusted(after[CA], token) for token in tokens(fleet).values())
        assert not old_tokens.keys() & tokens(fleet).keys()
        assert fleet.run().writes == 0


def trusted(authority: dict, secret: dict) -> bool:
    pem = certificates.read_credential(authority["data"]).certificate
    leaf = certificates.read_credential(secret["data"]).certificate
    return certificates.trusts(pem, leaf, int(now().timestamp() // 86400))


def test_a_dry_run_shows_secrets_router_and_tokens_and_writes_nothing(played: Played):
    assert played.dry.writes == 0
    changed = " ".join(played.dry.actions)
    assert all(name in changed for name in (CA, SERVER, "'skupper-router'"))


def test_every_dialler_has_a_token_of_the_new_ca_and_is_linked(played: Played):
    assert played.run.all_up
    assert len(played.tokens) == len(played.old_tokens) > 1
    assert all(trusted(played.after[CA], token) for token in played.tokens.values())


def test_its_router_restarts_once_while_all_other_sites_and_their_links_work(played: Played):
    assert [(change.cluster, change.name) for change, _ in played.watch.begun] == [("a", "skupper-router")]
    assert played.watch.others_worked == [True]


def test_the_old_tokens_are_refused(played: Played):
    assert not any(trusted(played.after[CA], token) for token in played.old_tokens.values())
    assert not played.old_tokens.keys() & played.tokens.keys()


def test_the_server_certificate_is_of_the_new_ca_and_valid_for_the_same_hosts(played: Played):
    assert trusted(played.after[CA], played.after[SERVER])
    hosts = [
        certificates.hosts_of(certificates.read_credential(found[SERVER]["data"]).certificate)
        for found in (played.before, played.after)
    ]
    assert hosts[0] == hosts[1]


def test_labels_and_owners_of_the_secrets_stay(played: Played):
    for name in (CA, SERVER):
        metadata = [found[name]["metadata"] for found in (played.before, played.after)]
        assert metadata[0]["labels"] == metadata[1]["labels"]
        assert metadata[0]["ownerReferences"] == metadata[1]["ownerReferences"]


def test_its_mark_is_gone_so_that_no_later_write_of_a_secret_restarts_the_router(played: Played):
    annotations = played.account["metadata"].get("annotations", {})
    assert "qontract-skupper/network" in annotations
    assert "qontract-skupper/revoke" not in annotations


def test_no_new_key_is_part_of_what_the_run_says(played: Played):
    said = repr((played.run.outcome, played.run.actions, played.run.failures))
    keys = {secret["data"]["tls.key"][60:120] for secret in played.after.values()}
    assert not [key for key in keys if key in said]


def test_a_run_after_it_writes_nothing(played: Played):
    assert played.again.writes == 0


def test_skupper_can_read_the_new_ca(played: Played):
    """It ends at a key that is not PKCS#1."""
    assert certificates.read_authority(CA, played.after[CA]["data"])
