"""Where a cluster has the ClusterRole of site-controllers, an account needs the few rights of ``site-bind.yaml``."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from reconcile.kinds import CLUSTER_ROLE, ROLE, ROLE_BINDING, SECRET
from reconcile.skupper.v1.names import BOUND_ROLE, SITE_CONTROLLER
from tests.clusters.backends import Backend
from tests.end_to_end.granting import Granting, Right, drop_links, manifests, rights, said
from tests.end_to_end.harness import OURS, Harness, RunResult, harness
from tests.fault_proxy.asking import Asked

BIND = ("site-controller.yaml", "site-bind.yaml")
"""Rights of the account in a namespace."""


@contextmanager
def clusters(backend: Backend, *names: str) -> Iterator[tuple[Harness, Granting]]:
    """A site on each, to be linked; the account of a has the rights of ``site.yaml``."""
    with harness(backend, names) as fleet:
        granting = Granting(fleet, "a")
        granting.provide("site.yaml")
        yield fleet, granting


def narrow(granting: Granting) -> None:
    """As an administrator does who changes to the ClusterRole."""
    for file in BIND:
        granting.apply(file)
    granting.until_held(rights("site.yaml")[0], held=False)
    granting.until_held(rights("site-bind.yaml")[-1])


@dataclass(frozen=True)
class Change:
    """A site that was created with ``site.yaml``, and from then on the rights of the ClusterRole alone."""

    narrowed: RunResult
    """The first run with fewer rights."""
    runs: list[RunResult]
    """The RoleBinding is deleted; tokens are lost; a setting changes, and labels are lost; the site is removed; it is
    created again with another ingress."""
    names: list[list[str]]
    """Roles and RoleBindings of the site after each of `runs`."""
    used: set[Right]
    """The rights that the requests of `runs` needed in the namespace or cluster-wide."""


@pytest.fixture(scope="module")
def change(backend: Backend) -> Change:
    # a dials the first of them and is dialled by the last.
    with clusters(backend, "Z", "a", "b") as (fleet, granting):
        proxy = fleet.proxy("a")
        assert fleet.run().all_up
        narrow(granting)
        narrowed = fleet.run()
        runs, names, asked = [], [], []

        def run() -> None:
            start = len(proxy.asked)
            runs.append(fleet.run())
            asked.extend(proxy.asked[start:])
            roles = [
                f"{k.name} {o['metadata']['name']}" for k in (ROLE, ROLE_BINDING) for o in ours(fleet, k)
            ]
            names.append(roles)

        fleet["a"].remove(ROLE_BINDING, SITE_CONTROLLER, "net")
        run()
        drop_links(fleet, "b")
        drop_links(fleet, "a")
        run()
        fleet.change_site("a", config={"routerLogging": "info+"})
        lose_labels(granting)
        run()
        fleet.change_site("a", delete=True)
        run()
        fleet.change_site("a", delete=False, config={"ingress": "loadbalancer"})
        run()
        return Change(narrowed, runs, names, set(needed(asked)))


def lose_labels(granting: Granting) -> None:
    """Somebody removes our labels from the tokens in a."""
    none = {"metadata": {"labels": dict.fromkeys(OURS.labels)}}
    with granting.administrator() as client:
        for secret in granting.fleet["a"].objects(SECRET, namespace="net"):
            if secret["metadata"]["name"].startswith("link-"):
                client.patch(SECRET, secret["metadata"]["name"], "net", none)


def ours(fleet: Harness, kind) -> list[dict]:
    names = {SITE_CONTROLLER, BOUND_ROLE}
    return [
        found for found in fleet["a"].objects(kind, namespace="net") if found["metadata"]["name"] in names
    ]


def needed(asked: list[Asked]) -> Iterator[Right]:
    """The rights that requests need; an apply needs ``create`` as well where the object does not exist."""
    existing: set[tuple[str, str]] = set()
    for each in asked:
        if not each.plural or each.namespace not in {"", "net"}:
            continue
        key = (each.plural, each.name)
        if each.verb == "delete":
            existing.discard(key)
        if each.verb == "patch":
            if key not in existing:
                yield Right("create", each.plural, each.group)
            existing.add(key)
        yield Right(each.verb, each.plural, each.group)


def test_a_site_that_was_created_with_more_rights_needs_them_no_longer(change: Change):
    assert said(change.narrowed) == []
    assert (change.narrowed.all_up, change.narrowed.writes) == (True, 0)


def test_all_that_a_site_goes_through_works_with_the_rights_to_bind(change: Change):
    assert [said(run) for run in change.runs] == [[]] * len(change.runs)
    assert [run.all_up for run in change.runs] == [True] * 5


def test_a_site_whose_role_binding_is_missing_is_bound_and_loses_its_role(change: Change):
    bound = [f"RoleBinding {BOUND_ROLE}"]
    assert change.names == [bound, bound, bound, [], bound]


def test_every_right_of_the_account_is_used_by_a_request(change: Change):
    in_namespace = {right for right in rights("site-bind.yaml") if right.verb != "bind"}
    unused = in_namespace - change.used
    assert unused == set()


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
def test_without_the_right_to_bind_a_run_names_it_and_the_site_keeps_its_role(backend: Backend):
    with clusters(backend, "a", "b") as (fleet, granting):
        fleet.run(wait=0)
        narrow(granting)
        granting.apply("site-bind.yaml", missing=rights("site-bind.yaml")[-1])
        fleet["a"].remove(ROLE, SITE_CONTROLLER, "net")
        (complaint,) = said(fleet.run(wait=0))
        assert complaint.startswith(
            f"a/net: cannot apply RoleBinding.rbac.authorization.k8s.io {BOUND_ROLE}: "
        )
        assert "or bind on the role that it names" in complaint
        assert [found["metadata"]["name"] for found in ours(fleet, ROLE_BINDING)] == [SITE_CONTROLLER]


@pytest.mark.simulation_suffices("the rules of RBAC are replayed to both")
def test_a_bound_site_whose_cluster_role_is_gone_is_an_error_that_says_what_to_apply(backend: Backend):
    with clusters(backend, "a", "b") as (fleet, granting):
        narrow(granting)
        fleet.run(wait=0)
        fleet["a"].remove(CLUSTER_ROLE, BOUND_ROLE, "")
        (complaint,) = said(fleet.run(wait=0))
        assert "run: oc apply -f deploy/rbac/site-controller.yaml" in complaint
        granting.apply("site-controller.yaml")
        assert said(fleet.run(wait=0)) == []


def test_the_cluster_role_holds_the_rights_that_a_role_of_a_site_holds():
    (site_controller, *_) = manifests("site-controller.yaml")
    granted = {right for right in rights("site-controller.yaml") if not right.name}
    assert site_controller["metadata"]["name"] == BOUND_ROLE
    assert granted <= set(rights("site.yaml"))
