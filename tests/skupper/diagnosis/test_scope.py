"""Which sites and links a diagnosis is about, and that it skips what a broken cause would only repeat."""

from dataclasses import replace

import pytest

from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.diagnosis import scope
from reconcile.skupper.diagnosis.checks import Outcome
from reconcile.skupper.diagnosis.scope import Scope, UnknownSubjectError
from reconcile.skupper.diagnosis.table import Diagnostics
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.selection import Selection
from tests.skupper.diagnosis.healthy import LINK, Diagnosed
from tests.skupper.resolving import resolve


def network() -> Definitions:
    sites = tuple(SiteDefinition(Cluster(name, f"https://{name}", private=False), "net") for name in "abc")
    return Definitions(networks=(Network("n", "1.9.6", sites=sites),))


def chosen(*words: str) -> Scope:
    return scope.resolve(words, resolve(network()))


def shown(found: Scope) -> tuple[list[str], list[str]]:
    return [str(site.key) for site in found.sites], [str(link) for _, link in found.links]


def test_no_word_means_everything() -> None:
    assert chosen() == chosen("n")
    assert shown(chosen())[0] == ["a/net", "b/net", "c/net"]


def test_a_site_comes_with_its_links_and_the_clusters_of_their_ends() -> None:
    found = chosen("a/net")
    assert shown(found) == (["a/net"], ["b/net -> a/net", "c/net -> a/net"])
    assert found.clusters == ("a", "b", "c")


@pytest.mark.parametrize("word", [LINK, "b/net→a/net"])
def test_a_link_comes_with_its_two_sites_and_no_other_cluster(word: str) -> None:
    found = chosen(word)
    assert shown(found) == (["a/net", "b/net"], [LINK])
    assert found.clusters == ("a", "b")


@pytest.mark.parametrize(
    ("word", "suggestion"), [("nn", "'n'"), ("a/nat", "'a/net'"), ("b/net -> a/nat", "'b/net -> a/net'")]
)
def test_what_the_data_does_not_have_is_refused_with_a_suggestion(word: str, suggestion: str) -> None:
    with pytest.raises(UnknownSubjectError, match=f"{word!r}. Did you mean {suggestion}"):
        chosen(word)


def test_what_depends_on_a_cluster_that_is_down_is_skipped_and_names_it() -> None:
    site = Diagnosed()
    site.snapshots["a"] = ClusterSnapshot(problem="connection refused")
    results = site.results()
    assert {result.subject: result.check for result in results if result.outcome is Outcome.FAIL} == {
        "a": "cluster-reachable"
    }
    skipped = [result for result in results if result.subject == "a/net" and result.check != "site-accepted"]
    assert {result.outcome for result in skipped} == {Outcome.SKIPPED}
    assert "cluster-reachable of a failed" in next(iter(skipped)).judgement.evidence


def test_a_filter_leaves_sites_that_it_covers_and_links_whose_clusters_are_read() -> None:
    desired = resolve(network())
    found = scope.resolve((), desired).within(Selection(clusters=frozenset({"a", "b"})), desired.clusters)
    assert shown(found) == (["a/net", "b/net"], [LINK])


def test_a_cluster_that_disables_the_integration_is_skipped_and_so_is_all_on_it() -> None:
    site = Diagnosed()
    (declared,) = site.pair.definitions.networks
    first, *others = declared.sites
    disabled = replace(first, cluster=replace(first.cluster, disabled=True))
    site.pair.definitions = Definitions(networks=(replace(declared, sites=(disabled, *others)),))
    site.snapshots["a"] = ClusterSnapshot(problem="it has not been read")
    about = {result.outcome for result in site.results() if result.subject in {"a", "a/net"}}
    assert about == {Outcome.SKIPPED}


def test_a_network_that_no_engine_serves_is_not_accepted() -> None:
    site = Diagnosed()
    (declared,) = site.pair.definitions.networks
    site.pair.definitions = Definitions(networks=(replace(declared, version="2.0.0"),))
    found = [each for each in site.results(table=Diagnostics().checks) if each.check == "site-accepted"]
    assert {each.outcome for each in found} == {Outcome.FAIL}
    assert "version 2.0.0, which no supported version of Skupper" in found[0].judgement.evidence
