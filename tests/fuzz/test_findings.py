"""An object that is there and unusable is reported: which one, what is wrong, what to do. One finding an object."""

from collections.abc import Callable

import pytest

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.skupper.plan import LinkState
from tests.fuzz import facts, inputs
from tests.fuzz.inputs import Place, at, token
from tests.skupper.fakes import OURS, body, certificate


def findings(place: Place, spoil: Callable[[dict], dict]) -> tuple[Finding, ...]:
    return facts.of_fleet(inputs.spoiled(place, spoil)).findings


def where(finding: Finding) -> tuple[str, str]:
    """The namespace that a finding is about."""
    assert isinstance(finding.subject, SiteSubject)
    return finding.subject.cluster, finding.subject.namespace


def data(**entries: object) -> Callable[[dict], dict]:
    return lambda body: {**body, "data": {name.replace("_", "."): value for name, value in entries.items()}}


def metadata(**entries: object) -> Callable[[dict], dict]:
    return lambda body: {**body, "metadata": {**body["metadata"], **entries}}


def without_data(body: dict) -> dict:
    return {**body, "data": None}


GARBAGE = "bm90IGEgY2VydGlmaWNhdGU="
STATUS, INTERNAL = at("b", "skupper-network-status"), at("b", "skupper-internal")
CA, SERVER = at("a", "skupper-site-ca", inputs.SECRET), at("a", "skupper-site-server", inputs.SECRET)
ODD_TYPE = {**OURS.labels, "skupper.io/type": "token-claim\x1b[2J"}

