"""Policies are written by a second account, which needs the rights of ``deploy/rbac/policies.yaml`` and no others."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CLUSTER_ROLE_BINDING, NAMESPACE, Kind
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.definitions import Policy
from reconcile.skupper.v1.names import POLICY_READERS
from tests.end_to_end.granting import Granting, Right, drop_links, rights, said
from tests.end_to_end.harness import Harness
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


@pytest.fixture
def policed(fleet: Harness) -> Harness:
    """Site a refers to a policy, which is there."""
    granting = Granting(fleet, "a")
    granting.provide("site.yaml")
    granting.apply(FILE)
    fleet.admin_token["a"] = granting.token(ACCOUNT)
    with fleet.client("a", fleet.admin_token["a"]) as client:
        until(lambda: all(may(client, right) for right in rights(FILE)))
    fleet.change_site("a", policies=(Policy("open", allow_incoming_links=True),), cluster_admin=True)
    assert said(fleet.run()) == []
    return fleet


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


@contextmanager
def without(fleet: Harness, right: Right) -> Iterator[None]:
    Granting(fleet, "a").apply(FILE, missing=right)
    with fleet.client("a", fleet.admin_token["a"]) as client:
        until(lambda: not may(client, right))
    yield


def test_policies_are_written_and_removed(policed: Harness):
    assert policy(policed)["spec"]["allowIncomingLinks"]
    policed.change_site("a", policies=())
    assert said(policed.run()) == []
    assert policy(policed) is None


def replaced_meanwhile(fleet: Harness) -> Hook:
    """Somebody removes the policy and makes one of the same name, just before we delete it."""

    def replace(asked: Asked) -> None:
        if (asked.verb, asked.plural) == ("delete", CLUSTER_POLICY.plural):
            found = policy(fleet)
            fleet["a"].remove(CLUSTER_POLICY, found["metadata"]["name"])
            kept = {key: found["metadata"][key] for key in ("name", "labels")}
            fleet["a"].load({**found, "metadata": kept})

    return replace


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
@pytest.mark.parametrize("right", OF_POLICIES, ids=str)
def test_without_a_right_to_policies_a_run_names_it(policed: Harness, right: Right):
    match right.verb:
        case "create" | "patch":
            policed["a"].remove(CLUSTER_POLICY, policy(policed)["metadata"]["name"])
        case "delete":
            policed.change_site("a", policies=())
        case "get":
            policed.change_site("a", policies=())
            policed.proxy("a").before.append(replaced_meanwhile(policed))
        case "watch":
            drop_links(policed, "b")
    with without(policed, right):
        (complaint,) = said(policed.run(wait=10))
    assert complaint.startswith("a: cannot ")
    assert f"the account needs {right} (cluster-wide)" in complaint


def reader(fleet: Harness, kind: Kind) -> dict | None:
    return fleet["a"].find(kind, f"{POLICY_READERS}-test")


def test_the_account_for_policies_lets_the_service_controller_read_them_and_takes_that_back(policed: Harness):
    (subject,) = reader(policed, CLUSTER_ROLE_BINDING)["subjects"]
    assert (subject["name"], subject["namespace"]) == ("skupper-service-controller", "net")
    assert policed.run().writes == 0
    policed.change_site("a", policies=(), cluster_admin=False)
    assert said(policed.run()) == []
    assert (reader(policed, CLUSTER_ROLE), reader(policed, CLUSTER_ROLE_BINDING)) == (None, None)


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
def test_without_a_right_to_grant_reading_a_run_names_it_and_the_manifest(policed: Harness, right: Right):
    match right.verb:
        case "delete":
            policed.change_site("a", policies=(), cluster_admin=False)
        case _:
            for kind in (CLUSTER_ROLE_BINDING, CLUSTER_ROLE):
                policed["a"].remove(kind, f"{POLICY_READERS}-test")
    with without(policed, right):
        (complaint,) = said(policed.run(wait=10))
    assert f"the account needs {right} (cluster-wide)" in complaint
    assert ("oc apply -f deploy/rbac/service-controllers.yaml" in complaint) is (right.verb != "delete")


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
def test_where_bindings_may_not_be_listed_a_run_says_so_and_writes_nothing(policed: Harness):
    bindings = Right("list", CLUSTER_ROLE_BINDING.plural, CLUSTER_ROLE_BINDING.group)
    with without(policed, bindings):
        result = policed.run()
    (warning,) = [found for found in result.outcome.plan.findings if found.rule == "unknown-policy-readers"]
    assert "the cluster-admin account may not list clusterrolebindings" in warning.message
    assert result.writes == 0
