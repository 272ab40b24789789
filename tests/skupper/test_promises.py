"""Promises of the README about what a plan never does, each held against any fleet that is drawn."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.kinds import (
    CLUSTER_POLICY,
    CONFIG_MAP,
    DEPLOYMENT,
    ROLE,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
)
from reconcile.skupper.definitions import Cluster, Definitions, Network, Policy, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot, ObjectKey
from reconcile.skupper.ownership import INSTANCE
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.review import review
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint, list_requests
from reconcile.skupper.v1.names import NETWORK
from reconcile.skupper.v1.objects import APPLIED
from reconcile.skupper.v1.sites import resolve_site
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

CLUSTERS = {name: Cluster(name, f"https://{name}", private=False) for name in "abc"}
LEGACY_LABELS = {"app": "skupper-site-controller", "managed-by": "qontract-reconcile"}


def at(cluster: str) -> SiteKey:
    return SiteKey(cluster, "net")


def token(dialler: str, issuer: str, generation_: str = "00000000") -> str:
    return f"{fingerprint.stem(Link(at(dialler), at(issuer)))}-{generation_}"


class Fleet:
    """Sites on a, b and c, all linked and up, with a policy on each; the data marks the rest of it delete."""

    def __init__(self) -> None:
        self.fakes = {name: FakeCluster(name) for name in CLUSTERS}
        for name, fake in self.fakes.items():
            fake.add_site("net", site_id=f"id-{name}")
        for change in self.plan(*CLUSTERS, policies=True).changes:
            if change.verb is Verb.APPLY:
                self.apply(change)
        for report in self.plan(*CLUSTERS).links:
            self.deliver(report.link.dialler.cluster, report.link.issuer.cluster, report.credential)
        for name, fake in self.fakes.items():
            outgoing = [f"id-{other}" for other in CLUSTERS if other < name]
            incoming = [f"id-{other}" for other in CLUSTERS if other > name]
            fake.add_status("net", f"id-{name}", outgoing=outgoing, incoming=incoming)

    def apply(self, change: Change) -> None:
        """Have an object as the API server would keep it; what is there keeps its identity."""
        fake, place = self.fakes[change.cluster], (change.kind, change.namespace, change.name)
        made = body(*place)
        metadata = {**made["metadata"], **fake.bodies.get(place, {}).get("metadata", {})}
        applied = dict(change.body or {})
        metadata |= {**applied["metadata"], "namespace": change.namespace}
        fake.add(change.kind, {**made, **applied, "metadata": metadata})

    def deliver(self, dialler: str, issuer: str, name: str) -> None:
        ends, host = (str(at(dialler)), str(at(issuer))), f"net.{issuer}.example.com"
        self.fakes[dialler].add_link_secret("net", name, *ends, issued_by=f"id-{issuer}", host=host)

    def snapshots(self) -> dict[str, ClusterSnapshot]:
        return {name: fake.snapshot() for name, fake in self.fakes.items()}

    def inputs(self, *declared: str, policies: bool = False, **options) -> PlanInput:
        used = (Policy("p"),) if policies else ()
        sites = tuple(
            SiteDefinition(CLUSTERS[name], "net", policies=used, delete=name not in declared)
            for name in CLUSTERS
        )
        definitions = Definitions(
            (Network("n", "1.9.6", settings={"image": "image"}, sites=sites),), tuple(CLUSTERS.values())
        )
        return PlanInput(
            desired=resolve(definitions), ownership=OURS, now=NOW, snapshots=self.snapshots(), **options
        )

    def plan(self, *declared: str, **options) -> Plan:
        return plan_inputs(self.inputs(*declared, **options))


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def removals(found: Plan) -> list[Change]:
    return [change for change in found.changes if change.verb is Verb.DELETE]


def named(change: Change) -> tuple[str, str, str, str]:
    return change.cluster, change.namespace, change.kind.name, change.name


class TestCounting:
    """Nothing is removed before everything is counted."""

    def test_there_is_something_to_remove_of_every_sort(self, fleet: Fleet):
        kinds = {change.kind for change in removals(fleet.plan("a", "b")) if change.removal}
        assert kinds == {SECRET, CONFIG_MAP, CLUSTER_POLICY}
        assert any(change.ready for change in removals(fleet.plan("a", "b")))

    def test_nothing_is_to_do_while_all_is_declared(self, fleet: Fleet):
        assert fleet.plan(*CLUSTERS, policies=True).changes == ()

    @pytest.mark.parametrize("declared", [("a", "b"), ("a",), ()])
    def test_no_removal_is_ready_while_a_cluster_has_not_answered(
        self, fleet: Fleet, declared: tuple[str, ...]
    ):
        found = removals(fleet.plan(*declared, awaited=frozenset({"late"})))
        assert found
        assert [change for change in found if change.ready] == []

    def test_a_removal_that_waits_for_nothing_else_names_the_clusters(self, fleet: Fleet):
        ready = {change.name for change in removals(fleet.plan("a", "b")) if change.ready}
        held = removals(fleet.plan("a", "b", awaited=frozenset({"late", "later"})))
        assert {str(change.waits_for) for change in held if change.name in ready} == {
            "late, later has answered"
        }

    def test_nothing_is_removed_where_not_all_could_be_read(self, fleet: Fleet):
        inputs = fleet.inputs("a", "b")
        assert {"a", "b", "c"} == {change.cluster for change in removals(plan_inputs(inputs))}
        half = replace(inputs.snapshots["c"], unreadable={"net": "secrets may not be listed there"})
        found = plan_inputs(replace(inputs, snapshots={**inputs.snapshots, "c": half}))
        assert [
            change for change in found.changes if (change.cluster, change.namespace) == ("c", "net")
        ] == []

    def test_what_is_created_does_not_wait_for_clusters_that_have_not_answered(self, fleet: Fleet):
        fleet.fakes["a"].remove(DEPLOYMENT, "net", "skupper-site-controller")
        found = fleet.plan(*CLUSTERS, awaited=frozenset({"late"}))
        assert [change.name for change in found.ready if change.cluster == "a"] == ["skupper-site-controller"]


class TestBudget:
    """All removals of a network, or none."""

    @pytest.mark.parametrize("declared", [("a", "b"), ("a",), ()])
    def test_one_removal_above_the_budget_means_none(self, fleet: Fleet, declared: tuple[str, ...]):
        whole = fleet.plan(*declared)
        counts = Counter(change.network for change in whole.changes if change.counted)
        most = max(counts, key=lambda network: (counts[network], network))
        kept = fleet.plan(*declared, removal_budget=counts.total() - 1)
        assert {change.network for change in removals(kept)} == counts.keys() - {most}
        assert [finding.rule for finding in kept.errors] == ["removal-budget"]
        allowed = fleet.plan(*declared, removal_budget=counts.total())
        assert list(map(named, removals(allowed))) == list(map(named, removals(whole)))

    def test_removals_above_the_budget_are_still_listed(self, fleet: Fleet):
        whole = fleet.plan("a", "b")
        kept = fleet.plan("a", "b", removal_budget=0)
        assert [*kept.changes, *kept.refused] == [*whole.changes]
        refused = {item.noun for item in review(kept) if item.refused}
        assert refused == {"site", "link", "policy"}

    def test_sites_that_are_kept_are_not_said_to_be_leaving(self, fleet: Fleet):
        states = [site.state for site in fleet.plan("a", "b", removal_budget=0).sites]
        assert states == ["ready", "ready", "kept"]

    def test_what_is_created_needs_no_budget(self, fleet: Fleet):
        fleet.fakes["a"].remove(DEPLOYMENT, "net", "skupper-site-controller")
        assert fleet.plan("a", "b", removal_budget=0).ready


class TestDeleting:
    """What is deleted, and in which order."""

    @pytest.mark.parametrize("declared", [("a", "b"), ("a",), ()])
    def test_whatever_is_deleted_now_is_named_by_its_uid(self, fleet: Fleet, declared: tuple[str, ...]):
        for _ in range(5):
            ready = [change for change in removals(fleet.plan(*declared)) if change.ready]
            assert [change.name for change in ready if not change.uid] == []
            for change in ready:
                fleet.fakes[change.cluster].remove(change.kind, change.namespace, change.name)
        assert SECRET not in {change.kind for change in removals(fleet.plan(*declared))}

    def test_what_records_the_network_of_a_site_is_the_last_of_its_objects_to_go(self, fleet: Fleet):
        found = [change for change in removals(fleet.plan("a", "b")) if change.work_key == ("c", "net")]
        *before, site, account = (change.kind for change in found if not change.link)
        assert (site, account) == (CONFIG_MAP, SERVICE_ACCOUNT)
        assert {ROLE, ROLE_BINDING, DEPLOYMENT} == set(before)

    def test_what_is_left_of_a_site_is_listed_until_nothing_is(self, fleet: Fleet):
        """Its own objects are deleted; what Skupper made for it is collected later, piece by piece."""
        c = fleet.fakes["c"]
        c.add(SECRET, body(SECRET, "net", "skupper-local-client", owner="id-c"))
        for change in removals(fleet.plan("a", "b")):
            if change.cluster == "c" and change.namespace:
                c.remove(change.kind, change.namespace, change.name)
        while left := self.left(fleet):
            kind, namespace, name = next(place for place in c.bodies if place[2] == left[0].split()[1])
            c.remove(kind, namespace, name)
            assert left[0] not in self.left(fleet)
        assert (SECRET, "net", "skupper-local-client") not in c.bodies

    @staticmethod
    def left(fleet: Fleet) -> list[str]:
        reports = [site for site in fleet.plan("a", "b").sites if site.key == at("c")]
        return [part for site in reports for part in site.reason.partition("still there: ")[2].split(", ")]


class TestReading:
    """A cluster is read by few requests."""

    @given(sites=st.lists(st.sampled_from(["route", "loadbalancer", "nodeport", "none"]), max_size=40))
    def test_eleven_lists_read_a_cluster_however_many_sites_it_has(self, sites: list[str]):
        declared = [
            resolve_site(
                Network("n", "1.9.6", settings={"image": "image"}),
                SiteDefinition(CLUSTERS["a"], f"net-{at}", {"ingress": entry}),
            )
            for at, entry in enumerate(sites)
        ]
        assert len(list_requests.list_requests(declared, OURS)) <= 11


LABELS = (
    {},
    {"app.kubernetes.io/managed-by": "qontract-skupper"},
    {**OURS.labels, INSTANCE: "another"},
    {**LEGACY_LABELS, INSTANCE: "another", "app.kubernetes.io/managed-by": "qontract-skupper"},
    {**OURS.labels, "app.kubernetes.io/managed-by": "helm"},
)


class TestOwnership:
    """Objects of somebody else, in any mix with ours, of any declared part of the fleet."""

    @given(
        declared=st.frozensets(st.sampled_from("abc")),
        policies=st.booleans(),
        take_over=st.booleans(),
        choice=st.randoms(use_true_random=False),
    )
    def test_nobody_elses_object_is_patched_or_deleted_nor_one_of_another_instance_applied(
        self, declared, policies, take_over, choice
    ):
        fleet = Fleet()
        theirs, of_others = set(), set()
        for name, fake in fleet.fakes.items():
            for kind, namespace, entry in sorted(fake.bodies, key=str):
                if choice.random() < 0.4:
                    labels = choice.choice(LABELS)
                    metadata = fake.bodies[kind, namespace, entry]["metadata"]
                    metadata["labels"] = labels
                    if kind in {SECRET, CONFIG_MAP}:
                        # A token or skupper-site of ours that lost its labels has our field manager.
                        metadata["managedFields"] = []
                    theirs.add((name, ObjectKey(kind, namespace, entry)))
                    if labels.get(INSTANCE) == "another":
                        of_others.add((name, ObjectKey(kind, namespace, entry)))
        found = fleet.plan(*sorted(declared), policies=policies, take_over=take_over)
        for change in found.changes:
            place = (change.cluster, ObjectKey(change.kind, change.namespace, change.name))
            assert place not in of_others
            assert place not in theirs or change.verb is Verb.APPLY

    @pytest.mark.parametrize(
        "labels", LABELS[1:], ids=["half", "instance", "neighbour of another", "manager"]
    )
    @pytest.mark.parametrize("take_over", [False, True])
    def test_a_fleet_of_somebody_else_is_not_written_to(self, fleet: Fleet, labels, take_over: bool):
        for fake in fleet.fakes.values():
            for document in fake.bodies.values():
                document["metadata"]["labels"] = labels
        found = fleet.plan("a", "b", policies=True, take_over=take_over)
        assert found.changes == ()
        assert {finding.rule for finding in found.errors} == {"foreign-site", "foreign-policy"}

    @pytest.mark.parametrize("declared", [CLUSTERS, ()], ids=["declared", "not declared"])
    def test_what_carries_our_labels_and_was_made_by_somebody_else_stays(self, fleet: Fleet, declared):
        copied = {
            "annotations": {NETWORK: "n"},
            "managedFields": [{"manager": "kubectl-client-side-apply", "operation": "Update"}],
        }
        for kind, name in APPLIED:
            fleet.fakes["b"].add(kind, body(kind, "copy", name, metadata=copied))
        assert [change for change in fleet.plan(*declared).changes if change.namespace == "copy"] == []
