"""Every check passes on a healthy network, and names each cause that it is for."""

import pytest

from reconcile.kinds import CONFIG_MAP, SERVICE
from reconcile.skupper.diagnosis.checks import Outcome
from tests.skupper.diagnosis.causes import CAUSES, Cause, policy
from tests.skupper.diagnosis.healthy import ENGINE, Diagnosed, condition

TABLE = {check.name: check for check in ENGINE.diagnostics.checks}


def test_every_check_passes_on_a_healthy_network() -> None:
    results = Diagnosed().results()
    assert {(result.check, result.outcome) for result in results} == {(name, Outcome.PASS) for name in TABLE}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: f"{cause.check}-{cause.outcome}")
def test_a_cause_is_seen_by_its_check_with_evidence_and_advice(cause: Cause) -> None:
    site = Diagnosed()
    cause.make(site)
    result = site.judged()[cause.check, cause.subject]
    assert (result.outcome, cause.evidence in result.judgement.evidence) == (cause.outcome, True), result
    assert result.judgement.hint or result.outcome is Outcome.UNKNOWN


def test_every_check_has_a_cause_but_one_that_repeats_the_plan() -> None:
    assert TABLE.keys() - {cause.check for cause in CAUSES} == {"settings-in-effect"}


def test_a_service_that_is_to_have_no_service_here_is_not_missing() -> None:
    site = Diagnosed()
    services = site.pair.a.bodies[CONFIG_MAP, "net", "skupper-services"]["data"]
    services["vault"] = services["vault"].replace("{", '{"exposeIngress": "Never", ')
    site.details["a", SERVICE] = []
    assert site.judged()["services-served", "a/net"].outcome is Outcome.PASS


def test_a_route_that_one_ingress_controller_admits_is_admitted() -> None:
    site = Diagnosed()
    refused, admitted = condition("Admitted", "False"), condition("Admitted")
    site.route(
        "a",
        "skupper-edge",
        status={"ingress": [{"conditions": [refused]}, {"conditions": [admitted]}]},
    )
    assert site.judged()["route-admitted", "a/net"].outcome is Outcome.PASS


OPEN = [
    {},
    {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]},
    {"from": [{"namespaceSelector": {"matchLabels": {"network.openshift.io/policy-group": "ingress"}}}]},
]
"""Rules that let links in which come through a Route."""


@pytest.mark.parametrize("rule", OPEN, ids=["everybody", "all addresses", "ingress controllers"])
def test_policies_that_let_links_in_beside_others_that_do_not_pass(rule: dict) -> None:
    site = Diagnosed()
    policy(site, ingress=[{"from": [{"podSelector": {}}]}, rule])
    assert site.judged()["network-policy", "a/net"].outcome is Outcome.PASS


def test_a_policy_for_other_pods_does_not_concern_the_router() -> None:
    site = Diagnosed()
    policy(site, podSelector={"matchLabels": {"app": "vault"}})
    assert site.judged()["network-policy", "a/net"].outcome is Outcome.PASS
