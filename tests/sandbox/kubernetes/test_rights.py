"""Tokens, accounts and what they may."""

import urllib.request

import pytest

from reconcile.sandbox.kubernetes.accounts import Account, Rule, within
from tests.sandbox.kubernetes.conftest import Api, config_map

CMS = "/api/v1/namespaces/a/configmaps"


def test_an_unknown_token_is_401(api: Api) -> None:
    answer = api.by("nonsense")("GET", CMS)
    assert (answer.status, answer.reason) == (401, "Unauthorized")


def test_no_token_is_401(api: Api) -> None:
    request = urllib.request.Request(api.cluster.url + CMS)
    with (
        pytest.raises(urllib.error.HTTPError) as refused,
        urllib.request.urlopen(request, context=api.context),
    ):
        pass
    with refused.value as error:
        assert error.code == 401


def test_a_namespaced_account_may_do_all_in_its_namespace(api: Api) -> None:
    bot = api.by("bot-token")
    assert bot("POST", CMS, config_map()).status == 201
    assert bot("GET", CMS).names == ["cm"]
    assert bot("DELETE", f"{CMS}/cm").status == 200


@pytest.mark.simulation
def test_a_namespaced_account_may_not_list_cluster_wide(api: Api) -> None:
    answer = api.by("bot-token")("GET", "/api/v1/secrets")
    text = (
        'secrets is forbidden: User "bot" cannot list resource "secrets" in API group "" at the cluster scope'
    )
    assert (answer.status, answer.body["message"]) == (403, text)


@pytest.mark.simulation
def test_a_namespaced_account_may_not_reach_into_other_namespaces(api: Api) -> None:
    answer = api.by("bot-token")("GET", "/api/v1/namespaces/b/secrets/x")
    text = 'secrets "x" is forbidden: User "bot" cannot get resource "secrets" in API group "" in the namespace "b"'
    assert (answer.status, answer.body["message"]) == (403, text)


def test_a_namespaced_account_may_read_its_namespace_only(api: Api) -> None:
    bot = api.by("bot-token")
    assert bot("GET", "/api/v1/namespaces/a").status == 200
    assert bot("GET", "/api/v1/namespaces/b").status == 403
    assert bot("GET", "/api/v1/namespaces").status == 403


def test_rules_are_checked_by_verb_and_resource(api: Api) -> None:
    reader = api.by("reader-token")
    assert reader("GET", "/api/v1/configmaps").status == 200
    assert reader("GET", "/api/v1/secrets").status == 403
    assert reader("POST", CMS, config_map()).status == 403
    assert reader("GET", "/api/v1/configmaps?watch=1").status == 403


def test_a_subresource_needs_a_right_of_its_own(api: Api) -> None:
    api.cluster.admit(Account("narrow", "narrow-token", (Rule(resources=frozenset({"deployments"})),)))
    answer = api.by("narrow-token")("GET", "/apis/apps/v1/namespaces/a/deployments/d/status")
    assert (answer.status, 'resource "deployments/status" in API group "apps"' in answer.body["message"]) == (
        403,
        True,
    )


def test_api_groups_are_told_apart(api: Api) -> None:
    api.cluster.admit(Account("core", "core-token", (Rule(groups=frozenset({""})),)))
    core = api.by("core-token")
    assert core("GET", "/api/v1/services").status == 200
    assert core("GET", "/apis/apps/v1/deployments").status == 403


def test_an_account_can_be_let_in_later(api: Api) -> None:
    api.cluster.admit(Account("late", "late-token", (within("b"),)))
    assert api.by("late-token")("GET", "/api/v1/namespaces/b/secrets").status == 200


def test_tokens_do_not_show_in_representations() -> None:
    assert "hidden" not in repr(Account("user", "hidden"))


RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/a"
READS = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list"]}


def bind(api: Api, *rules: dict) -> None:
    """Give a user and a ServiceAccount named ``worker`` some rights in the namespace ``a``."""
    subjects = [{"kind": "User", "name": "worker"}, {"kind": "ServiceAccount", "name": "worker"}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "worker"}
    api("POST", f"{RBAC}/roles", {"metadata": {"name": "worker"}, "rules": list(rules)})
    bound = api(
        "POST",
        f"{RBAC}/rolebindings",
        {"metadata": {"name": "worker"}, "roleRef": reference, "subjects": subjects},
    )
    assert bound.status == 201


def service_account(api: Api) -> str:
    """A new ServiceAccount ``worker`` in the namespace ``a``; returns a token of it."""
    path = "/api/v1/namespaces/a/serviceaccounts"
    api("POST", path, {"metadata": {"name": "worker"}})
    return api("POST", f"{path}/worker/token", {"spec": {}}).body["status"]["token"]


@pytest.mark.simulation
def test_an_account_without_rules_of_its_own_may_what_its_roles_say(api: Api) -> None:
    bind(api, READS)
    api.cluster.admit(Account("worker", "worker-token", rules=None))
    worker = api.by("worker-token")
    assert worker("GET", CMS).status == 200
    assert worker("POST", CMS, config_map()).status == 403
    assert worker("GET", "/api/v1/namespaces/b/configmaps").status == 403


def test_rights_end_with_their_binding(api: Api) -> None:
    bind(api, READS)
    worker = api.by(service_account(api))
    assert worker("GET", CMS).status == 200
    api("DELETE", f"{RBAC}/rolebindings/worker")
    assert worker("GET", CMS).status == 403


@pytest.mark.simulation("a real server remembers tokens for a while")
def test_a_token_dies_with_its_service_account(api: Api) -> None:
    worker = api.by(service_account(api))
    assert worker("GET", CMS).status == 403
    api("DELETE", "/api/v1/namespaces/a/serviceaccounts/worker")
    assert worker("GET", CMS).status == 401
    service_account(api)
    assert worker("GET", CMS).status == 401
