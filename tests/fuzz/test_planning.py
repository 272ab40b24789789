"""One hostile object spoils nothing but its own part of the plan."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from reconcile.kinds import DEPLOYMENT, SECRET
from reconcile.skupper.plan import Verb
from tests.fuzz import facts, inputs
from tests.fuzz.bodies import OBJECTS, nested, spoilings
from tests.fuzz.inputs import Place, at, token
from tests.skupper.fakes import OURS

Spoiling = tuple[Place, Callable[[dict], dict]]


def test_the_healthy_fleet_has_nothing_to_do_and_nothing_to_say():
    found = facts.of_fleet(inputs.healthy())
    assert (found.changes, found.findings) == ((), ())
    assert all(link.converged for link in found.links)


@given(spoilings())
def test_one_spoiled_object_breaks_no_plan_and_no_other_network(spoiling: Spoiling):
    facts.of_fleet(inputs.spoiled(*spoiling))


@given(spoilings(), OBJECTS)
def test_an_object_that_is_like_no_other_breaks_no_plan(spoiling: Spoiling, body: dict):
    facts.of_fleet(inputs.spoiled(spoiling[0], lambda known: {**known, **body}))


@given(spoilings())
def test_nothing_of_others_is_removed_whatever_it_holds(spoiling: Spoiling):
    place, spoil = spoiling

    def foreign(body: dict) -> dict:
        found = spoil(body)
        metadata = found.get("metadata")
        theirs = {"labels": {}, "managedFields": []}
        return {**found, "metadata": {**(metadata if isinstance(metadata, dict) else {}), **theirs}}

    found = facts.of_fleet(inputs.spoiled(place, foreign))
    removed = {
        (c.cluster, c.kind, c.namespace, c.name) for c in found.changes if c.verb is Verb.DELETE and c.uid
    }
    assert (place.cluster, place.kind, place.namespace, place.name) not in removed


@given(spoilings())
def test_no_spoiled_object_takes_anything_out_of_service(spoiling: Spoiling):
    place, spoil = spoiling
    found = facts.of_fleet(inputs.spoiled(place, spoil))
    out_of_service = {change.name for change in found.changes if change.removal}
    assert out_of_service <= {live.key.name for live in _spoiled_objects(place, spoil)}


def _spoiled_objects(place: Place, spoil: Callable[[dict], dict]) -> list[Any]:
    snapshot = inputs.plan_input(inputs.spoiled(place, spoil)).snapshots[place.cluster]
    known = inputs.plan_input(inputs.healthy()).snapshots[place.cluster].objects
    return [live for key, live in snapshot.objects.items() if known.get(key) is not live]


def work(bodies: inputs.Bodies) -> int:
    """Calls of functions, ours and built in, that it takes to plan and report a fleet."""
    count = 0

    def see(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += 1

    known = sys.getprofile()
    sys.setprofile(see)
    try:
        facts.of_fleet(bodies)
    finally:
        sys.setprofile(known)
    return count


def _labels(size: int) -> dict:
    return {f"label-{number}": "x" for number in range(size)}


def _status(body: dict, size: int) -> dict:
    entry = '{"site": {"identity": "i%d"}, "routerStatus": [{"router": {"name": "0/r%d"}, "links": [{"name": "r1"}]}]}'
    text = ", ".join(entry % (number, number) for number in range(size))
    return {**body, "data": {"NetworkStatus": f'{{"siteStatus": [{text}]}}'}}


def _metadata(key: str, make: Callable[[int], Any]) -> Callable[[dict, int], dict]:
    return lambda body, size: {**body, "metadata": {**body["metadata"], key: make(size)}}


def _fields(size: int) -> list[dict]:
    fields = {
        "f:spec": {
            "f:template": {"f:spec": {"f:containers": {f'k:{{"name":"{n}"}}': {} for n in range(size)}}}
        }
    }
    return [{"manager": "qontract-skupper", "operation": "Apply", "fieldsV1": fields}]


def _containers(body: dict, size: int) -> dict:
    body["spec"]["template"]["spec"]["containers"] = [{"name": str(number)} for number in range(size)]
    return _metadata("managedFields", _fields)(body, size)


HUGE = {
    "a status of many sites": (at("b", "skupper-network-status"), _status),
    "labels": (token("b"), _metadata("labels", lambda size: {**OURS.labels, **_labels(size)})),
    "annotations": (at("a", "skupper-site"), _metadata("annotations", _labels)),
    "owners": (at("a", "skupper-site"), _metadata("ownerReferences", lambda size: [{"uid": "u"}] * size)),
    "managed fields": (
        at("a", "skupper-site"),
        _metadata("managedFields", lambda size: [{"time": "x"}] * size),
    ),
    "containers that we own": (Place("a", DEPLOYMENT, "net", "skupper-site-controller"), _containers),
    "entries of a secret": (
        token("b"),
        lambda body, size: {**body, "data": dict.fromkeys(_labels(size), "x")},
    ),
    "certificates": (
        token("b"),
        lambda body, size: {**body, "data": {f"{name}.crt": "x" for name in _labels(size)}},
    ),
    "keys of a site": (at("a", "skupper-site"), lambda body, size: {**body, "data": _labels(size)}),
}


@pytest.mark.parametrize("case", HUGE)
def test_twice_the_size_is_at_most_twice_the_work(case: str):
    place, grow = HUGE[case]
    base, once, twice = (
        work(inputs.spoiled(place, lambda body, size=size: grow(body, size))) for size in (0, 2500, 5000)
    )
    assert twice - base <= 2.2 * (once - base) + 1000


@pytest.mark.parametrize(
    "place", [at("a", "skupper-site"), token("b"), Place("a", DEPLOYMENT, "net", "skupper-site-controller")]
)
@pytest.mark.parametrize("key", ["data", "spec", "metadata"])
def test_json_of_any_depth_is_planned_and_reported(place: Place, key: str):
    facts.of_fleet(inputs.spoiled(place, lambda body: {**body, key: nested(900)}))
    facts.of_fleet(
        inputs.spoiled(place, lambda body: {**body, key: {"a": nested(900), **(body.get(key) or {})}})
    )


def test_the_key_of_a_token_shows_nowhere_even_where_it_replaces_all_else():
    facts.of_fleet(inputs.spoiled(token("b"), lambda body: {**body, "data": {"tls.crt": inputs.KEY_BYTES}}))


def test_a_site_without_data_shows_no_confidential_key():
    found = facts.of_fleet(inputs.spoiled(at("a", "skupper-site"), lambda body: {**body, "data": None}))
    assert [change.name for change in found.changes if change.kind != SECRET] == ["skupper-site"]
