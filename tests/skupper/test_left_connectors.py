"""A router stops to dial with a token that was deleted while no service-controller saw it."""

import json
from dataclasses import replace

import pytest

from reconcile.findings import Finding, NetworkSubject
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.live import ObjectKey
from reconcile.skupper.orders import Order, OrderKind
from reconcile.skupper.plan import Change
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint, router_config
from tests.skupper.fakes import OURS, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve
from tests.skupper.test_plan_link import Pair

A, B = SiteKey("a", "net"), SiteKey("b", "net")
DECLARED, UNDECLARED = fingerprint.stem(Link(B, A)), fingerprint.stem(Link(A, B))


class Routers(Pair):
    """Two sites, of which b dials a and should not be dialled by it; all service-controllers run."""

    def __init__(self) -> None:
        super().__init__()
        self.with_sites()
        self.gone: dict[str, ObjectKey] = {}
        self.findings: tuple[Finding, ...] = ()
        self.order: Order | None = None
        for name, fake in (("a", self.a), ("b", self.b)):
            fake.add(DEPLOYMENT, body(DEPLOYMENT, "net", "skupper-service-controller", owner=f"id-{name}"))

    def dials(self, site: str, *connectors: str) -> None:
        """Say what a router has connectors for, besides tokens."""
        fake = {"a": self.a, "b": self.b}[site]
        fake.add_connectors("net", f"id-{site}", *connectors)

    @property
    def dropped(self) -> list[str]:
        """The connectors that are taken out."""
        ready = (change for change in self.changes if change.ready)
        return sorted(name for change in ready for name in self._names() - self._left(change))

    @property
    def awaited(self) -> list[str]:
        """The connectors that a service-controller is still to take out."""
        deferred = (change for change in self.changes if change.waits_for)
        return sorted(name for change in deferred for name in self._names() - self._left(change))

    @property
    def changes(self) -> list[Change]:
        snapshots = {
            name: replace(fake.snapshot(), gone=self.gone) for name, fake in (("a", self.a), ("b", self.b))
        }
        inputs = PlanInput(
            desired=resolve(self.definitions),
            ownership=OURS,
            now=self.now,
            snapshots=snapshots,
            findings=self.findings,
            order=self.order,
        )
        return [change for change in plan_inputs(inputs).changes if change.name == "skupper-internal"]

    def _names(self) -> set[str]:
        texts = (
            fake.bodies[CONFIG_MAP, "net", "skupper-internal"]["data"]["skrouterd.json"]
            for fake in (self.a, self.b)
            if (CONFIG_MAP, "net", "skupper-internal") in fake.bodies
        )
        return {name for text in texts for name in router_config.parse(text).connectors}

    @staticmethod
    def _left(change: Change) -> frozenset[str]:
        assert change.body
        return router_config.parse(change.body["data"]["skrouterd.json"]).connectors


@pytest.fixture
def routers() -> Routers:
    return Routers()


def test_a_connector_of_an_undeclared_link_without_a_token_is_taken_out(routers: Routers):
    routers.dials("a", f"{UNDECLARED}-00000000")
    assert routers.dropped == [f"{UNDECLARED}-00000000"]
    assert [change.ready for change in routers.changes] == [True]


def test_each_link_has_a_change_of_its_own(routers: Routers):
    routers.dials("a", f"{UNDECLARED}-00000000", f"{UNDECLARED}-11111111")
    (change,) = routers.changes
    assert change.link == Link(A, B)
    routers.dials("b", f"{DECLARED}-00000000", routers.deliver())
    assert {change.link for change in routers.changes} == {Link(A, B), Link(B, A)}


def test_nobody_else_may_have_changed_it_meanwhile(routers: Routers):
    routers.dials("a", f"{UNDECLARED}-00000000")
    routers.a.bodies[CONFIG_MAP, "net", "skupper-internal"]["metadata"]["resourceVersion"] = "7"
    (change,) = routers.changes
    assert change.expects == "7"


def test_that_of_a_declared_link_stays_until_another_takes_its_place(routers: Routers):
    old = f"{DECLARED}-00000000"
    routers.dials("b", old)
    assert routers.dropped == []
    routers.dials("b", old, routers.deliver())
    assert routers.dropped == [old]


def test_one_that_has_a_secret_of_any_type_stays(routers: Routers):
    name = f"{UNDECLARED}-00000000"
    routers.dials("a", name)
    routers.a.add(SECRET, body(SECRET, "net", name))
    assert routers.dropped == []


def test_one_whose_token_was_deleted_just_now_is_left_to_a_service_controller_that_runs(routers: Routers):
    name = f"{UNDECLARED}-00000000"
    routers.dials("a", name)
    routers.gone = {"uid": ObjectKey(SECRET, "net", name)}
    assert (routers.dropped, routers.awaited) == ([], [name])
    routers.a.remove(DEPLOYMENT, "net", "skupper-service-controller")
    assert (routers.dropped, routers.awaited) == ([name], [])


def test_what_a_service_controller_has_missed_does_not_wait_for_what_it_acts_on(routers: Routers):
    missed, acted_on = f"{UNDECLARED}-00000000", f"{UNDECLARED}-11111111"
    routers.dials("a", missed, acted_on)
    routers.gone = {"uid": ObjectKey(SECRET, "net", acted_on)}
    assert (routers.dropped, routers.awaited) == ([missed], [])


@pytest.mark.parametrize(("about", "dropped"), [("b", [f"{UNDECLARED}-00000000"]), ("c", [])])
def test_an_order_about_the_link_takes_it_out(routers: Routers, about: str, dropped: list[str]):
    routers.dials("a", f"{UNDECLARED}-00000000")
    sites = frozenset({SiteKey(about, "net")})
    routers.order = Order(kind=OrderKind.REVOKE, sites=sites, at=routers.now, by="alice")
    assert routers.dropped == dropped


@pytest.mark.parametrize("name", ["by-hand", "link-b-net-00000000-00000000"])
def test_a_connector_that_is_not_ours_stays(routers: Routers, name: str):
    routers.dials("a", name)
    assert routers.dropped == []


def test_nothing_is_taken_out_of_a_network_whose_data_is_refused(routers: Routers):
    name = f"{UNDECLARED}-00000000"
    routers.dials("a", name)
    assert routers.dropped == [name]
    routers.findings = (Finding(rule="r", message="m", subject=NetworkSubject("n")),)
    assert routers.dropped == []


def test_only_the_profiles_of_what_is_taken_out_go_with_it():
    def connector(name: str, profile: str) -> list[object]:
        return ["connector", {"name": name, "sslProfile": profile}]

    profiles = [["sslProfile", {"name": name}] for name in ("one", "shared", "other")]
    entities = [*profiles, connector("a", "one"), connector("b", "shared"), connector("c", "shared")]
    left = json.loads(router_config.without(json.dumps(entities), ["a", "b"]))
    assert left == [*profiles[1:], connector("c", "shared")]
