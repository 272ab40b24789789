"""What SkupperClusterPolicies do to a site: all is denied that none allows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconcile.kinds import CLUSTER_POLICY, CLUSTER_ROLE, CONFIG_MAP, SECRET, SERVICE
from reconcile.sandbox.kubernetes.catalogue import CLUSTER_ROLE_BINDING
from tests.sandbox.skupper.namespaces import SkupperNamespace
from tests.sandbox.skupper.paced import Paced, running
from tests.sandbox.skupper.test_exposing import ROUTER, SPEC, add_service
from tests.waiting import until

OBEYED = 20.0
"""Seconds until a site obeys, at most."""
LISTENERS = {"interior-listener", "edge-listener"}
EVERYTHING: dict[str, Any] = {
    "namespaces": ["*"],
    "allowIncomingLinks": True,
    "allowedOutgoingLinksHostnames": ["*"],
}
GRANTS = Path(__file__).parents[3] / "deploy" / "rbac" / "service-controllers.yaml"
READER = "qontract-skupper-service-controllers"


@pytest.fixture(scope="module")
def paced() -> Iterator[Paced]:
    """Policies are enabled, at first one allows everything; service-controllers may read them, as ``GRANTS`` says."""
    with running(policies=True) as found:
        role, binding = yaml.safe_load_all(GRANTS.read_text())
        found.client.create(CLUSTER_ROLE, role)
        found.client.create(CLUSTER_ROLE_BINDING, binding)
        yield found


Pair = tuple[SkupperNamespace, SkupperNamespace]


@pytest.fixture(scope="module")
def linked(paced: Paced) -> Pair:
    """An issuer and a dialler, for all tests; no policy is left."""
    create(paced, CLUSTER_POLICY, "open", spec=EVERYTHING)
    issuer, dialler = paced.site(), paced.site()
    paced.link(dialler, issuer, "link-1")
    paced.client.delete(CLUSTER_POLICY, "open", None)
    return issuer, dialler


@pytest.fixture(autouse=True)
def open_policy(paced: Paced, linked: Pair) -> Iterator[None]:
    create(paced, CLUSTER_POLICY, "open", spec=EVERYTHING)
    yield
    for name in ("open", "other"):
        if paced.servers["east"].find(CLUSTER_POLICY, name):
            paced.client.delete(CLUSTER_POLICY, name, None)


@pytest.fixture
def pair(paced: Paced, linked: Pair, open_policy: None) -> Pair:
    """Issuer and dialler as they are after some time with a policy that allows everything."""
    issuer, dialler = linked
    paced.passes(OBEYED)
    paced.passes(OBEYED)
    dialler.linked(issuer)
    return issuer, dialler


def create(paced: Paced, kind: Any, name: str, **parts: Any) -> None:
    head = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": {"name": name}}
    paced.client.create(kind, {**head, **parts})


def allow_only(paced: Paced, **spec: Any) -> None:
    """Replace the policy that allows everything."""
    create(paced, CLUSTER_POLICY, "other", spec=spec)
    paced.client.delete(CLUSTER_POLICY, "open", None)
    paced.passes(OBEYED)


def deny_all(paced: Paced) -> None:
    paced.client.delete(CLUSTER_POLICY, "open", None)
    paced.passes(OBEYED)


def listeners(site: SkupperNamespace) -> set[str]:
    return LISTENERS & site.config()["listener"].keys()


def labels(site: SkupperNamespace, name: str) -> dict[str, str]:
    found: dict[str, str] = site.wait_for(SECRET, name)["metadata"]["labels"]
    return found


def test_a_policy_that_allows_everything_changes_nothing(paced: Paced, pair: Pair) -> None:
    issuer, dialler = pair
    paced.passes(OBEYED)

    assert listeners(issuer) == LISTENERS
    assert labels(dialler, "link-1") == {"skupper.io/type": "connection-token"}


def test_without_a_matching_policy_the_listeners_go(paced: Paced, pair: Pair) -> None:
    site, _ = pair
    deny_all(paced)

    until(lambda: listeners(site) == set())


def test_without_a_matching_policy_links_go_down(paced: Paced, pair: Pair) -> None:
    _, dialler = pair
    deny_all(paced)

    dialler.linked()


def test_a_site_says_that_policies_are_enabled(paced: Paced) -> None:
    site = paced.site()
    paced.passes(OBEYED)

    until(lambda: [entry["site"]["policy"] for entry in site.status()["siteStatus"]] == ["enabled"])


def test_a_policy_that_matches_again_brings_links_back(paced: Paced, pair: Pair) -> None:
    issuer, dialler = pair
    deny_all(paced)
    dialler.linked()
    create(paced, CLUSTER_POLICY, "open", spec=EVERYTHING)
    paced.passes(OBEYED)
    paced.passes(OBEYED)

    dialler.linked(issuer)


def test_a_policy_for_another_namespace_does_not_match(paced: Paced, pair: Pair) -> None:
    site, _ = pair
    allow_only(paced, **{**EVERYTHING, "namespaces": ["^nowhere$"]})

    until(lambda: listeners(site) == set())


def test_a_site_that_may_not_list_policies_is_denied_everything(paced: Paced, pair: Pair) -> None:
    site, _ = pair
    binding = paced.client.get(CLUSTER_ROLE_BINDING, READER)
    paced.client.delete(CLUSTER_ROLE_BINDING, READER, None)
    paced.passes(OBEYED)
    until(lambda: listeners(site) == set())
    create(paced, CLUSTER_ROLE_BINDING, READER, **{key: binding[key] for key in ("roleRef", "subjects")})


def test_a_host_that_may_not_be_dialled_disables_the_token(paced: Paced, pair: Pair) -> None:
    _, dialler = pair
    allow_only(paced, **{**EVERYTHING, "allowedOutgoingLinksHostnames": ["^nowhere$"]})

    until(lambda: labels(dialler, "link-1").get("internal.skupper.io/disabled") == "true")
    until(lambda: dialler.connector("link-1") is None)


def define(site: SkupperNamespace, address: str, **target: str) -> None:
    definition = {"address": address, "protocol": "tcp", "ports": [80], "targets": [target]}
    site.patch(CONFIG_MAP, "skupper-services", {"data": {address: json.dumps(definition)}})


def defined(site: SkupperNamespace) -> dict[str, list[str]]:
    """Address -> names of its targets."""
    data = site.wait_for(CONFIG_MAP, "skupper-services").get("data") or {}
    return {address: [each["name"] for each in json.loads(text)["targets"]] for address, text in data.items()}


def test_the_definition_of_a_service_that_is_not_allowed_is_deleted(paced: Paced) -> None:
    site = paced.site()
    for address in ("vault", "other"):
        define(site, address, name="x", service="x")
    allow_only(paced, **EVERYTHING, allowedServices=["^vault$"], allowedExposedResources=["*"])

    until(lambda: defined(site) == {"vault": ["x"]})


def test_a_resource_that_may_not_be_exposed_is_unbound_and_its_service_stays(paced: Paced) -> None:
    site = paced.site()
    define(site, "one", name="one", service="one")
    define(site, "other", name="other", service="other")
    allow_only(paced, **EVERYTHING, allowedServices=["*"], allowedExposedResources=["service/one"])

    until(lambda: defined(site) == {"one": ["one"], "other": []})


def test_a_target_of_an_unknown_kind_is_allowed_by_its_name(paced: Paced) -> None:
    site = paced.site()
    define(site, "one", name="one", selector="app=one")
    define(site, "other", name="other", selector="app=other")
    allow_only(paced, **EVERYTHING, allowedServices=["*"], allowedExposedResources=["statefulset/one"])

    until(lambda: defined(site) == {"one": ["one"], "other": []})


def test_an_annotated_service_that_is_not_allowed_does_not_lead_to_the_router(paced: Paced) -> None:
    site = paced.site()
    allow_only(
        paced,
        **EVERYTHING,
        allowedServices=["vault"],
        allowedExposedResources=["service/vault", "service/other"],
    )
    for name in ("other", "vault"):
        add_service(site, name)

    until(lambda: site.wait_for(SERVICE, "vault")["spec"]["selector"] == ROUTER)
    assert site.wait_for(SERVICE, "other")["spec"]["selector"] == SPEC["selector"]


def test_a_token_is_enabled_again_once_its_host_may_be_dialled(paced: Paced, pair: Pair) -> None:
    issuer, dialler = pair
    allow_only(paced, **{**EVERYTHING, "allowedOutgoingLinksHostnames": ["^nowhere$"]})
    until(lambda: dialler.connector("link-1") is None)
    create(paced, CLUSTER_POLICY, "open", spec=EVERYTHING)
    paced.passes(OBEYED)

    until(lambda: dialler.connector("link-1"))
    assert labels(dialler, "link-1") == {"skupper.io/type": "connection-token"}
    dialler.linked(issuer)
