"""Taking over a site of ``skupper_network``, planned: what changes, in which order, and what is skipped."""

from dataclasses import replace

import pytest

from reconcile.kinds import CLUSTER_ROLE, CONFIG_MAP, DEPLOYMENT, ROLE, ROLE_BINDING, SECRET, SERVICE_ACCOUNT
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.plan import Change, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.v1 import list_requests, objects
from reconcile.skupper.v1.names import BOUND_ROLE
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve, resolve_sites

LEGACY_LABELS = {"app": "skupper-site-controller", "managed-by": "qontract-reconcile"}
BOOKKEEPING = {"qontract.integration": "skupper-network", "qontract.update": "2026-03-01T10:00:00"}
KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"
EXCLUDE = "skupper.io/exclude-annotations"


class LegacySites:
    """Clusters a and b with a site of ``skupper_network`` each, and a token for the link from b to a."""

    def __init__(self) -> None:
        self.clusters = {name: FakeCluster(name) for name in "ab"}
        for name, cluster in self.clusters.items():
            cluster.add_site("net", site_id=f"id-{name}")
            for document in cluster.bodies.values():
                document["metadata"]["labels"] = dict(LEGACY_LABELS)
                document["metadata"]["managedFields"] = []
            self.at(name, CONFIG_MAP, "skupper-site")["annotations"] = dict(BOOKKEEPING)
            self.add_controller(name)
        self.token = self.add_token("b", "peer-net-a-net", issued_by="id-a", receiver="b-net")
        sites = tuple(SiteDefinition(Cluster(name, f"https://{name}", private=False), "net") for name in "ab")
        self.network = Network("n", "1.9.6", settings={"image": "image"}, sites=sites)

    def at(self, cluster: str, kind, name: str) -> dict:
        return self.clusters[cluster].bodies[kind, "net", name]["metadata"]

    def add_controller(self, cluster: str) -> None:
        site = SiteDefinition(Cluster(cluster, "", private=False), "net")
        network = Network("n", "1.9.6", settings={"image": "image"}, sites=(site,))
        (converged,) = resolve_sites(network)
        for kind, document in objects.desired(network, converged, OURS):
            if kind != CONFIG_MAP:
                metadata = {"annotations": dict(BOOKKEEPING)}
                rest = {
                    key: document[key] for key in document if key not in {"apiVersion", "kind", "metadata"}
                }
                name = "skupper-site-controller"
                self.clusters[cluster].add(
                    kind, body(kind, "net", name, labels=dict(LEGACY_LABELS), metadata=metadata, **rest)
                )

    def add_token(
        self, cluster: str, name: str, *, issued_by: str, receiver: str, kind_of: str = "connection-token"
    ) -> str:
        labels = {**LEGACY_LABELS, "token-receiver": receiver, "skupper.io/type": kind_of}
        metadata = {"annotations": {**BOOKKEEPING, "skupper.io/generated-by": issued_by}}
        self.clusters[cluster].add(SECRET, body(SECRET, "net", name, labels=labels, metadata=metadata))
        return name

    def plan(self, *, take_over: bool = True) -> Plan:
        return plan_inputs(
            PlanInput(
                desired=resolve(Definitions(networks=(self.network,))),
                ownership=OURS,
                now=NOW,
                snapshots={name: cluster.snapshot() for name, cluster in self.clusters.items()},
                take_over=take_over,
            )
        )

    def changes(self, cluster: str, name: str) -> list[Change]:
        return [c for c in self.plan().changes if (c.cluster, c.name) == (cluster, name)]

    def labelled(self, cluster: str, name: str) -> Change | None:
        """The change that puts labels on an object; None if there is none."""
        found = [c for c in self.changes(cluster, name) if c.verb is Verb.PATCH]
        return found[0] if found else None


@pytest.fixture
def legacy_sites() -> LegacySites:
    return LegacySites()


def test_without_the_option_nothing_is_planned(legacy_sites: LegacySites):
    found = legacy_sites.plan(take_over=False)
    assert (found.changes, {finding.rule for finding in found.errors}) == ((), {"foreign-site"})


def test_what_is_ready_ends_with_the_config_map(legacy_sites: LegacySites):
    ready = [(c.kind, c.name) for c in legacy_sites.plan().changes if c.cluster == "a" and c.ready]
    labelled, applied = ready[:-6], ready[-6:]
    assert {kind for kind, _ in labelled} >= {SECRET, DEPLOYMENT, CONFIG_MAP}
    assert [kind for kind, _ in applied] == [
        SERVICE_ACCOUNT,
        ROLE,
        ROLE_BINDING,
        DEPLOYMENT,
        DEPLOYMENT,
        CONFIG_MAP,
    ]
    assert applied[-1] == (CONFIG_MAP, "skupper-site")


