"""What must hold for every fleet, however spoiled: asked by the property tests and by the coverage-guided fuzzer."""

import json
from dataclasses import asdict

from reconcile.kinds import CONFIG_MAP
from reconcile.report import lines, plan_json, plan_text, status_text
from reconcile.skupper.live import LiveObject, ObjectKey, managed_fields
from reconcile.skupper.ownership import FIELD_MANAGER
from reconcile.skupper.plan import Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import names
from tests.fuzz import inputs
from tests.fuzz.inputs import KEY_BYTES, STEADY, Bodies
from tests.skupper.fakes import NOW, OURS, plan


def of_fleet(bodies: Bodies) -> Plan:
    """Plan a fleet and hold all facts against it."""
    plan_input = inputs.plan_input(bodies)
    found = plan(plan_input)
    touches_only_ours(found, plan_input)
    leaves_others_alone(found, plan_input)
    reports_are_clean(found)
    return found


def touches_only_ours(found: Plan, plan_input: PlanInput) -> None:
    """No removal or patch of an object that does not carry our labels, and no apply over a site of others.

    What has lost all labels is still ours if we wrote it.
    """
    for change in found.changes:
        live = plan_input.snapshot(change.cluster).objects.get(
            ObjectKey(change.kind, change.namespace, change.name)
        )
        site = (change.kind, change.name) == (CONFIG_MAP, names.SITE)
        if live and (change.verb in {Verb.DELETE, Verb.PATCH} or site):
            lost_labels = not live.labels and (change.verb is Verb.APPLY or _written_by_us(live))
            assert OURS.covers(live.labels) or live.deleting or lost_labels, change
        if change.verb is Verb.PATCH or (change.verb is Verb.DELETE and change.ready):
            assert live is not None, change


def _written_by_us(live: LiveObject) -> bool:
    return any(entry.manager == FIELD_MANAGER for entry in managed_fields(live))


def steady(found: Plan) -> tuple[object, ...]:
    """What a plan says of the network that nobody touched."""
    return (
        [change for change in found.changes if change.namespace == STEADY],
        [link for link in found.links if link.network == "steady"],
        [site for site in found.sites if site.network == "steady"],
        [finding for finding in found.findings if {STEADY, "steady"} & {*asdict(finding.subject).values()}],
    )


_STEADY = steady(plan(inputs.plan_input(inputs.healthy())))


def leaves_others_alone(found: Plan, plan_input: PlanInput) -> None:
    """The other network's plan is as without the hostile object, unless that claims to lie in its namespace."""
    strayed = sum(
        key.namespace == STEADY for snapshot in plan_input.snapshots.values() for key in snapshot.objects
    )
    if strayed == sum(place.namespace == STEADY for place in inputs.healthy()):
        assert steady(found) == _STEADY


def reports_are_clean(found: Plan) -> None:
    """All reports can be written; no line moves a cursor, no secret shows."""
    texts = [plan_text.text(found), status_text.text(found, NOW), status_text.text(found, NOW, width=60)]
    documents = [plan_json.plan(found), plan_json.status(found)]
    actions = [lines.action(change) for change in found.changes]
    for text in (*texts, *documents, *actions):
        text.encode()
        assert all(line.isprintable() for line in text.split("\n")), text
        assert KEY_BYTES not in text, text
    for document in documents:
        json.loads(document, parse_constant=_no_json)


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")
