"""What belongs to others is never touched: it is named, with what to do, and everybody else goes on."""

from dataclasses import dataclass
from typing import Any

import pytest

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT, Kind
from reconcile.skupper.definitions import SiteDefinition
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import LinkState
from tests.clusters.backends import Backend
from tests.end_to_end.harness import OURS, Harness, RunResult, harness, three_clusters
from tests.fault_proxy.asking import Asked

CONTROLLER = "skupper-site-controller"
ANOTHER = Ownership("another")


def theirs(kind: Kind, name: str, *, namespace: str = "net", labels=None, **rest: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels or {"team": "theirs"}}
    return {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **rest}


def controller(kind: Kind, **options: Any) -> dict[str, Any]:
    """Somebody else's object under a name of ours."""
    container = {"name": "theirs", "image": "theirs:1"}
    template = {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": [container]}}
    group = "rbac.authorization.k8s.io"
    rest = {
        DEPLOYMENT: {"spec": {"selector": {"matchLabels": {"app": "theirs"}}, "template": template}},
        ROLE_BINDING: {"roleRef": {"apiGroup": group, "kind": "Role", "name": "theirs"}},
    }
    return theirs(kind, CONTROLLER, **options, **rest.get(kind, {}))


def content(found: dict[str, Any]) -> dict[str, Any]:
    """What its maker has put into an object: not what the cluster adds."""
    rest = {key: value for key, value in found.items() if key not in {"metadata", "status"}}
    return {**rest, "labels": found["metadata"]["labels"], "uid": found["metadata"]["uid"]}


@dataclass(frozen=True)
class Beside:
    """A run over a fleet with somebody else's site in a/net."""

    result: RunResult
    before: dict[str, Any]
    after: dict[str, Any]
    deployments: list[dict[str, Any]]
    """What is there of them in a/net."""


@pytest.fixture(scope="module")
def beside_a_foreign_site(backend: Backend) -> Beside:
    with three_clusters(backend) as fleet:
        (before,) = fleet["a"].load(theirs(CONFIG_MAP, "skupper-site", data={"name": "theirs"}))
        return Beside(
            result=fleet.run(),
            before=before,
            after=fleet["a"].find(CONFIG_MAP, "skupper-site", "net"),
            deployments=fleet["a"].objects(DEPLOYMENT, namespace="net"),
        )


def test_a_foreign_site_is_named_and_stays_as_it_is(beside_a_foreign_site: Beside):
    message = beside_a_foreign_site.result.errors["foreign-site"]
    assert message.startswith("a/net has a ConfigMap skupper-site that is not ours")
    assert beside_a_foreign_site.after == beside_a_foreign_site.before


def test_nothing_is_put_beside_a_foreign_site(beside_a_foreign_site: Beside):
    assert beside_a_foreign_site.deployments == []


def test_the_others_are_linked_beside_a_foreign_site(beside_a_foreign_site: Beside):
    assert beside_a_foreign_site.result.states["p/net -> b/net"] is LinkState.UP


NAMED = {"a": DEPLOYMENT, "b": SERVICE_ACCOUNT, "c": ROLE, "d": ROLE_BINDING}
"""Clusters, and of which kind somebody else has an object under a name of ours there."""


@dataclass(frozen=True)
class Foreign:
    """A run over a fleet with all of them."""

    messages: list[str]
    before: dict[str, dict[str, Any]]
    after: dict[str, dict[str, Any] | None]
    """These objects, by cluster."""
    sites: list[dict[str, Any]]


@pytest.fixture(scope="module")
def foreign(backend: Backend) -> Foreign:
    with harness(backend, NAMED) as fleet:
        before = {cluster: fleet[cluster].load(controller(kind))[0] for cluster, kind in NAMED.items()}
        errors = [error for error in fleet.run().outcome.plan.errors if error.rule == "foreign-object"]
        return Foreign(
            messages=[error.message for error in errors],
            before=before,
            after={cluster: fleet[cluster].find(kind, CONTROLLER, "net") for cluster, kind in NAMED.items()},
            sites=[site for cluster in NAMED for site in fleet[cluster].objects(CONFIG_MAP, namespace="net")],
        )


@pytest.mark.parametrize("cluster", NAMED, ids=[kind.name for kind in NAMED.values()])
def test_an_object_of_others_under_a_name_of_ours_is_named_and_stays_as_it_is(foreign: Foreign, cluster: str):
    named = f"{cluster}/net has {NAMED[cluster].name} {CONTROLLER} (it is not ours): nothing is applied there"
    assert [message for message in foreign.messages if message.startswith(named)]
    after = foreign.after[cluster]
    assert after
    assert content(after) == content(foreign.before[cluster])


def test_no_site_is_made_beside_an_object_of_others(foreign: Foreign):
    ours = {"skupper-site", "skupper-internal"}
    assert ours.isdisjoint(site["metadata"]["name"] for site in foreign.sites)


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_an_object_of_others_is_found_by_a_dry_run(fleet: Harness):
    fleet["a"].load(controller(DEPLOYMENT))
    result = fleet.run(dry_run=True)
    assert "foreign-object" in result.errors
    assert not [action for action in result.actions if "'a'" in action]


@dataclass(frozen=True)
class Shared:
    """What others do to a linked fleet, one after the other, and a run after each."""

    by_another: RunResult
    """Of another instance that declares the same."""
    unlabelled: RunResult
    """Our Deployment in a has lost its labels."""
    labels: dict[str, str]
    beside: RunResult
    """Of another instance that declares other namespaces; then it removes all of its own."""
    after_beside: RunResult
    in_place_of_ours: RunResult
    """Somebody has put a Deployment of their own in the place of ours."""


@pytest.fixture(scope="module")
def shared(backend: Backend) -> Shared:
    with three_clusters(backend) as fleet, fleet.client("a") as a:
        assert fleet.run().all_up
        declared = fleet.network.sites
        fleet.ownership = ANOTHER
        by_another = fleet.run()
        fleet.change(sites=tuple(SiteDefinition(fleet.cluster(name), "other") for name in "ab"))
        beside = fleet.run()
        fleet.delete_all()
        fleet.run()
        fleet.ownership = OURS
        fleet.change(sites=declared)
        after_beside = fleet.run()
        a.patch(DEPLOYMENT, CONTROLLER, "net", {"metadata": {"labels": dict.fromkeys(OURS.labels)}})
        unlabelled = fleet.run()
        labels = fleet["a"].find(DEPLOYMENT, CONTROLLER, "net")["metadata"]["labels"]
        fleet["a"].remove(DEPLOYMENT, CONTROLLER, "net")
        fleet["a"].load(controller(DEPLOYMENT))
        return Shared(
            by_another=by_another,
            unlabelled=unlabelled,
            labels=labels,
            beside=beside,
            after_beside=after_beside,
            in_place_of_ours=fleet.run(),
        )


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_two_instances_that_declare_the_same_namespace_do_not_fight(shared: Shared):
    assert shared.by_another.writes == 0
    assert "the instance test" in shared.by_another.errors["foreign-site"]


def test_two_instances_share_a_cluster(shared: Shared):
    assert shared.beside.all_up
    assert (shared.after_beside.all_up, shared.after_beside.writes) == (True, 0)


def test_an_object_of_ours_that_lost_its_labels_gets_them_back(shared: Shared):
    assert shared.unlabelled.errors == {}
    assert OURS.covers(shared.labels)


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_that_runs_keeps_its_links_while_others_have_a_name_of_ours(shared: Shared):
    result = shared.in_place_of_ours
    assert (result.all_up, list(result.errors), result.writes) == (True, ["foreign-object"], 0)


def link_name(fleet: Harness) -> str:
    """The name of the Secret of the link from b to a."""
    reports = fleet.run(dry_run=True).outcome.plan.links
    (name,) = [report.credential for report in reports if str(report.link) == "b/net -> a/net"]
    return name


@dataclass(frozen=True)
class Taken:
    """A run over a fleet in which somebody else's Secret has the name of a link, at one end of it."""

    end: str
    name: str
    result: RunResult
    before: dict[str, Any]
    after: dict[str, Any]
    with_another: RunResult
    """One after it, with one site more."""
    once_gone: RunResult
    """One after the Secret is gone."""


@pytest.fixture(scope="module", params=["a", "b"], ids=["issuer", "dialler"])
def taken_name(request: pytest.FixtureRequest, backend: Backend) -> Taken:
    end = request.param
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        name = link_name(fleet)
        fleet["b"].remove(SECRET, name, "net")
        (before,) = fleet[end].load(theirs(SECRET, name, data={"theirs": "eA=="}))
        result, after = fleet.run(wait=60), fleet[end].find(SECRET, name, "net")
        fleet.change(sites=(*fleet.network.sites, SiteDefinition(fleet.cluster("b"), "other")))
        with_another = fleet.run()
        fleet[end].remove(SECRET, name, "net")
        return Taken(end, name, result, before, after, with_another, fleet.run())


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_secret_of_others_under_the_name_of_a_link_is_named_and_stays_as_it_is(taken_name: Taken):
    assert taken_name.result.errors["foreign-secret"].startswith(
        f"Secret {taken_name.name} in {taken_name.end}/net is not ours, so link b/net -> a/net cannot be created"
    )
    assert taken_name.after == taken_name.before


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_run_does_not_wait_for_a_secret_of_others_to_go(taken_name: Taken):
    assert taken_name.result.seconds < 20


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_other_links_come_up_beside_a_secret_of_others(taken_name: Taken):
    states = taken_name.with_another.states
    assert states.pop("b/net -> a/net") is LinkState.WAITING
    assert any("b/other" in link for link in states)
    assert set(states.values()) <= {LinkState.UP, LinkState.STANDBY}


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_the_link_is_made_once_the_secret_of_others_is_gone(taken_name: Taken):
    assert taken_name.once_gone.all_up


def test_a_site_that_somebody_else_makes_at_the_same_moment_stays_theirs(fleet: Harness):
    site = theirs(CONFIG_MAP, "skupper-site", data={"name": "theirs"})

    def be_quicker(asked: Asked) -> None:
        if (asked.verb, asked.name) == ("patch", "skupper-site") and not fleet["a"].find(
            CONFIG_MAP, "skupper-site", "net"
        ):
            fleet["a"].load(site)

    fleet.proxy("a").before.append(be_quicker)
    result = fleet.run(wait=5)
    assert result.failures[0].startswith("a/net: cannot apply ConfigMap skupper-site: conflict (409)")
    found = fleet["a"].find(CONFIG_MAP, "skupper-site", "net")
    assert (found["data"], found["metadata"]["labels"]) == (site["data"], site["metadata"]["labels"])


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_a_site_that_another_instance_is_about_to_make_is_left_to_it(fleet: Harness):
    fleet["a"].load(controller(SERVICE_ACCOUNT, labels=ANOTHER.labels))
    assert "it belongs to the instance another" in fleet.run(wait=0).errors["foreign-object"]


COPIES = {
    "a ConfigMap": ("a", CONFIG_MAP, "theirs", "other"),
    "a Secret": ("a", SECRET, "theirs", "other"),
    "a ServiceAccount": ("a", SERVICE_ACCOUNT, "theirs", "other"),
    "a site in another namespace": ("p", CONFIG_MAP, "skupper-site", "other"),
    "a token in its namespace": ("b", SECRET, "backup", "net"),
    "a token in another namespace": ("b", SECRET, "backup", "other"),
}
"""Cluster, kind, name and namespace of objects that carry labels copied from ours."""


@dataclass(frozen=True)
class Copied:
    """A run over a linked fleet with all these copies."""

    result: RunResult
    left: set[str]
    """Which of them are there afterwards."""


@pytest.fixture(scope="module")
def copied(backend: Backend) -> Copied:
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        site = fleet["p"].find(CONFIG_MAP, "skupper-site", "net")
        token = fleet["b"].find(SECRET, link_name(fleet), "net")
        for cluster, kind, name, namespace in COPIES.values():
            copy = theirs(kind, name, namespace=namespace, labels=OURS.labels)
            if name == "skupper-site":
                copy["data"] = site["data"]
            if name == "backup":
                copy["data"] = token["data"]
                copy["metadata"]["annotations"] = token["metadata"]["annotations"]
                copy["metadata"]["labels"] = {**OURS.labels, "skupper.io/type": "backup"}
            fleet[cluster].load(copy)
        result = fleet.run()
        left = {
            title
            for title, (cluster, kind, name, namespace) in COPIES.items()
            if fleet[cluster].find(kind, name, namespace)
        }
        return Copied(result, left)


@pytest.mark.parametrize("title", COPIES)
def test_an_object_with_copied_labels_is_not_removed(copied: Copied, title: str):
    assert title in copied.left


def test_a_run_writes_nothing_because_of_copied_labels(copied: Copied):
    assert (copied.result.writes, copied.result.all_up) == (0, True)


def test_an_object_with_copied_labels_makes_no_site_of_its_namespace(copied: Copied):
    assert {str(site.key) for site in copied.result.outcome.plan.sites} == {"a/net", "b/net", "p/net"}


@dataclass(frozen=True)
class Moved:
    """The site on b has moved to another namespace, but for a Secret with copied labels."""

    site: dict[str, Any] | None
    copy: dict[str, Any] | None
    """Both in the namespace that it has left."""
    result: RunResult


@pytest.fixture(scope="module")
def moved(backend: Backend) -> Moved:
    with three_clusters(backend) as fleet:
        assert fleet.run().all_up
        fleet["b"].load(theirs(SECRET, "backup", labels=OURS.labels))
        fleet.change_site("b", namespace="other")
        assert fleet.run().all_up
        return Moved(
            site=fleet["b"].find(CONFIG_MAP, "skupper-site", "net"),
            copy=fleet["b"].find(SECRET, "backup", "net"),
            result=fleet.run(dry_run=True),
        )


@pytest.mark.simulation_suffices("it depends on what is observed, not on who answers")
def test_copies_outlive_the_site_whose_labels_they_carry(moved: Moved):
    assert moved.site is None
    assert moved.copy


def test_a_namespace_where_only_copies_are_left_is_not_being_removed(moved: Moved):
    assert {str(site.key) for site in moved.result.outcome.plan.sites} == {"a/net", "b/other", "p/net"}


def test_what_carries_our_labels_where_a_site_is_declared_becomes_ours(fleet: Harness):
    fleet["a"].load(theirs(SERVICE_ACCOUNT, CONTROLLER, labels=OURS.labels))
    assert fleet.run().all_up
    fleet.drop_site("a")
    fleet.run()
    assert fleet["a"].find(SERVICE_ACCOUNT, CONTROLLER, "net") is None