def test_nothing_of_a_link_is_made_before_both_sites_are_ours(legacy_sites: LegacySites):
    steps = [
        c for c in legacy_sites.plan().changes if c.verb in {Verb.CREATE, Verb.DELETE} and c.kind == SECRET
    ]
    assert steps
    assert not any(change.ready for change in steps)


def test_the_removal_of_a_token_of_skupper_network_is_planned_for_later(legacy_sites: LegacySites):
    (_, removal) = legacy_sites.changes("b", legacy_sites.token)
    assert (removal.verb, removal.reason) == (Verb.DELETE, "stale token: created by skupper_network")
    assert str(removal.waits_for) == "the new token has made the link"


def test_the_removal_of_a_link_that_is_not_declared_counts(legacy_sites: LegacySites):
    name = legacy_sites.add_token("a", "peer-net-b-net", issued_by="id-b", receiver="a-net")
    (_, removal) = legacy_sites.changes("a", name)
    assert (removal.verb, removal.ready, removal.removal) == (Verb.DELETE, False, True)


def test_our_labels_are_all_that_is_put_on_what_skupper_made(legacy_sites: LegacySites):
    change = legacy_sites.labelled("a", "skupper-router")
    assert change
    assert change.body == {"metadata": {"labels": OURS.labels}}


def test_a_token_that_was_taken_over_already_stays_until_its_sites_are_ours(legacy_sites: LegacySites):
    """Its link is not declared; a run without the option meets it after one with it was cut off."""
    name = legacy_sites.add_token("a", "peer-net-b-net", issued_by="id-b", receiver="a-net")
    token = legacy_sites.at("a", SECRET, name)
    token["labels"] |= OURS.labels
    token["annotations"] |= {"qontract-skupper/dialler": "a/net", "qontract-skupper/issuer": "b/net"}
    assert not [change for change in legacy_sites.plan(take_over=False).changes if change.name == name]


def test_what_others_have_beside_the_site_is_skipped(legacy_sites: LegacySites):
    legacy_sites.clusters["a"].add(CONFIG_MAP, body(CONFIG_MAP, "net", "theirs", labels=dict(LEGACY_LABELS)))
    assert legacy_sites.changes("a", "theirs") == []


def test_a_token_is_known_by_the_site_id_of_its_issuer(legacy_sites: LegacySites):
    change = legacy_sites.labelled("b", legacy_sites.token)
    assert change
    assert change.body
    assert change.body["metadata"]["annotations"] == {
        "qontract-skupper/dialler": "b/net",
        "qontract-skupper/issuer": "a/net",
    }


def test_a_token_of_an_issuer_that_was_recreated_is_known_by_its_name(legacy_sites: LegacySites):
    legacy_sites.add_token("b", legacy_sites.token, issued_by="id-of-the-dead", receiver="b-net")
    assert legacy_sites.labelled("b", legacy_sites.token)


def test_a_token_of_an_unknown_issuer_is_skipped(legacy_sites: LegacySites):
    legacy_sites.add_token("b", "peer-net-c-net", issued_by="id-c", receiver="b-net")
    assert legacy_sites.labelled("b", "peer-net-c-net") is None


def test_a_token_of_an_issuer_that_could_not_be_read_is_skipped(legacy_sites: LegacySites):
    del legacy_sites.clusters["a"]
    assert legacy_sites.labelled("b", legacy_sites.token) is None


@pytest.mark.parametrize("kind_of", ["connection-token-request", "connection-token"])
def test_what_is_left_at_an_issuer_is_known_by_the_label_of_its_receiver(
    legacy_sites: LegacySites, kind_of: str
):
    legacy_sites.add_token("a", "f" * 64, issued_by="id-a", receiver="b-net", kind_of=kind_of)
    change = legacy_sites.labelled("a", "f" * 64)
    assert change
    assert change.body
    assert change.body["metadata"]["annotations"]["qontract-skupper/dialler"] == "b/net"


def test_what_is_left_for_an_unknown_dialler_is_skipped(legacy_sites: LegacySites):
    legacy_sites.add_token("a", "f" * 64, issued_by="id-a", receiver="c-net")
    assert legacy_sites.labelled("a", "f" * 64) is None


def exclusion(legacy_sites: LegacySites) -> str | None:
    (change,) = legacy_sites.changes("a", "skupper-site")
    assert change.body
    return (change.body["metadata"].get("annotations") or {}).get(EXCLUDE)


def test_an_annotation_that_the_pods_have_already_is_not_excluded_now(legacy_sites: LegacySites):
    legacy_sites.at("a", CONFIG_MAP, "skupper-site")["annotations"][KUBECTL] = "{}"
    assert exclusion(legacy_sites) is None


def test_the_annotation_of_kubectl_is_excluded_where_the_pods_do_not_have_it(legacy_sites: LegacySites):
    assert exclusion(legacy_sites) == KUBECTL