CASES: dict[str, tuple[Place, Callable[[dict], dict], str]] = {
    "a status that is not JSON": (
        STATUS,
        data(NetworkStatus="<html>"),
        "it is not a valid network status",
    ),
    "a status of another shape": (
        STATUS,
        data(NetworkStatus="[1]"),
        "it is not a valid network status",
    ),
    "a router's configuration that is not JSON": (
        INTERNAL,
        lambda body: {**body, "data": {"skrouterd.json": "{"}},
        "it is not a valid router configuration",
    ),
    "a router's configuration without data": (
        INTERNAL,
        without_data,
        "it is not a valid router configuration",
    ),
    "a CA without data": (CA, without_data, "tls.crt is missing"),
    "a CA that is not base64": (CA, data(tls_crt="%%%"), "tls.crt is not base64"),
    "a CA that is no certificate": (CA, data(tls_crt=GARBAGE), "tls.crt is not a PEM certificate"),
    "a server certificate of a wrong type": (SERVER, data(tls_crt=7), "tls.crt is not base64"),
    "a token without data": (token("b"), without_data, "ca.crt is missing"),
    "a token with a garbage certificate": (
        token("b"),
        data(ca_crt=GARBAGE, tls_crt=GARBAGE),
        "ca.crt is not a PEM certificate",
    ),
    "a token without a certificate of its own": (
        token("b"),
        data(ca_crt=certificate("ca-of-id-a-net")),
        "tls.crt is missing",
    ),
    "a token of an unknown type": (
        token("b"),
        metadata(labels=ODD_TYPE),
        r"label skupper.io/type is 'token-claim\x1b[2J', neither",
    ),
    "a site without a uid": (at("a", "skupper-site"), metadata(uid=None), "its uid is missing"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_unusable_object_is_one_finding(case: str):
    place, spoil, what = CASES[case]
    (finding,) = findings(place, spoil)
    assert (finding.rule, where(finding)) == ("unusable-object", (place.cluster, "net"))
    assert f"{place.kind.label} {place.name} in {place.cluster}/net is unusable: {what}" in finding.message


@pytest.mark.parametrize("place", [CA, SERVER])
def test_what_blocks_declared_links_is_an_error(place: Place):
    assert [finding.severity for finding in findings(place, without_data)] == [Severity.ERROR]


@pytest.mark.parametrize("place", [STATUS, INTERNAL, token("b")])
def test_what_blocks_no_link_is_a_warning(place: Place):
    (finding,) = findings(place, data(NetworkStatus="{"))
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("place", [CA, SERVER])
def test_nobody_links_to_a_site_at_which_no_link_ends_so_nothing_is_blocked(place: Place):
    elsewhere = Place("c", place.kind, place.namespace, place.name)
    assert [finding.severity for finding in findings(elsewhere, without_data)] == [Severity.WARNING]


def test_a_link_says_what_is_wrong_with_its_issuer():
    found = facts.of_fleet(inputs.spoiled(CA, data(tls_crt=GARBAGE)))
    (reason,) = {link.reason for link in found.links if link.state is LinkState.WAITING}
    assert reason.startswith("issuer a/net: its Secret skupper-site-ca is unusable: tls.crt is not")


def test_a_token_that_cannot_be_used_is_replaced():
    found = facts.of_fleet(inputs.spoiled(token("b"), without_data))
    assert [(c.verb.value, c.cluster) for c in found.changes if c.ready] == [("create", "a")]


def test_an_object_without_a_name_is_reported():
    (finding, *_) = [
        found
        for found in findings(token("b"), metadata(name=None, namespace="net"))
        if found.rule == "nameless-object"
    ]
    assert finding.message.startswith("cluster b returned a Secret without a usable name")


def test_a_status_that_is_not_written_yet_is_no_finding():
    assert findings(STATUS, without_data) == ()


def test_what_is_not_there_yet_is_no_finding():
    for place in (STATUS, INTERNAL, token("b")):
        bodies = {known: body for known, body in inputs.healthy().items() if known != place}
        assert facts.of_fleet(bodies).findings == ()


@pytest.mark.parametrize("place", [CA, SERVER])
def test_what_a_complete_site_no_longer_has_is_named(place: Place):
    bodies = {known: body for known, body in inputs.healthy().items() if known != place}
    assert [finding.rule for finding in facts.of_fleet(bodies).findings] == ["lost-secret"]


def test_a_request_has_no_certificates_and_is_no_finding():
    spoil = metadata(labels={**OURS.labels, "skupper.io/type": "connection-token-request"})
    assert findings(token("b"), lambda known: spoil(without_data(known))) == ()


STRAYS = {
    "it names no sites": ({}, "annotation qontract-skupper/dialler names no site ('')"),
    "it is of other sites": (
        {"qontract-skupper/dialler": "c/elsewhere", "qontract-skupper/issuer": "a/net"},
        "its name or namespace is not that of a link between 'c/elsewhere' and 'a/net'",
    ),
}


@pytest.mark.parametrize("case", STRAYS)
def test_a_secret_that_looks_like_a_links_and_belongs_to_none_is_one_finding(case: str):
    annotations, what = STRAYS[case]
    labels = {**OURS.labels, "skupper.io/type": "connection-token-request"}
    (finding,) = findings(token("b"), metadata(name="link-copied", annotations=annotations, labels=labels))
    assert finding.rule == "unusable-object"
    assert f"Secret link-copied in b/net is unusable: {what}" in finding.message


@pytest.mark.parametrize("case", STRAYS)
def test_a_token_with_our_labels_that_belongs_to_no_link_is_one_finding(case: str):
    annotations, _ = STRAYS[case]
    (finding,) = findings(token("b"), metadata(name="link-copied", annotations=annotations))
    assert (finding.rule, finding.severity) == ("undeclared-token", Severity.ERROR)


def test_a_secret_that_has_a_links_name_and_belongs_to_none_is_one_finding():
    (finding,) = findings(token("b"), metadata(annotations={}))
    assert (finding.rule, finding.severity) == ("foreign-secret", Severity.ERROR)


def test_a_token_of_others_is_one_finding():
    def foreign(known: dict) -> dict:
        return metadata(name="theirs", labels={"skupper.io/type": "connection-token"})(without_data(known))

    (finding,) = findings(token("b"), foreign)
    assert (finding.rule, finding.severity) == ("undeclared-token", Severity.ERROR)


def test_a_token_that_is_on_its_way_out_is_no_finding():
    spoil = metadata(deletionTimestamp="2026-03-01T11:59:59Z")
    assert findings(token("b"), lambda known: spoil(without_data(known))) == ()


def test_nothing_is_said_of_secrets_in_a_namespace_that_is_skipped():
    stray = body(
        inputs.SECRET, "other", "stray", labels={**OURS.labels, "skupper.io/type": "connection-token"}
    )
    bodies = {**inputs.healthy(), Place("z", inputs.SECRET, "other", "stray"): stray}
    assert facts.of_fleet(bodies).findings == ()
