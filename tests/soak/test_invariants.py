"""The invariants of the soak notice what they are there for."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, SECRET, Kind
from reconcile.sandbox.kubernetes import catalogue
from reconcile.sandbox.kubernetes.calls import Call
from reconcile.sandbox.kubernetes.catalogue import Catalogue
from reconcile.sandbox.skupper.clock import ManualClock
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names
from tests.soak.data import Data, DeclaredNetwork, DeclaredSite
from tests.soak.invariants import Invariants

A, B, C, D = (SiteKey(cluster, "n0") for cluster in "abcd")
RESOURCES = Catalogue((*catalogue.KUBERNETES, catalogue.SKUPPER_POLICY))
KEY = b64encode(b"-----BEGIN PRIVATE KEY-----\n" + b64encode(bytes(range(96))) + b"\n").decode()


@dataclass
class FakeCluster:
    """Objects of one cluster, by kind."""

    name: str
    bodies: list[tuple[Kind, dict]] = field(default_factory=list)

    def find(self, kind: Kind, name: str, namespace: str = "") -> dict | None:
        found = [body for body in self.objects(kind, namespace) if body["metadata"]["name"] == name]
        return found[0] if found else None

    def objects(self, kind: Kind, namespace: str = "", _labels: object = None) -> list[dict]:
        return [
            body
            for each, body in self.bodies
            if each == kind and namespace in {"", body["metadata"]["namespace"]}
        ]

    def add(self, kind: Kind, name: str, namespace: str = "n0", **rest: object) -> dict:
        annotations = rest.pop("annotations", {})
        metadata = {"name": name, "namespace": namespace, "uid": name, "annotations": annotations}
        self.bodies.append((kind, {"metadata": metadata, **rest}))
        return self.bodies[-1][1]


class FakeClusters(dict):
    def __iter__(self):
        return iter(self.values())


class FakeWire:
    """Links that the test sets."""

    def __init__(self) -> None:
        self.links: list[SimpleNamespace] = []
        self.down: set[SiteKey] = set()
        self.changed: Callable[[], None] = lambda: None

    def attach(self, _: str, changed: Callable[[], None]) -> None:
        self.changed = changed

    def view(self, cluster: str, namespace: str) -> str | None:
        return None if SiteKey(cluster, namespace) in self.down else "a network"

    def link(self, *pairs: tuple[SiteKey, SiteKey]) -> None:
        self.links = [SimpleNamespace(dialler=dialler, issuer=issuer) for dialler, issuer in pairs]
        self.changed()


@dataclass
class Watched:
    """A fleet of two networks, n of a, b and c, and m of d; the links of n are up."""

    clusters: FakeClusters
    wire: FakeWire
    data: Data
    invariants: Invariants
    clock: ManualClock

    def begin(self) -> None:
        self.invariants.begin(self.data, set(self.data.wanted))

    def write(self, verb: str, kind: Kind, key: SiteKey, name: str = "") -> None:
        self.invariants.note(Call(key.cluster, "us", verb, RESOURCES.of_kind(kind), key.namespace, name))


@pytest.fixture
def watched() -> Watched:
    clusters = FakeClusters({name: FakeCluster(name) for name in "abcd"})
    wire = FakeWire()
    networks = {"n": (A, B, C), "m": (D,)}
    data = Data(
        {
            name: DeclaredNetwork({key: DeclaredSite() for key in keys}, approved=set())
            for name, keys in networks.items()
        }
    )
    wire.link((B, A), (C, A), (C, B))
    clock = ManualClock()
    made = Watched(clusters, wire, data, Invariants(clusters, wire, 1, clock), clock)
    made.begin()
    return made


def breaches(watched: Watched, *outputs: str) -> str:
    try:
        watched.invariants.check(outputs)
    except AssertionError as error:
        return str(error)
    return ""


def test_a_fleet_to_which_nothing_happens_breaks_nothing(watched: Watched):
    assert breaches(watched, "all is well") == ""


def test_networks_that_are_joined_are_noticed(watched: Watched):
    watched.wire.link((B, A), (C, A), (C, B), (D, A))
    assert "a/n0 and d/n0 were joined" in breaches(watched)


def test_what_the_data_joins_by_moving_a_site_is_no_breach(watched: Watched):
    watched.data.networks["m"].sites[C] = watched.data.networks["n"].sites.pop(C)
    watched.begin()
    watched.wire.link((B, A), (C, A))
    assert breaches(watched) == ""


def test_a_site_that_loses_both_of_two_paths_is_noticed(watched: Watched):
    watched.wire.link((C, A))
    assert breaches(watched) == "b/n0 had two live paths and lost both"


def test_a_site_whose_own_router_restarts_has_no_links_for_so_long(watched: Watched):
    watched.wire.down.add(B)
    watched.wire.link((C, A))
    assert breaches(watched) == ""


def test_a_site_that_is_back_without_any_of_its_links_is_noticed(watched: Watched):
    watched.wire.down.add(B)
    watched.wire.link((C, A))
    watched.wire.down.clear()
    watched.wire.link((C, A))
    assert breaches(watched) == "b/n0 had two live paths and lost both"


def test_a_site_that_keeps_one_path_is_none(watched: Watched):
    watched.wire.link((B, A), (C, A))
    assert breaches(watched) == ""


def test_a_change_of_a_foreign_object_is_noticed(watched: Watched):
    body = watched.clusters["a"].add(CONFIG_MAP, "theirs")
    watched.invariants.expect_untouched("a", CONFIG_MAP, "n0", "theirs")
    assert breaches(watched) == ""
    watched.clusters["a"].bodies[:] = [(CONFIG_MAP, {**body, "data": {"ours": "now"}})]
    assert breaches(watched) == "ConfigMap theirs of somebody else in a/n0 was changed"


def test_a_write_outside_of_namespaces_of_ours_is_noticed(watched: Watched):
    watched.write("patch", CONFIG_MAP, SiteKey("a", "kube-system"), "x")
    assert "we wrote to" in breaches(watched)


def test_a_token_between_networks_is_noticed(watched: Watched):
    watched.clusters["d"].add(SECRET, "link", annotations={names.DIALLER: str(D), names.ISSUER: str(A)})
    watched.write("create", SECRET, D)
    assert breaches(watched) == "we made Secret link in d/n0 for d/n0 and a/n0"


def test_a_removal_that_the_data_does_not_want_is_noticed(watched: Watched):
    watched.write("delete", CONFIG_MAP, A, names.SITE)
    assert "we removed a/n0, which the data wants" in breaches(watched)


def remove(watched: Watched, *keys: SiteKey) -> None:
    for key in keys:
        watched.data.site(key).delete = True
    watched.begin()
    for key in keys:
        watched.write("delete", CONFIG_MAP, key, names.SITE)


def test_removals_within_the_budget_are_fine(watched: Watched):
    remove(watched, A)
    assert breaches(watched) == ""


def test_removals_beyond_the_budget_are_noticed(watched: Watched):
    remove(watched, A, B)
    assert "2 were removed in a day without an approval: site a/n0, site b/n0" in breaches(watched)


def test_the_removals_of_all_runs_of_a_day_count_together(watched: Watched):
    remove(watched, A)
    watched.clock.advance(23 * 3600)
    watched.write("delete", CLUSTER_POLICY, SiteKey("a", ""), "p")
    assert "2 were removed in a day without an approval: site a/n0, policy p on a" in breaches(watched)


def test_removals_of_the_day_before_do_not_count(watched: Watched):
    remove(watched, A)
    watched.clock.advance(25 * 3600)
    remove(watched, B)
    assert breaches(watched) == ""


def test_approved_removals_do_not_count(watched: Watched):
    watched.data.networks["n"].approved.add(B)
    remove(watched, A, B)
    assert breaches(watched) == ""


@pytest.mark.parametrize("printed", [KEY, b64encode(bytes(range(96))).decode()], ids=["base64", "PEM"])
def test_a_private_key_in_what_is_printed_is_noticed(watched: Watched, printed: str):
    watched.clusters["a"].add(SECRET, "link", data={"tls.key": KEY})
    assert "a private key was printed" in breaches(watched, f"created: {printed}.")
