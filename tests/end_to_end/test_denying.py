"""Clusters with a Skupper that obeys policies: a run grants what sites need, and says what denies it."""

from collections.abc import Iterator

import pytest

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CLUSTER_ROLE_BINDING
from reconcile.skupper.definitions import Policy
from reconcile.skupper.plan import LinkState
from reconcile.skupper.v1.names import POLICY_READERS
from tests.clusters.backends import Backend
from tests.end_to_end.harness import Harness, harness
from tests.waiting import until

OPEN = Policy("open", allow_incoming_links=True, allowed_outgoing_links_hostnames=("*",))
NO_HOST = Policy("open", allow_incoming_links=True, allowed_outgoing_links_hostnames=("^nowhere$",))


@pytest.fixture
def policed(backend: Backend) -> Iterator[Harness]:
    """Two sites that refer to a policy which allows every link."""
    with harness(backend, ["a", "b"], policies=True) as fleet:
        for name in "ab":
            fleet.change_site(name, policies=(OPEN,), cluster_admin=True)
        yield fleet


def reasons(fleet: Harness) -> list[str]:
    plan = fleet.run(dry_run=True).outcome.plan
    return [link.reason for link in plan.links if link.state is LinkState.DOWN]


def test_sites_that_policies_would_deny_everything_are_linked_by_one_run(policed: Harness):
    assert policed.run().all_up
    assert policed.run().writes == 0


@pytest.mark.simulation_suffices("what Skupper does is simulated on both")
def test_a_link_that_no_policy_allows_is_down_for_that_reason_until_one_does(policed: Harness):
    policed.run()
    for name in "ab":
        policed.change_site(name, policies=(NO_HOST,))
    policed.run(wait=0)
    until(lambda: any("lets namespace net dial " in reason for reason in reasons(policed)))
    for name in "ab":
        policed.change_site(name, policies=(OPEN,))
    until(lambda: policed.run().all_up)


@pytest.mark.simulation_suffices("what Skupper does is simulated on both")
def test_without_the_right_to_read_policies_links_are_down_and_the_next_run_heals_them(policed: Harness):
    policed.run()
    for name in "ab":
        for kind in (CLUSTER_ROLE_BINDING, CLUSTER_ROLE):
            policed[name].remove(kind, f"{POLICY_READERS}-test")
    until(lambda: any("its service-controller can read lets namespace" in each for each in reasons(policed)))
    until(lambda: policed.run().all_up)
    assert policed["a"].objects(CLUSTER_POLICY)
