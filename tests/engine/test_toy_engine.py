"""An engine that shares nothing with v1 works with plan, run, status, removal, crash and filters unchanged.

Nothing in the program knows the toy. If a test here needs a change of the program, the engine interface is incomplete.
"""

import ast
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from reconcile import apply
from reconcile.engines import ENGINES
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.report import plan_json, status_text
from reconcile.skupper.definitions import Network
from reconcile.skupper.diagnosis.checks import Outcome
from reconcile.skupper.engine import Engines
from reconcile.skupper.plan import LinkState, SiteState, Verb
from reconcile.skupper.selection import Selection
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, three_clusters
from tests.engine import toy
from tests.engine.toy import Toy
from tests.fault_proxy import Asked, FaultProxy

pytestmark = pytest.mark.simulation_suffices(
    "the seam is between the program and its engines, not at the server"
)

LONGEST = 200
MORE_THAN_A_RUN_WRITES = 1000


@contextmanager
def toy_network(backend: Backend) -> Iterator[Harness]:
    """Two public clusters and a private one, declared in the toy's network; nothing on them yet."""
    with three_clusters(backend) as made:
        made.engines = Engines(Toy(), *ENGINES)
        made.change(version="toy-1", settings={})
        yield made


@pytest.fixture
def fleet(backend: Backend) -> Iterator[Harness]:
    with toy_network(backend) as made:
        yield made


@pytest.fixture
def linked(fleet: Harness) -> Harness:
    assert fleet.run().all_up
    return fleet


def toys(fleet: Harness) -> set[tuple[str, str]]:
    """(cluster, name) of everything that the toy has on the clusters."""
    return {
        (cluster, found["metadata"]["name"])
        for cluster in "abp"
        for found in fleet.objects(CONFIG_MAP, cluster)
        if found["metadata"].get("labels", {}).get(toy.PART)
    }


def keep_namespace(network: Network) -> Network:
    """The same sites in the other namespace, for v1."""
    sites = tuple(replace(site, namespace="other") for site in network.sites)
    return Network("v1", "1.9.6", settings={"image": "quay.io/skupper/site-controller"}, sites=sites)


def test_the_toy_is_small() -> None:
    assert len(Path(toy.__file__).read_text().splitlines()) <= LONGEST


def test_the_toy_uses_nothing_of_v1() -> None:
    modules = [
        node.module or ""
        for node in ast.walk(ast.parse(Path(toy.__file__).read_text()))
        if isinstance(node, ast.ImportFrom)
    ]
    assert [module for module in modules if "v1" in module] == []


def test_a_plan_says_what_waits_for_what(fleet: Harness) -> None:
    plan = fleet.run(dry_run=True).outcome.plan
    assert {(change.verb, change.ready) for change in plan.changes} == {
        (Verb.APPLY, True),
        (Verb.CREATE, False),
    }


def test_a_plan_writes_nothing(fleet: Harness) -> None:
    assert fleet.run(dry_run=True).writes == 0
    assert toys(fleet) == set()


def test_a_run_brings_every_link_up(fleet: Harness) -> None:
    assert fleet.run().all_up
    assert {name for _, name in toys(fleet)} > {toy.SITE}


def test_a_diagnosis_has_the_checks_that_hold_for_every_version(fleet: Harness) -> None:
    seen = {result.check: result.outcome for result in fleet.diagnose()}
    assert seen["cluster-reachable"] is seen["namespace-readable"] is seen["site-accepted"] is Outcome.PASS
    assert seen["host-resolves"] is Outcome.UNKNOWN


def test_a_second_run_writes_nothing(linked: Harness) -> None:
    assert linked.run().writes == 0


def test_the_code_of_a_link_is_handed_over(linked: Harness) -> None:
    known = {sha256(found["metadata"]["uid"].encode()).hexdigest() for found in linked.objects(CONFIG_MAP)}
    codes = {found["data"]["code"] for found in linked.objects(CONFIG_MAP) if "code" in found.get("data", {})}
    assert codes
    assert codes <= known


def test_an_object_goes_through_the_redactions_of_all_engines() -> None:
    other = Toy()
    other.redactions = {CONFIG_MAP: lambda body: {**body, "seen": True}}
    redact = Engines(Toy(), other).redactions[CONFIG_MAP]
    assert redact({"data": {"code": "x", "a": "b"}}) == {"data": {"a": "b"}, "seen": True}


def test_objects_enter_the_program_by_way_of_the_cache_alone() -> None:
    """It is the cache that redacts them."""
    program = Path(apply.__file__).parent
    users = {path.name for path in program.glob("*.py") if "from_manifest" in path.read_text()}
    assert users == {"cache.py"}


def test_no_plan_holds_the_code(linked: Harness) -> None:
    codes = [found["data"]["code"] for found in linked.objects(CONFIG_MAP) if "code" in found.get("data", {})]
    linked.change_site("p", delete=True)
    outcome = linked.run(dry_run=True).outcome
    assert outcome.plan.changes
    assert not [code for code in codes if code in repr(outcome.plan) + plan_json.plan(outcome.plan)]


