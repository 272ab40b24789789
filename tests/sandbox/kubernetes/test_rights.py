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


def test_a_revoked_token_is_401(api: Api) -> None:
    api.cluster.revoke("bot-token")
    assert api.by("bot-token")("GET", CMS).status == 401


def test_health_is_told_to_anybody(api: Api) -> None:
    assert api.by("nonsense")("GET", "/readyz").status == 200


def test_a_namespaced_account_may_do_all_in_its_namespace(api: Api) -> None:
    bot = api.by("bot-token")
    assert bot("POST", CMS, config_map()).status == 201
    assert bot("GET", CMS).names == ["cm"]
    assert bot("DELETE", f"{CMS}/cm").status == 200


def test_a_namespaced_account_may_not_list_cluster_wide(api: Api) -> None:
    answer = api.by("bot-token")("GET", "/api/v1/secrets")
    text = (
        'secrets is forbidden: User "bot" cannot list resource "secrets" in API group "" at the cluster scope'
    )
    assert (answer.status, answer.body["message"]) == (403, text)


def test_a_namespaced_account_may_not_reach_into_other_namespaces(api: Api) -> None:
    answer = api.by("bot-token")("GET", "/api/v1/namespaces/b/secrets/x")
    text = 'secrets "x" is forbidden: User "bot" cannot get resource "secrets" in API group "" in the namespace "b"'
    assert (answer.status, answer.body["message"]) == (403, text)


def test_a_namespaced_account_may_read_its_namespace_only(api: Api) -> None:
    bot = api.by("bot-token")
    assert bot("GET", "/api/v1/namespaces/a").status == 200
    assert bot("GET", "/api/v1/namespaces/b").status == 403
    assert bot("GET", "/api/v1/namespaces").status == 403


def test_projects_show_an_account_what_it_may_enter(api: Api) -> None:
    assert api.by("bot-token")("GET", "/apis/project.openshift.io/v1/projects").names == ["a"]
    assert {"a", "b"} <= set(api("GET", "/apis/project.openshift.io/v1/projects").names)


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
