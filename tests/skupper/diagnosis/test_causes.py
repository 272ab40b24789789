"""Every check passes on a healthy network, and names each cause that it is for."""

import pytest

from reconcile.kinds import CONFIG_MAP, SERVICE
from reconcile.skupper.diagnosis.checks import Outcome
from tests.skupper.diagnosis.causes import CAUSES, Cause
from tests.skupper.diagnosis.healthy import ENGINE, Diagnosed

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
