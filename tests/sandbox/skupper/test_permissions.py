"""What policies allow a site, evaluated as a service-controller does: by patterns that match anywhere, or by labels."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import yaml

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE
from reconcile.openshift.client import Client
from reconcile.openshift.errors import NotServed
from reconcile.sandbox.skupper.cache import Cache
from reconcile.sandbox.skupper.clock import ManualClock
from reconcile.sandbox.skupper.policies import Permissions, read_permissions
from reconcile.sandbox.skupper.surroundings import Surroundings
from reconcile.sandbox.skupper.timing import REAL
from reconcile.skupper.definitions import Policy, SiteDefinition
from tests.skupper.test_planning import network, plan, site

EVERYTHING: dict[str, Any] = {
    "namespaces": ["*"],
    "allowIncomingLinks": True,
    "allowedOutgoingLinksHostnames": ["*"],
}
ROLE, BINDING = yaml.safe_load_all(
    (Path(__file__).parents[3] / "deploy" / "rbac" / "service-controllers.yaml").read_text()
)


class ReadOnly:
    """What a service-controller reads of its cluster; no server is needed to evaluate it."""

    cluster = "plain"

    def __init__(self, *specs: dict[str, Any], served: bool = True, granted: bool = True) -> None:
        self.specs = specs
        self.served = served
        self.granted = granted

    def list(self, kind: Any) -> SimpleNamespace:
        if kind == CLUSTER_POLICY and not self.served:
            raise NotServed("404", cluster=self.cluster, kind=kind)
        if kind == CLUSTER_POLICY:
            return SimpleNamespace(items=[{"spec": spec} for spec in self.specs])
        return SimpleNamespace(items=[BINDING] if self.granted else [])

    def get(self, kind: Any, name: str) -> dict[str, Any]:
        labels = {"kubernetes.io/metadata.name": name, "team": "vault"}
        return ROLE if kind == CLUSTER_ROLE else {"metadata": {"name": name, "labels": labels}}


def permissions(*specs: dict[str, Any], namespace: str = "skupper-vault-net", **options: bool) -> Permissions:
    client = cast(Client, ReadOnly(*specs, **options))
    return read_permissions(Surroundings(namespace, client, cast(Cache, None), ManualClock(), REAL))


def test_where_the_kind_is_not_served_everything_is_allowed() -> None:
    found = permissions(served=False)

    assert (found.enabled, found.incoming_links, found.outgoing_link("any")) == (False, True, True)


def test_where_the_kind_is_served_and_no_policy_exists_everything_is_denied() -> None:
    found = permissions()

    assert (found.enabled, found.incoming_links, found.outgoing_link("any")) == (True, False, False)


def test_a_policy_counts_for_nothing_while_the_site_may_not_list_policies() -> None:
    assert not permissions(EVERYTHING, granted=False).incoming_links


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        ("vault", True),
        ("^skupper-vault-net$", True),
        ("^vault", False),
        ("*-net", False),
        ("(?!other).*", False),
        ("team=vault", True),
        ("team in (vault, grafana)", True),
        ("team!=vault", False),
    ],
)
def test_namespaces_are_unanchored_patterns_of_go_or_selectors_of_labels(pattern: str, matches: bool) -> None:
    assert permissions({**EVERYTHING, "namespaces": [pattern]}).incoming_links is matches


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [("*", True), ("example.com", True), ("^example.com$", False), ("*.example.com", False), ("(", False)],
)
def test_hosts_are_unanchored_patterns_and_a_broken_one_never_matches(pattern: str, matches: bool) -> None:
    spec = {"namespaces": ["*"], "allowedOutgoingLinksHostnames": [pattern]}

    assert permissions(spec).outgoing_link("router.example.com.internal") is matches


def test_a_policy_allows_nothing_that_it_does_not_name() -> None:
    found = permissions({"namespaces": ["*"]})

    assert (found.incoming_links, found.outgoing_link("any")) == (False, False)


def test_what_one_of_several_policies_allows_is_allowed() -> None:
    links = {"namespaces": ["vault"], "allowIncomingLinks": True}
    hosts = {"namespaces": ["vault"], "allowedOutgoingLinksHostnames": ["^a$"]}
    found = permissions(links, hosts, {**EVERYTHING, "namespaces": ["^other$"]})

    assert (found.incoming_links, found.outgoing_link("a"), found.outgoing_link("b")) == (True, True, False)


@pytest.mark.parametrize(
    ("namespace", "matches"), [("net", True), ("net-2", False), ("my-net", False), ("ne", False)]
)
def test_the_policies_that_are_applied_match_the_namespaces_of_the_data_and_no_others(
    namespace: str, matches: bool
) -> None:
    policy = Policy("open", allow_incoming_links=True)
    here = [policy_site(name, policy) for name in ("net", "other")]
    bodies = [
        change.body
        for change in plan(network(*here)).changes
        if change.kind == CLUSTER_POLICY and change.cluster == "a" and change.body
    ]

    assert permissions(*(body["spec"] for body in bodies), namespace=namespace).incoming_links is matches


def policy_site(namespace: str, policy: Policy) -> SiteDefinition:
    return site("a", namespace, policies=(policy,), cluster_admin=True)
