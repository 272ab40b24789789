"""Policies are written by a second account, which needs the rights of ``deploy/rbac/policies.yaml`` and no others."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconcile.kinds import CLUSTER_POLICY
from reconcile.openshift import errors
from reconcile.openshift.client import Client
from reconcile.skupper.definitions import Policy
from tests.end_to_end.granting import Granting, Right, drop_links, rights, said
from tests.end_to_end.harness import Harness
from tests.fault_proxy.asking import Asked
from tests.fault_proxy.proxy import Hook
from tests.waiting import until

FILE = "policies.yaml"
BODY = {"apiVersion": CLUSTER_POLICY.api_version, "kind": CLUSTER_POLICY.name, "metadata": {"name": "trial"}}


@pytest.fixture
def policed(fleet: Harness) -> Harness:
    """Site a refers to a policy, which is there."""
    granting = Granting(fleet, "a")
    granting.provide("site.yaml")
    granting.apply(FILE)
    fleet.admin_token["a"] = granting.token("qontract-skupper-policies")
    with fleet.client("a", fleet.admin_token["a"]) as client:
        until(lambda: all(may(client, right.verb) for right in rights(FILE)))
    fleet.change_site("a", policies=(Policy("open", allow_incoming_links=True),), cluster_admin=True)
    assert said(fleet.run()) == []
    return fleet


def policy(fleet: Harness) -> dict | None:
    return next(iter(fleet["a"].objects(CLUSTER_POLICY)), None)


def may(client: Client, verb: str) -> bool:
    """Whether the account has a right; nothing is changed."""
    trials: dict[str, Callable[[], object]] = {
        "get": lambda: client.get(CLUSTER_POLICY, "trial"),
        "list": lambda: client.list(CLUSTER_POLICY),
        "watch": lambda: next(watch(client), None),
        "create": lambda: client.create(CLUSTER_POLICY, BODY, dry_run=True),
        "patch": lambda: client.apply(CLUSTER_POLICY, BODY, dry_run=True),
        "delete": lambda: client.delete(CLUSTER_POLICY, "trial", dry_run=True),
    }
    try:
        trials[verb]()
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
        until(lambda: not may(client, right.verb))
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
@pytest.mark.parametrize("right", rights(FILE), ids=str)
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