def test_what_skupper_network_excludes_stays_excluded(legacy_sites: LegacySites):
    legacy_sites.at("a", CONFIG_MAP, "skupper-site")["annotations"][EXCLUDE] = "qontract.update"
    assert exclusion(legacy_sites) is None


def test_a_site_controller_is_recreated_in_one_go(legacy_sites: LegacySites):
    changes = legacy_sites.changes("a", "skupper-site-controller")
    assert [c.verb for c in changes if c.kind == DEPLOYMENT] == [Verb.DELETE, Verb.APPLY]


def test_the_plan_names_variables_of_the_site_controller_that_go(legacy_sites: LegacySites):
    document = legacy_sites.clusters["a"].bodies[DEPLOYMENT, "net", "skupper-site-controller"]
    (container,) = document["spec"]["template"]["spec"]["containers"]
    container["env"] = [*container["env"], {"name": "QDROUTERD_IMAGE", "value": "mirror/router"}]
    (deleted, _) = [c for c in legacy_sites.changes("a", "skupper-site-controller") if c.kind == DEPLOYMENT]
    assert "drops env vars QDROUTERD_IMAGE, restarting routers that use custom images" in deleted.reason


def test_a_role_binding_to_another_role_is_recreated(legacy_sites: LegacySites):
    document = legacy_sites.clusters["a"].bodies[ROLE_BINDING, "net", "skupper-site-controller"]
    document["roleRef"] = {**document["roleRef"], "name": "another"}
    changes = [c for c in legacy_sites.changes("a", "skupper-site-controller") if c.kind == ROLE_BINDING]
    assert [change.verb for change in changes] == [Verb.DELETE, Verb.APPLY]


def test_where_the_cluster_role_is_bound_the_legacy_role_goes_before_the_site_is_ours(
    legacy_sites: LegacySites,
):
    fake = legacy_sites.clusters["a"]
    fake.bodies[ROLE, "net", "skupper-site-controller"]["rules"] = []
    rules = objects.rules(next(site for site in resolve_sites(legacy_sites.network)))
    fake.add(CLUSTER_ROLE, body(CLUSTER_ROLE, "", BOUND_ROLE, labels={}, rules=rules))
    found = [c for c in legacy_sites.plan().changes if c.cluster == "a"]
    rights = [(c.verb, c.kind, c.name) for c in found if c.kind in {ROLE, ROLE_BINDING, CONFIG_MAP}]
    assert rights[-4:] == [
        (Verb.APPLY, ROLE_BINDING, BOUND_ROLE),
        (Verb.DELETE, ROLE_BINDING, "skupper-site-controller"),
        (Verb.DELETE, ROLE, "skupper-site-controller"),
        (Verb.APPLY, CONFIG_MAP, "skupper-site"),
    ]


def test_an_object_of_others_in_the_site_stops_its_take_over(legacy_sites: LegacySites):
    legacy_sites.at("a", ROLE, "skupper-site-controller")["labels"] = {"team": "theirs"}
    found = legacy_sites.plan()
    assert [finding.rule for finding in found.errors] == ["foreign-object"]
    assert {change.cluster for change in found.changes} == {"b"}


def test_a_site_with_the_labels_but_not_the_annotation_of_skupper_network_is_refused(
    legacy_sites: LegacySites,
):
    legacy_sites.at("a", CONFIG_MAP, "skupper-site")["annotations"] = {}
    assert [finding.rule for finding in legacy_sites.plan().errors] == ["foreign-site"]


def test_a_site_of_skupper_network_that_another_instance_has_taken_over_is_refused(legacy_sites: LegacySites):
    legacy_sites.at("a", CONFIG_MAP, "skupper-site")["labels"]["qontract-skupper/instance"] = "another"
    assert [finding.rule for finding in legacy_sites.plan().errors] == ["foreign-site"]


def test_a_site_that_is_marked_delete_is_not_taken_over(legacy_sites: LegacySites):
    sites = tuple(replace(site, delete=site.cluster.name == "a") for site in legacy_sites.network.sites)
    legacy_sites.network = replace(legacy_sites.network, sites=sites)
    assert not [change for change in legacy_sites.plan().changes if change.cluster == "a"]


def test_only_with_the_option_more_is_read():
    definition = SiteDefinition(Cluster("a", "", private=False), "net")
    sites = resolve_sites(Network("n", "1.9.6", settings={"image": "image"}, sites=(definition,)))
    usual = list_requests.list_requests(sites, OURS)
    more = set(list_requests.list_requests(sites, OURS, take_over=True)) - set(usual)
    assert {read.labels for read in more} == {"app=skupper-site-controller,managed-by=qontract-reconcile"}
    assert not any("qontract-reconcile" in read.labels for read in usual)
