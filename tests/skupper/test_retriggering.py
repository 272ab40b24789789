"""A request that is not answered, and a token that is not loaded, are tried again, ever more rarely."""

from datetime import datetime, timedelta

import pytest

from reconcile.kinds import DEPLOYMENT, SECRET
from reconcile.skupper.plan import Verb
from tests.skupper.fakes import body
from tests.skupper.test_plan_link import Pair

CREATED = datetime.fromisoformat("2026-03-01T11:59:50+00:00")


@pytest.fixture
def pair() -> Pair:
    return Pair().with_sites()


def retriggered(pair: Pair, *, after: float, now: float) -> bool:
    """Whether a request is retriggered `now`, that was last retriggered `after` so many seconds of its life."""
    name = pair.request()
    annotations = pair.a.bodies[SECRET, "net", name]["metadata"]["annotations"]
    annotations["qontract-skupper/touched"] = (CREATED + timedelta(seconds=after)).isoformat()
    pair.now = CREATED + timedelta(seconds=now)
    return any(change.verb == "patch" and change.name == name for change in pair.plan().changes)


@pytest.mark.parametrize(
    ("after", "now", "again"),
    [
        (40, 69, False),
        (40, 70, True),
        (600, 899, False),
        (600, 900, True),
        (86400, 86400 + 3599, False),
        (86400, 86400 + 3600, True),
    ],
)
def test_the_pause_grows_with_the_age_of_the_request_up_to_an_hour(pair: Pair, after, now, again):
    assert retriggered(pair, after=after, now=now) is again


def test_a_site_controller_that_does_not_run_is_named_at_once(pair: Pair):
    pair.a.add(DEPLOYMENT, body(DEPLOYMENT, "net", "skupper-site-controller", spec={"replicas": 0}))
    pair.request()
    assert (
        "a/net has not issued the token yet: deployment skupper-site-controller is scaled to 0"
        in pair.link().reason
    )


def test_a_request_that_stays_open_gets_the_command_that_shows_the_cause(pair: Pair):
    pair.request()
    pair.now += timedelta(minutes=6)
    expected = "on cluster a run: oc -n net logs deploy/skupper-site-controller --tail=20"
    assert pair.link().reason.endswith(expected)


def test_before_that_it_is_only_waited_for(pair: Pair):
    pair.request()
    assert pair.link().reason == "a/net has not issued the token yet"


def overlooked(pair: Pair, *, seconds: float = 31) -> str:
    """A token that was delivered so many seconds ago, and that the router does not have."""
    name = pair.deliver()
    pair.b.add(DEPLOYMENT, body(DEPLOYMENT, "net", "skupper-service-controller", owner="id-b"))
    pair.b.bodies[SECRET, "net", name]["metadata"]["creationTimestamp"] = CREATED.isoformat()
    pair.now = CREATED + timedelta(seconds=seconds)
    return name


def touched(pair: Pair) -> list[tuple[str, str]]:
    return [(change.cluster, change.name) for change in pair.plan().changes if change.verb is Verb.PATCH]


@pytest.mark.parametrize(("seconds", "again"), [(29, False), (30, True)])
def test_a_token_that_the_service_controller_has_not_loaded_is_retriggered(pair: Pair, seconds, again):
    name = overlooked(pair, seconds=seconds)
    assert touched(pair) == [("b", name)] * again


def test_a_link_whose_token_is_not_loaded_says_so(pair: Pair):
    name = overlooked(pair)
    assert pair.link().reason == f"b/net: its service-controller has not loaded token {name}"


def test_a_token_that_stays_unloaded_gets_the_command_that_shows_the_cause(pair: Pair):
    overlooked(pair, seconds=301)
    expected = "on cluster b run: oc -n net logs deploy/skupper-service-controller --tail=20"
    assert pair.link().reason.endswith(expected)


def test_a_token_that_the_router_has_is_left_as_it_is(pair: Pair):
    name = overlooked(pair)
    pair.b.add_connectors("net", "id-b", name)
    assert touched(pair) == []


def test_a_token_is_retriggered_although_the_link_of_another_one_is_up(pair: Pair):
    name = overlooked(pair)
    pair.connect()
    assert touched(pair) == [("b", name)]


def test_a_token_that_a_policy_forbids_is_left_as_it_is(pair: Pair):
    name = overlooked(pair)
    pair.b.bodies[SECRET, "net", name]["metadata"]["labels"]["internal.skupper.io/disabled"] = "true"
    assert touched(pair) == []


def test_nothing_is_retriggered_while_the_service_controller_does_not_run(pair: Pair):
    overlooked(pair)
    stopped = body(DEPLOYMENT, "net", "skupper-service-controller", owner="id-b", spec={"replicas": 0})
    pair.b.add(DEPLOYMENT, stopped)
    assert touched(pair) == []
