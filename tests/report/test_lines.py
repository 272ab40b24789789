"""Action lines: the form that scripts and people of the field know."""

import ast

import pytest
from hypothesis import given

from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.report.lines import action, run_summary
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.waits import WaitKind
from tests.report.plans import CONVERGED, STATES, change, wait
from tests.report.strategies import changes


def test_an_apply_says_that_it_is_not_privileged() -> None:
    expected = "['apply', 'privileged=False', 'east', 'vault-net', 'ConfigMap', 'skupper-site']"
    assert action(change(Verb.APPLY, CONFIG_MAP)) == expected


def test_a_delete_says_that_it_is_not_privileged() -> None:
    assert action(change(Verb.DELETE)).startswith("['delete', 'privileged=False', ")


@pytest.mark.parametrize("verb", Verb)
def test_a_change_by_the_cluster_admin_says_that_it_is_privileged(verb: Verb) -> None:
    words = [verb.value, "privileged=True", "east", "", CLUSTER_POLICY.label, "test-p"]
    assert ast.literal_eval(action(change(verb, CLUSTER_POLICY, "test-p", namespace="", admin=True))) == words


def test_a_create_names_cluster_namespace_kind_and_name() -> None:
    assert (
        action(change(Verb.CREATE, SECRET, "link-a")) == "['create', 'east', 'vault-net', 'Secret', 'link-a']"
    )


def test_a_patch_names_cluster_namespace_kind_and_name() -> None:
    assert (
        action(change(Verb.PATCH, SECRET, "link-a")) == "['patch', 'east', 'vault-net', 'Secret', 'link-a']"
    )


def test_kinds_outside_of_the_core_group_carry_their_group() -> None:
    assert "'Deployment.apps'" in action(change(kind=DEPLOYMENT))


def test_the_namespace_of_a_cluster_wide_object_is_empty() -> None:
    assert ast.literal_eval(action(change(kind=CLUSTER_POLICY, namespace="")))[3] == ""


@given(changes)
def test_a_line_says_privileged_just_where_the_cluster_admin_makes_the_change(any_change: Change) -> None:
    assert ("privileged=True" in ast.literal_eval(action(any_change))) is any_change.admin


def test_a_change_that_comes_later_has_the_same_line() -> None:
    assert action(change(waits_for=wait(WaitKind.ISSUED, "the token is issued"))) == action(change())


@given(changes)
def test_the_line_of_any_change_is_a_python_list_of_its_words(any_change: Change) -> None:
    words = ast.literal_eval(action(any_change))
    where = [any_change.cluster, any_change.namespace, any_change.kind.label, any_change.name]
    assert words[0] == any_change.verb.value
    assert words[-4:] == where


def test_the_last_line_of_a_run_sums_up_bundle_sites_links_and_time() -> None:
    expected = "bundle 0f5e0f5e0f5e: 3 of 3 sites ready, 3 of 3 links up, 1 write, 45 s"
    assert run_summary(CONVERGED, bundle="0f5e" * 16, writes=1, seconds=44.6) == expected


def test_the_last_line_of_a_run_does_not_count_sites_that_leave() -> None:
    assert "2 of 6 sites ready, 2 of 14 links up" in run_summary(STATES, bundle="", writes=0, seconds=1)


def test_the_last_line_of_a_run_says_if_it_is_not_pinned_to_a_bundle() -> None:
    assert run_summary(CONVERGED, bundle="", writes=0, seconds=1).startswith("bundle not pinned: ")
