"""An interior site becomes an edge site, and later interior again, if the data approves a new site."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from reconcile.apply.running import now
from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.definitions import Approval, ApprovedChange
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.fault_proxy import Asked
from tests.waiting import until

pytestmark = pytest.mark.simulation_suffices("what Skupper does is simulated on either back end")


@dataclass(frozen=True)
class Step:
    """What one change of the mode of a came to."""

    run: RunResult
    phases: list[tuple[str, bool]]
    """The writes of its ConfigMap, and whether anything of the old site was left at each."""
    ids: tuple[str, str]
    """The id of the site before and after."""
    tokens: tuple[set[str], set[str]]
    """The tokens of its links before and after."""

    @property
    def mode(self) -> str:
        (found,) = [site.mode for site in self.run.outcome.plan.sites if site.key.cluster == "a"]
        return found


@dataclass(frozen=True)
class Changed:
    to_edge: Step
    back: Step
    next: RunResult


@pytest.fixture(scope="module")
def changed(backend: Backend) -> Changed:
    with harness(backend, ["a", "b", "c"]) as fleet:
        assert fleet.run().all_up
        tomorrow = (now() + timedelta(days=1)).date().isoformat()
        approval = Approval(
            change=ApprovedChange.RECREATE, sites=("a/net",), until=tomorrow, reason="another mode"
        )
        fleet.change(approvals=(approval,))
        return Changed(step(fleet, "edge"), step(fleet, "interior"), fleet.run())


def step(fleet: Harness, mode: str) -> Step:
    before, old = site_id(fleet), tokens(fleet)
    created = fleet["a"].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["creationTimestamp"]
    # A ConfigMap that is changed within the second in which it was created does not count as changed since.
    until(lambda: now() - datetime.fromisoformat(created) > timedelta(seconds=1.2))
    fleet.change_site("a", config={"routerMode": mode})
    phases: list[tuple[str, bool]] = []

    def look(asked: Asked) -> None:
        if asked.write and (asked.plural, asked.name) == (CONFIG_MAP.plural, "skupper-site"):
            left = fleet["a"].find(CONFIG_MAP, "skupper-internal", "net")
            phases.append((asked.verb, left is not None))

    fleet.proxy("a").before.append(look)
    # A token that nothing proves to be out of use is parked for 45 s.
    run = fleet.run(pace=10.0, wait=600)
    fleet.proxy("a").clear()
    return Step(run, phases, (before, site_id(fleet)), (old, tokens(fleet)))


def site_id(fleet: Harness) -> str:
    return fleet["a"].find(CONFIG_MAP, "skupper-site", "net")["metadata"]["uid"]


def tokens(fleet: Harness) -> set[str]:
    """The UIDs of the tokens of all links of a, at either end."""
    ends = ("qontract-skupper/dialler", "qontract-skupper/issuer")
    return {
        secret["metadata"]["uid"]
        for secret in fleet.objects(SECRET)
        if "a/net" in {secret["metadata"].get("annotations", {}).get(end) for end in ends}
    }


@pytest.mark.parametrize("to", ["edge", "interior"])
def test_the_old_site_is_gone_before_the_new_one_is_created(changed: Changed, to: str):
    found = changed.to_edge if to == "edge" else changed.back
    assert found.phases == [("patch", True), ("delete", True), ("patch", False)]


@pytest.mark.parametrize("to", ["edge", "interior"])
def test_the_new_site_has_the_mode_and_other_tokens_and_is_linked(changed: Changed, to: str):
    found = changed.to_edge if to == "edge" else changed.back
    assert (found.mode, found.run.all_up, found.ids[0] != found.ids[1]) == (to, True, True)
    assert found.tokens[1]
    assert not found.tokens[0] & found.tokens[1]


def test_then_nothing_is_to_do(changed: Changed):
    assert (changed.next.writes, changed.next.all_up) == (0, True)
