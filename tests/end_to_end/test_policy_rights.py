"""Policies are written by a second account, which needs the rights of ``deploy/rbac/policies.yaml`` and no others."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, NAMESPACE, Kind
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.definitions import Policy
from reconcile.skupper.v1.names import POLICY_READERS
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, Right, drop_links, rights, said
from tests.end_to_end.harness import Harness, RunResult, harness
from tests.fault_proxy.asking import Asked
from tests.fault_proxy.proxy import Hook
from tests.waiting import until

FILE = "policies.yaml"
ACCOUNT = "qontract-skupper-policies"
"""Of its ServiceAccount and its ClusterRole, which it may bind: it has what that grants."""
TRIALS: dict[Kind, dict] = {
    CLUSTER_POLICY: {},
    CLUSTER_ROLE: {"rules": []},
    CLUSTER_ROLE_BINDING: {
        "roleRef": {"apiGroup": CLUSTER_ROLE.group, "kind": CLUSTER_ROLE.name, "name": ACCOUNT}
    },
    NAMESPACE: {},
}


OF_POLICIES = [right for right in rights(FILE) if right.resource == CLUSTER_POLICY.plural]
OF_GRANTS = [right for right in rights(FILE) if right not in OF_POLICIES and right.verb != "list"]


OF_BINDINGS = Right("list", CLUSTER_ROLE_BINDING.plural, CLUSTER_ROLE_BINDING.group)


@contextmanager
def policed(backend: Backend) -> Iterator[Harness]:
    """Site a, dialled by b, refers to a policy, which is there."""
    with harness(backend, ["a", "b"]) as fleet:
        granting = Granting(fleet, "a")
        granting.provide("site.yaml")
        provide(fleet)
        declare(fleet)
        assert said(fleet.run()) == []
        yield fleet


def provide(fleet: Harness) -> None:
    granting = Granting(fleet, "a")
    granting.apply(FILE)
    fleet.admin_token["a"] = granting.token(ACCOUNT)
    with fleet.client("a", fleet.admin_token["a"]) as client:
        until(lambda: all(may(client, right) for right in rights(FILE)))


def declare(fleet: Harness) -> None:
    fleet.change_site("a", policies=(Policy("open", allow_incoming_links=True),), cluster_admin=True)


def policy(fleet: Harness) -> dict | None:
    return next(iter(fleet["a"].objects(CLUSTER_POLICY)), None)


def may(client: Client, right: Right) -> bool:
    """Whether the account has a right; nothing is changed."""
    kind = next(kind for kind in TRIALS if kind.plural == right.resource)
    trial = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": "trial"}, **TRIALS[kind]}
    trials: dict[str, Callable[[], object]] = {
        "get": lambda: client.get(kind, "trial"),
        "list": lambda: client.list(kind),
        "watch": lambda: next(watch(client), None),
        "create": lambda: client.create(kind, trial, dry_run=True),
        "patch": lambda: client.apply(kind, trial, dry_run=True),
        "delete": lambda: client.delete(kind, "trial", dry_run=True),
    }
    try:
        trials[right.verb]()
    except errors.NotFound:
        return True
    except errors.Forbidden:
        return False
    return True


def watch(client: Client) -> Iterator[object]:
    return client.watch(CLUSTER_POLICY, resource_version="", timeout=0.1, stop=threading.Event())


def run_without(fleet: Harness, right: Right) -> RunResult:
    Granting(fleet, "a").apply(FILE, missing=right)
    with fleet.client("a", fleet.admin_token["a"]) as client:
        until(lambda: not may(client, right))
    return fleet.run(wait=10)


def reader(fleet: Harness, kind: Kind) -> dict | None:
    return fleet["a"].find(kind, f"{POLICY_READERS}-test")


@dataclass(frozen=True)
class Kept:
    """Runs with all rights."""

    written: dict
    binding: dict
    removed: RunResult
    """Site a refers to no policy any more."""
    left: dict | None
    again: RunResult
    """It refers to it again, in the second run."""
    withdrawn: RunResult
    """It refers to no policy and is not granted to read them."""
    readers: list[dict | None]


@pytest.fixture(scope="module")
def kept(backend: Backend) -> Kept:
    with policed(backend) as fleet:
        written, binding = policy(fleet), reader(fleet, CLUSTER_ROLE_BINDING)
        assert written
        assert binding
        fleet.change_site("a", policies=())
        removed, left = fleet.run(), policy(fleet)
        declare(fleet)
        fleet.run()
        again = fleet.run()
        fleet.change_site("a", policies=(), cluster_admin=False)
        withdrawn = fleet.run()
        readers = [policy(fleet), *(reader(fleet, kind) for kind in (CLUSTER_ROLE, CLUSTER_ROLE_BINDING))]
        return Kept(written, binding, removed, left, again, withdrawn, readers)


def test_policies_are_written_and_removed(kept: Kept):
    assert kept.written["spec"]["allowIncomingLinks"]
    assert said(kept.removed) == []
    assert kept.left is None


def test_the_account_for_policies_lets_the_service_controller_read_them_and_takes_that_back(kept: Kept):
    (subject,) = kept.binding["subjects"]
    assert (subject["name"], subject["namespace"]) == ("skupper-service-controller", "net")
    assert kept.again.writes == 0
    assert said(kept.withdrawn) == []
    assert kept.readers == [None, None, None]


def replaced_meanwhile(fleet: Harness) -> Hook:
    """Somebody removes the policy and makes one of the same name, just before we delete it."""

    def replace(asked: Asked) -> None:
        if (asked.verb, asked.plural) == ("delete", CLUSTER_POLICY.plural):
            found = policy(fleet)
            fleet["a"].remove(CLUSTER_POLICY, found["metadata"]["name"])
            kept = {key: found["metadata"][key] for key in ("name", "labels")}
            fleet["a"].load({**found, "metadata": kept})

    return replace


@pytest.fixture(scope="module")
def refused(backend: Backend, proof: bool) -> dict[Right, RunResult]:
    """By the right that was missing, a run with something to do that needs it."""
    with policed(backend) as fleet:
        found = {}
        for right in (OF_BINDINGS, *OF_POLICIES, *(OF_GRANTS if proof else OF_GRANTS[:1])):
            if found:
                provide(fleet)
                declare(fleet)
                assert said(fleet.run()) == []
            give_work(fleet, right)
            found[right] = run_without(fleet, right)
            if fleet.proxies:
                fleet.proxies.pop("a").shut()
        return found


def give_work(fleet: Harness, right: Right) -> None:
    """Make something to do that needs a right."""
    match right.resource, right.verb:
        case _, "list":
            pass
        case CLUSTER_POLICY.plural, "create" | "patch":
            fleet["a"].remove(CLUSTER_POLICY, (policy(fleet) or {})["metadata"]["name"])
        case CLUSTER_POLICY.plural, "delete":
            fleet.change_site("a", policies=())
        case CLUSTER_POLICY.plural, "get":
            fleet.change_site("a", policies=())
            fleet.proxy("a").before.append(replaced_meanwhile(fleet))
        case CLUSTER_POLICY.plural, "watch":
            drop_links(fleet, "b")
        case _, "delete":
            fleet.change_site("a", policies=(), cluster_admin=False)
        case _:
            for kind in (CLUSTER_ROLE_BINDING, CLUSTER_ROLE):
                fleet["a"].remove(kind, f"{POLICY_READERS}-test")


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
@pytest.mark.parametrize("right", OF_POLICIES, ids=str)
def test_without_a_right_to_policies_a_run_names_it(refused: dict[Right, RunResult], right: Right):
    (complaint,) = said(refused[right])
    assert complaint.startswith("a: cannot ")
    assert f"the account needs {right} (cluster-wide)" in complaint


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
@pytest.mark.parametrize(
    "right",
    [
        pytest.param(
            right,
            marks=[] if right == OF_GRANTS[0] else pytest.mark.exhaustive("the others differ by name only"),
        )
        for right in OF_GRANTS
    ],
    ids=str,
)
def test_without_a_right_to_grant_reading_a_run_names_it_and_the_manifest(
    refused: dict[Right, RunResult], right: Right
):
    (complaint,) = said(refused[right])
    assert f"the account needs {right} (cluster-wide)" in complaint
    assert ("oc apply -f deploy/rbac/service-controllers.yaml" in complaint) is (right.verb != "delete")


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
def test_where_bindings_may_not_be_listed_a_run_says_so_and_writes_nothing(refused: dict[Right, RunResult]):
    result = refused[OF_BINDINGS]
    (warning,) = [found for found in result.outcome.plan.findings if found.rule == "unknown-policy-readers"]
    assert "the cluster-admin account may not list clusterrolebindings" in warning.message
    assert result.writes == 0
