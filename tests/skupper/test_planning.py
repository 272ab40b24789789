"""The plan as a whole: what it keeps apart, what it refuses, what it takes away."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.engines import check_definitions
from reconcile.findings import Severity, SiteSubject
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan import LinkState, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.review import review
from reconcile.skupper.selection import Selection
from reconcile.skupper.v1.keys import ALIASES, KEYS
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.networks import networks
from tests.skupper.resolving import resolve


def cluster(name: str, **options) -> Cluster:
    return Cluster(name, f"https://{name}", **{"private": False, **options})


def site(name: str, namespace: str = "net", **options) -> SiteDefinition:
    return SiteDefinition(cluster(name), namespace, **options)


def network(*sites: SiteDefinition, identifier: str = "n", **options) -> Network:
    return Network(identifier, "1.9.6", settings={"image": "image"}, sites=sites, **options)


def plan(*entries: Network, snapshots=None, budget=None, selection=Selection(), judged=True) -> Plan:
    definitions = Definitions(networks=entries, clusters=tuple(map(cluster, "abc")))
    names = {s.cluster.name for entry in entries for s in entry.sites}
    return plan_inputs(
        PlanInput(
            desired=resolve(definitions),
            ownership=OURS,
            now=NOW,
            snapshots=snapshots if snapshots is not None else {name: ClusterSnapshot() for name in names},
            selection=selection,
            findings=check_definitions(definitions) if judged else (),
            removal_budget=budget,
        )
    )


def touched(found: Plan) -> set[str]:
    return {f"{change.cluster}/{change.namespace}" for change in found.changes}


@given(networks(), st.randoms())
def test_the_same_input_in_any_order_gives_the_same_plan(entry: Network, rng: random.Random):
    shuffled = list(entry.sites)
    rng.shuffle(shuffled)
    assert plan(entry) == plan(replace(entry, sites=tuple(shuffled)))


def test_a_site_is_applied_role_before_image_and_config_map_last():
    found = plan(network(site("a"), site("b")))
    kinds = [change.kind.name for change in found.changes if change.cluster == "a" and change.kind != SECRET]
    assert kinds == ["ServiceAccount", "Role", "RoleBinding", "Deployment", "ConfigMap"]


def test_an_unreadable_cluster_gets_no_change_and_the_others_do():
    snapshots = {"a": ClusterSnapshot(problem="it is down"), "b": ClusterSnapshot()}
    assert touched(plan(network(site("a"), site("b")), snapshots=snapshots)) == {"b/net"}


def test_an_unreadable_namespace_gets_no_change_and_its_neighbours_do():
    snapshots = {"a": ClusterSnapshot(unreadable={"net": "forbidden"}), "b": ClusterSnapshot()}
    found = plan(network(site("a"), site("b"), site("a", "other")), snapshots=snapshots)
    assert {"a/other", "b/net"} <= touched(found)
    assert "a/net" not in touched(found)


def test_an_unreadable_namespace_is_an_error_in_the_words_of_its_cluster():
    snapshots = {"a": ClusterSnapshot(unreadable={"net": "a/net: forbidden"}), "b": ClusterSnapshot()}
    (error,) = plan(network(site("a"), site("b")), snapshots=snapshots).errors
    assert (error.message, error.subject) == ("a/net: forbidden", SiteSubject("a", "net", "n"))


def test_an_unreadable_cluster_is_not_reported_once_more_for_each_namespace():
    snapshots = {"a": ClusterSnapshot(problem="it is down"), "b": ClusterSnapshot()}
    assert plan(network(site("a"), site("b")), snapshots=snapshots).errors == ()


def test_a_network_that_is_refused_stops_no_other():
    private = replace(site("p"), cluster=cluster("p", private=True))
    lonely = network(private, replace(private, namespace="other"), identifier="lonely")
    found = plan(lonely, network(site("a"), site("b"), identifier="well"))
    assert {link.network for link in found.links} == {"well"}
    assert touched(found) == {"a/net", "b/net"}


def test_a_site_that_is_refused_stops_no_other():
    found = plan(network(site("a", config={"serviceController": False}), site("b"), site("c")))
    assert touched(found) == {"b/net", "c/net"}


def test_a_missing_namespace_is_waited_for_without_an_error():
    snapshots = {"a": ClusterSnapshot(missing_namespaces=frozenset({"net"})), "b": ClusterSnapshot()}
    found = plan(network(site("a"), site("b")), snapshots=snapshots)
    assert "a/net" not in touched(found)
    assert [finding.severity for finding in found.findings] == [Severity.WARNING]


def test_a_site_without_its_namespace_and_its_links_are_planned_for_later():
    snapshots = {"a": ClusterSnapshot(missing_namespaces=frozenset({"net"})), "b": ClusterSnapshot()}
    found = review(plan(network(site("a"), site("b")), snapshots=snapshots))
    later = {str(item.subject): str(item.waits_for) for item in found if item.later}
    assert later == dict.fromkeys(("a/net", "b/net -> a/net"), "namespace a/net exists")


@pytest.mark.parametrize("missing", ["a", "b"])
def test_a_link_that_something_else_blocks_is_not_planned_for_later(missing: str):
    snapshots = {"a": ClusterSnapshot(), "b": ClusterSnapshot()}
    snapshots[missing] = ClusterSnapshot(missing_namespaces=frozenset({"net"}))
    selection = Selection(clusters=frozenset({missing}))
    found = review(plan(network(site("a"), site("b")), snapshots=snapshots, selection=selection))
    assert [str(item.subject) for item in found] == [f"{missing}/net"]


def test_a_foreign_site_is_refused_and_left_as_it_is():
    fake = FakeCluster("a")
    fake.add(CONFIG_MAP, body(CONFIG_MAP, "net", "skupper-site", labels={}, data={}))
    found = plan(network(site("a"), site("b")), snapshots={"a": fake.snapshot(), "b": ClusterSnapshot()})
    assert "a/net" not in touched(found)
    assert [finding.rule for finding in found.errors] == ["foreign-site"]


def test_a_site_of_another_instance_is_foreign():
    fake = FakeCluster("a")
    labels = {**OURS.labels, "qontract-skupper/instance": "another"}
    fake.add(CONFIG_MAP, body(CONFIG_MAP, "net", "skupper-site", labels=labels, data={}))
    found = plan(network(site("a"), site("b")), snapshots={"a": fake.snapshot(), "b": ClusterSnapshot()})
    assert [finding.rule for finding in found.errors] == ["foreign-site"]


def test_a_selection_skips_other_clusters_except_in_the_topology():
    found = plan(network(site("a"), site("b")), selection=Selection(clusters=frozenset({"a"})))
    assert touched(found) == {"a/net"}
    assert [link.state for link in found.links] == [LinkState.SKIPPED]


def test_a_new_site_waits_until_the_router_of_an_old_one_is_gone():
    fake = FakeCluster("a")
    fake.add(DEPLOYMENT, body(DEPLOYMENT, "net", "skupper-router", owner="uid-of-the-dead"))
    found = plan(network(site("a"), site("b")), snapshots={"a": fake.snapshot(), "b": ClusterSnapshot()})
    (config_map,) = [c for c in found.changes if c.kind == CONFIG_MAP and c.cluster == "a"]
    assert str(config_map.waits_for) == "the remaining objects of the old site are deleted"


class TestRemovals:
    """Three sites on a, b, c, all linked and up; then one of them is to go."""

    @pytest.fixture
    def fakes(self) -> dict[str, FakeCluster]:
        fakes = {name: FakeCluster(name) for name in "abc"}
        for name, fake in fakes.items():
            fake.add_site("net", site_id=f"id-{name}")
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        for link in plan(network(*map(site, "abc")), snapshots=snapshots).links:
            dialler, issuer = link.link.dialler.cluster, link.link.issuer.cluster
            fakes[dialler].add_link_secret(
                "net",
                link.credential,
                f"{dialler}/net",
                f"{issuer}/net",
                issued_by=f"id-{issuer}",
                host=f"net.{issuer}.example.com",
            )
        for name, fake in fakes.items():
            fake.add_status(
                "net",
                f"id-{name}",
                outgoing=[f"id-{other}" for other in "abc" if other < name],
                incoming=[f"id-{other}" for other in "abc" if other > name],
            )
        return fakes

    @staticmethod
    def removals(
        fakes: dict[str, FakeCluster], *sites: SiteDefinition, **options
    ) -> list[tuple[str, str, bool]]:
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        found = plan(network(*sites), snapshots=snapshots, **options)
        return [(c.cluster, c.kind.name, c.ready) for c in found.changes if c.verb is Verb.DELETE]

    def test_nothing_is_removed_while_all_is_declared(self, fakes):
        assert self.removals(fakes, *map(site, "abc")) == []

    def test_the_links_of_a_deleted_site_go_first_and_at_both_ends(self, fakes):
        found = self.removals(fakes, site("a"), site("b"), site("c", delete=True))
        assert [entry for entry in found if entry[2]] == [("c", "Secret", True), ("c", "Secret", True)]
        assert ("c", "ConfigMap", False) in found

    @pytest.mark.parametrize("others", [(), (site("c", delete=True),)], ids=["absent", "marked delete"])
    def test_a_site_that_has_lost_its_labels_gets_them_back_before_it_goes(self, fakes, others):
        c = fakes["c"]
        for key in [key for key in c.bodies if key[0] == SECRET and key[2].startswith("link-")]:
            del c.bodies[key]
        account = c.add(SERVICE_ACCOUNT, body(SERVICE_ACCOUNT, "net", "skupper-site-controller"))
        long_ago = (NOW - timedelta(days=1)).isoformat()
        account["metadata"]["annotations"] = {"qontract-skupper/missing-since": long_ago}
        c.bodies[CONFIG_MAP, "net", "skupper-site"]["metadata"]["labels"] = {}
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        found = plan(network(site("a"), site("b"), *others), snapshots=snapshots)
        (change,) = [change for change in found.changes if change.cluster == "c"]
        assert (change.verb, change.name, change.reason) == (
            Verb.PATCH,
            "skupper-site",
            "it has lost its labels",
        )
        assert change.body == {"metadata": {"labels": OURS.labels}}

    def test_the_site_goes_when_no_link_names_it(self, fakes):
        for key in [key for key in fakes["c"].bodies if key[0] == SECRET and key[2].startswith("link-")]:
            fakes["c"].remove(*key)
        assert ("c", "ConfigMap", True) in self.removals(fakes, site("a"), site("b"), site("c", delete=True))

    def test_a_site_that_is_not_declared_any_more_goes_likewise(self, fakes):
        assert [e for e in self.removals(fakes, site("a"), site("b")) if e[2]] == [("c", "Secret", True)] * 2

    def test_links_stay_until_those_that_remain_are_up(self, fakes):
        fakes["b"].add_status("net", "id-b")
        found = self.removals(fakes, site("a"), site("b"), site("c", delete=True))
        assert [entry for entry in found if entry[2]] == []

    def test_one_of_two_sites_can_be_deleted(self, fakes):
        del fakes["c"]
        found = self.removals(fakes, site("a"), site("b", delete=True))
        assert ("b", "Secret", True) in found

    def test_more_removals_than_the_budget_means_none(self, fakes):
        assert self.removals(fakes, site("a"), budget=2) == []

    def test_a_refused_network_loses_nothing(self, fakes):
        found = self.removals(fakes, site("a"), site("b", config={"name": "a-net"}))
        assert [entry for entry in found if entry[2]] == []

    def test_a_refused_network_keeps_the_links_between_sites_that_are_marked_delete(self, fakes):
        twin = network(site("a", "other"), site("b", "other"), identifier="n")
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        found = plan(network(*(site(name, delete=True) for name in "abc")), twin, snapshots=snapshots)
        assert [change for change in found.changes if change.verb is Verb.DELETE] == []

    def test_what_the_refused_data_of_one_site_takes_back_is_kept(self, fakes):
        refused = site("a", config={"serviceController": False, "edge": True})
        found = self.removals(fakes, refused, site("b"), site("c"))
        assert [entry for entry in found if entry[2]] == []

    def test_nothing_goes_from_a_cluster_that_the_data_does_not_know(self, fakes):
        definitions = Definitions(networks=(network(site("a"), site("b")),))
        snapshots = {name: fake.snapshot() for name, fake in fakes.items()}
        found = plan_inputs(
            PlanInput(desired=resolve(definitions), ownership=OURS, now=NOW, snapshots=snapshots)
        )
        assert [change for change in found.changes if change.verb is Verb.DELETE] == []


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.dictionaries(st.text(max_size=2), st.text())
)
CONFIGS = st.dictionaries(
    st.sampled_from([*KEYS, *ALIASES, "nonsense", ""]), VALUES | st.lists(VALUES, max_size=2), max_size=4
)


@given(own=CONFIGS, shared=CONFIGS)
def test_no_config_whatever_keeps_another_network_from_being_planned(own, shared):
    odd = network(site("a", config=own), site("b"), identifier="odd", config=shared)
    found = plan(odd, network(site("a", "other"), site("b", "other"), identifier="good"))
    assert {"a/other", "b/other"} <= touched(found)


class TestUnusableConfigs:
    """What a config may not hold refuses whom it concerns."""

    def test_one_of_a_site_refuses_that_site_alone(self):
        found = plan(network(site("a", config={"nonsense": 1}), site("b"), site("c")))
        assert touched(found) == {"b/net", "c/net"}
        (error,) = found.errors
        assert (error.rule, error.subject, error.dotted) == (
            "unknown-config-key",
            SiteSubject("a", "net", "n"),
            "skupper.config.nonsense",
        )

    def test_one_of_a_network_refuses_its_sites_and_no_others(self):
        bad = network(site("a"), site("b"), identifier="bad", config={"nonsense": 1}, path="/bad.yml")
        found = plan(bad, network(site("a", "other"), site("b", "other"), identifier="good"))
        assert touched(found) == {"a/other", "b/other"}
        assert {(error.datafile, error.dotted) for error in found.errors} == {("/bad.yml", "config.nonsense")}

    def test_nothing_of_a_refused_site_is_removed(self):
        fake = FakeCluster("a")
        fake.add_site("net", site_id="id-a")
        snapshots = {"a": fake.snapshot(), "b": ClusterSnapshot()}
        found = plan(network(site("a", config={"nonsense": 1}), site("b")), snapshots=snapshots)
        assert "a/net" not in touched(found)

    @pytest.mark.parametrize("routers", ["many", None, -1, True, [2]])
    def test_a_number_of_routers_that_is_none_refuses_its_site(self, routers):
        found = plan(network(site("a", config={"routers": routers}), site("b"), site("c")))
        assert touched(found) == {"b/net", "c/net"}
        assert [error.rule for error in found.errors] == ["routers"]
