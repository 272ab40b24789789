"""Whatever clusters return, a diagnosis is made: each result has evidence, what failed has advice, nothing is quoted
that could be a secret."""

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconcile.kinds import EVENT, NETWORK_POLICY, POD, RESOURCE_QUOTA
from reconcile.report import diagnosis as report
from reconcile.skupper.diagnosis.checks import Outcome
from tests.fuzz.bodies import JSON
from tests.skupper.diagnosis.causes import policy, quota, waiting
from tests.skupper.diagnosis.healthy import Diagnosed, condition
from tests.skupper.fakes import body

KEY_BYTES = "S0VZLU9GLUEtU0VDUkVU"
LISTED = (POD, EVENT, RESOURCE_QUOTA, NETWORK_POLICY)
Step = tuple[str | int, ...]


def full() -> Diagnosed:
    """Two sites with an object of every kind that is looked at."""
    site = Diagnosed()
    site.deployment("a", "skupper-router", ready=0)
    site.pod("a", "skupper-router", conditions=[condition("PodScheduled")], **waiting("ContainerCreating"))
    site.event("a", "skupper-router-x")
    quota(site, "9")
    policy(site, ingress=[{"from": [], "ports": [{"port": 1, "endPort": 9}]}], policyTypes=["Ingress"])
    # Bodies share parts, such as labels, and one is to be changed.
    site.pair.a.bodies, site.pair.b.bodies = deepcopy(site.pair.a.bodies), deepcopy(site.pair.b.bodies)
    site.details = deepcopy(site.details)
    return site


def paths(document: Any, here: Step = ()) -> list[Step]:
    """Every place in a document."""
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    return [here, *(found for key, part in items for found in paths(part, (*here, key)))]


def bodies(site: Diagnosed) -> list[dict[str, Any]]:
    fakes = (site.pair.a, site.pair.b)
    own = [found for fake in fakes for found in fake.bodies.values()]
    return own + [site.details["a", kind][0] for kind in LISTED]


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(st.data(), JSON)
def test_whatever_fails_says_what_was_seen_and_what_to_do(data: st.DataObject, value: object) -> None:
    site = full()
    document = data.draw(st.sampled_from(bodies(site)))
    # Which object it is stays: its kind, name and namespace are those that were asked for.
    *steps, last = data.draw(st.sampled_from([path for path in paths(document) if len(path) > 1]))
    if [*steps, last] in (["metadata", "name"], ["metadata", "namespace"]):
        return
    place: Any = document
    for step in steps:
        place = place[step]
    place[last] = value
    results = site.results()
    assert all(result.judgement.evidence for result in results)
    advised = {Outcome.FAIL, Outcome.WARN}
    assert all(result.judgement.hint for result in results if result.outcome in advised)
    assert report.as_text(results, verbose=True).isprintable() or "\n" in report.as_text(results)
    assert report.as_json(results)


def test_a_diagnosis_shows_no_secret() -> None:
    site = full()
    site.event("a", "skupper-site-ca", kind="Secret", message=KEY_BYTES)
    for found in site.pair.a.bodies.values():
        if found["kind"] == "Secret":
            found["data"]["tls.key"] = KEY_BYTES
    shown = report.as_json(site.results()) + report.as_text(site.results(), verbose=True)
    assert KEY_BYTES not in shown
    assert "skupper-site-ca, on" in shown


def test_a_hostile_name_cannot_become_a_command() -> None:
    site = Diagnosed()
    site.deployment("a", "skupper-router", ready=0)
    name = "skupper-router-x; rm -rf /"
    pod = body(POD, "net", name, status=waiting("ErrImagePull"))
    site.details["a", POD] = [pod]
    command = site.judged()["images-pulled", "a/net"].judgement.command
    assert command
    assert command.text == f"oc -n net describe pod '{name}'"