def test_the_status_shows_its_sites_and_links(linked: Harness) -> None:
    plan = linked.run(dry_run=True).outcome.plan
    shown = status_text.text(plan, datetime.now(UTC))
    assert (shown.count(" ready "), shown.count(" up ")) == (len(linked.network.sites), len(plan.links))


def test_an_object_that_is_deleted_is_created_again(linked: Harness) -> None:
    before = toys(linked)
    with linked.client("a") as client:
        client.delete(CONFIG_MAP, toy.SITE, "net")
    assert linked.run().all_up
    assert toys(linked) == before


def test_a_site_that_is_marked_delete_goes_with_its_links(linked: Harness) -> None:
    linked.change_site("p", delete=True)
    linked.run()
    assert "p" not in {cluster for cluster, _ in toys(linked)}
    assert all(site.state is SiteState.READY for site in linked.run().outcome.plan.sites)


def test_a_site_that_is_not_declared_any_more_goes_too(linked: Harness) -> None:
    linked.drop_site("b")
    linked.run()
    assert "b" not in {cluster for cluster, _ in toys(linked)}


def test_nothing_is_removed_beyond_the_budget(linked: Harness) -> None:
    before = toys(linked)
    linked.change_site("p", delete=True)
    result = linked.run(budget=0)
    assert "removal-budget" in result.errors
    assert toys(linked) == before
    assert SiteState.KEPT in {site.state for site in result.outcome.plan.sites}


def test_a_run_that_is_cut_off_after_any_of_its_writes_is_finished_by_the_next(
    fleet: Harness, proof: bool, draw: random.Random
) -> None:
    assert fleet.run().all_up
    linked = toys(fleet)
    some = sorted([1, *draw.sample(range(2, len(linked)), 2), MORE_THAN_A_RUN_WRITES])
    for at in itertools.count(1) if proof else some:
        declare(fleet, delete=True)
        cut = run_until(fleet, at)
        fleet.run()
        assert toys(fleet) == set()
        declare(fleet, delete=False)
        cut |= run_until(fleet, at)
        assert fleet.run().all_up
        assert toys(fleet) == linked
        if not cut:
            break
    assert at > len(linked)


def declare(fleet: Harness, *, delete: bool) -> None:
    for name in "abp":
        fleet.change_site(name, delete=delete)


def run_until(fleet: Harness, at: int) -> bool:
    """Run, and cut the run off from all clusters once its `at`-th write has taken effect; whether there was one."""
    writes: list[str] = []

    def after(asked: Asked) -> None:
        if asked.write:
            writes.append(asked.verb)
        if len(writes) >= at:
            raise ConnectionResetError

    gates: list[FaultProxy] = [fleet.proxy(name) for name in "abp"]
    for gate in gates:
        gate.after.append(after)
    fleet.run(wait=1)
    for gate in gates:
        gate.clear()
    return len(writes) >= at


def test_a_filter_leaves_all_others_as_they_are(fleet: Harness) -> None:
    result = fleet.run(selection=Selection(clusters=frozenset({"a"})), wait=0)
    assert toys(fleet) == {("a", toy.SITE)}
    assert {state for link, state in result.states.items() if "b/" in link or "p/" in link} == {
        LinkState.SKIPPED
    }


def test_its_own_checks_refuse_a_site(fleet: Harness) -> None:
    fleet.change_site("b", config={"routers": 2})
    result = fleet.run(wait=0)
    assert "toy-config" in result.errors
    assert "b" not in {cluster for cluster, _ in toys(fleet)}


def test_a_network_that_no_engine_serves_is_refused_and_keeps_its_sites(linked: Harness) -> None:
    before = toys(linked)
    linked.change(version="7.0.0")
    result = linked.run(wait=0)
    assert "unsupported-version" in result.errors
    assert toys(linked) == before


@dataclass(frozen=True)
class Beside:
    """A network of the toy and one of v1 on the same clusters."""

    first: RunResult
    secrets: list[dict]
    second: RunResult
    """All sites of the toy are marked ``delete``."""
    left: set[tuple[str, str]]
    """What the toy has afterwards."""


@pytest.fixture(scope="module")
def beside(backend: Backend) -> Beside:
    with toy_network(backend) as fleet:
        fleet.others = (keep_namespace(fleet.network),)
        first, secrets = fleet.run(), fleet.objects(SECRET)
        declare(fleet, delete=True)
        return Beside(first, secrets, fleet.run(budget=50), toys(fleet))


def test_one_plan_has_networks_of_two_engines(beside: Beside) -> None:
    assert beside.first.all_up
    assert {link.network for link in beside.first.outcome.plan.links} == {"n", "v1"}
    assert beside.secrets


def test_an_engine_prunes_only_its_own_objects(beside: Beside) -> None:
    assert beside.left == set()
    assert {link.network for link in beside.second.outcome.plan.links} == {"v1"}
    assert beside.second.all_up


def test_orphans_are_found_on_a_cluster_where_only_another_engine_has_sites(linked: Harness) -> None:
    linked.others = (keep_namespace(linked.network),)
    declare(linked, delete=True)
    linked.run(budget=50)
    assert toys(linked) == set()
