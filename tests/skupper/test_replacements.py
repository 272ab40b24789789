"""What is not declared stays while a site would lose its last link by its removal."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.definitions import Cluster, Definitions, Network, SiteDefinition
from reconcile.skupper.live import ClusterSnapshot
from reconcile.skupper.plan import Change, LinkReport, Plan, Verb
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.selection import Selection
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint
from tests.skupper.fakes import NOW, OURS, FakeCluster
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.networks import networks
from tests.skupper.resolving import resolve

EDGE, OLD, NEW, OTHER = "e", "old", "new", "other"


def at(name: str) -> SiteKey:
    return SiteKey(name, "net")


@dataclass
class Moved:
    """An edge site whose only uplink goes to `old`, which is marked delete; it is to dial `new` instead."""

    fakes: dict[str, FakeCluster] = field(default_factory=dict)
    selection: Selection = Selection()
    findings: tuple[Finding, ...] = ()
    disabled: frozenset[str] = frozenset()
    declared: tuple[str, ...] = (EDGE, NEW)
    missing: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        for name in (EDGE, OLD, NEW, OTHER):
            self.fakes[name] = FakeCluster(name)
            self.fakes[name].add_site("net", site_id=f"id-{name}", edge=name == EDGE)
        self.deliver(OLD)
        self.see(OLD)

    def deliver(self, issuer: str, name: str = "") -> str:
        name = name or f"{fingerprint.stem(Link(at(EDGE), at(issuer)))}-00000000"
        ends, host = (str(at(EDGE)), str(at(issuer))), f"net.{issuer}.example.com"
        self.fakes[EDGE].add_link_secret("net", name, *ends, issued_by=f"id-{issuer}", host=host)
        return name

    def see(self, *issuers: str) -> None:
        """Have the status of the edge site list links to these, and the others see the same."""
        self.see_alone(*issuers)
        for name in (OLD, NEW, OTHER):
            links = [(f"id-{EDGE}", f"id-{issuer}") for issuer in issuers]
            self.fakes[name].add_status("net", f"id-{name}", names=self.names, elsewhere=links)

    def see_alone(self, *issuers: str) -> None:
        """Have the status of the edge site list links to these."""
        ids = [f"id-{name}" for name in issuers]
        self.fakes[EDGE].add_status("net", f"id-{EDGE}", outgoing=ids, names=self.names)

    @property
    def names(self) -> list[tuple[str, str]]:
        return [(f"id-{name}", f"{name}-net") for name in self.fakes]

    def cluster(self, name: str) -> Cluster:
        edge = name == EDGE
        return Cluster(name, f"https://{name}", private=edge, internal=edge, disabled=name in self.disabled)

    def snapshot(self, name: str) -> ClusterSnapshot:
        if name in self.unread:
            return ClusterSnapshot(problem="it is down")
        found = self.fakes[name].snapshot()
        return replace(found, missing_namespaces=frozenset({"net"})) if name in self.missing else found

    def plan(self) -> Plan:
        sites = tuple(
            SiteDefinition(self.cluster(name), "net", delete=name not in self.declared)
            for name in dict.fromkeys((*self.declared, EDGE, OLD, OTHER))
        )
        clusters = tuple(map(self.cluster, self.fakes))
        snapshots = {
            cluster.name: self.snapshot(cluster.name)
            for cluster in clusters
            if not cluster.disabled and self.selection.covers_cluster(cluster)
        }
        return plan_inputs(
            PlanInput(
                desired=resolve(
                    Definitions((Network("n", "1.9.6", settings={"image": "image"}, sites=sites),), clusters)
                ),
                ownership=OURS,
                now=NOW,
                snapshots=snapshots,
                selection=self.selection,
                findings=self.findings,
            )
        )

    def removal(self) -> Change:
        """The removal of the token for the uplink that is not declared any more."""
        (found,) = [
            change
            for change in self.plan().changes
            if change.verb is Verb.DELETE and change.removal and change.kind == SECRET
        ]
        return found

    def reported(self) -> list[str]:
        return [finding.message for finding in self.plan().findings if finding.rule == "last-link"]


@pytest.fixture
def moved() -> Moved:
    return Moved()


REFUSED = Finding("service-controller", "no", subject=SiteSubject(NEW, "net", "n"))
SKIPPED = {
    "disabled": ({"disabled": frozenset({NEW})}, f"cluster {NEW} disables this integration"),
    "filtered out by cluster": (
        {"selection": Selection(clusters=frozenset({EDGE}))},
        "--cluster-name e excludes it",
    ),
    "filtered out by side": ({"selection": Selection(internal=True)}, "--internal excludes it"),
    "without a namespace": (
        {"missing": frozenset({NEW})},
        f"namespace {NEW}/net does not exist (yet)",
    ),
    "refused": ({"findings": (REFUSED,)}, "its data has an error (service-controller)"),
}


@pytest.mark.parametrize(("fields", "reason"), SKIPPED.values(), ids=SKIPPED)
def test_the_only_uplink_waits_for_a_replacement_that_is_skipped(fields, reason: str):
    assert (
        str(Moved(**fields).removal().waits_for)
        == f"the declared link e/net -> new/net is up (skipped: {reason})"
    )


def test_a_skipped_replacement_is_reported_with_what_ends_the_wait():
    moved = Moved(disabled=frozenset({NEW}))
    secret = moved.removal().name
    assert moved.reported() == [
        (
            "the undeclared link e/net -> old/net remains: without it e/net has no link that is known to work, since "
            "its declared link e/net -> new/net is skipped (cluster new disables this integration). Remove "
            "qontract-skupper from disable.integrations of cluster new; to delete it anyway, run on cluster e: "
            f"oc -n net delete secret {secret}"
        )
    ]


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({"selection": Selection(clusters=frozenset({EDGE}))}, "Run without --cluster-name e; "),
        ({"missing": frozenset({NEW})}, "Create namespace net on cluster new; "),
        ({"findings": (REFUSED,)}, "Fix that so that the link can come up; "),
    ],
    ids=["filtered out", "without a namespace", "refused"],
)
def test_the_next_step_fits_the_reason(fields, step: str):
    (message,) = Moved(**fields).reported()
    assert step in message


def test_a_held_uplink_is_a_warning():
    found = Moved(disabled=frozenset({NEW})).plan().findings
    assert [finding.severity for finding in found if finding.rule == "last-link"] == [Severity.WARNING]


def test_the_uplink_goes_when_another_declared_one_is_up():
    moved = Moved(disabled=frozenset({NEW}), declared=(EDGE, NEW, OTHER))
    assert not moved.removal().ready
    moved.deliver(OTHER, name_of(moved, OTHER))
    moved.see(OLD, OTHER)
    assert moved.removal().ready
    assert moved.reported() == []


def test_the_uplink_goes_when_its_own_site_shows_the_skipped_replacement(moved: Moved):
    moved = Moved(disabled=frozenset({NEW}))
    moved.see(OLD, NEW)
    assert moved.removal().ready


def test_what_somebody_else_shows_counts_for_an_issuer_that_is_skipped():
    """`old` and `new` are filtered out; the edge site reports the links that its neighbours have."""
    moved = Moved(selection=Selection(clusters=frozenset({EDGE})), declared=(OLD, NEW))
    moved.fakes[EDGE].add_status(
        "net",
        "id-e",
        outgoing=["id-old"],
        names=[("id-old", "old-net"), ("id-new", "new-net")],
        elsewhere=[("id-old", "id-new")],
    )
    assert moved.removal().ready


def test_an_issuer_keeps_a_dialler_that_is_to_go_while_nothing_shows_another_link():
    moved = Moved(selection=Selection(clusters=frozenset({EDGE})), declared=(OLD, NEW))
    assert str(moved.removal().waits_for).startswith("the declared link old/net -> new/net is up")


def test_what_a_router_said_that_is_gone_does_not_end_the_wait():
    moved = Moved(disabled=frozenset({NEW}))
    moved.see_alone(OLD, NEW)
    assert moved.removal().ready
    moved.fakes[EDGE].bodies[DEPLOYMENT, "net", "skupper-router"]["status"] = {
        "conditions": [{"type": "Available", "status": "False", "lastTransitionTime": "2026-03-01T11:00:00Z"}]
    }
    assert not moved.removal().ready


def test_an_undeclared_link_of_a_site_without_declared_ones_goes_at_once():
    assert Moved(declared=(EDGE,)).removal().ready


def test_a_replacement_that_is_managed_is_waited_for_without_a_word(moved: Moved):
    assert str(moved.removal().waits_for) == "the declared link e/net -> new/net is up"
    assert moved.reported() == []


class TestUnseenDiallers:
    """`old` is marked delete; the Secrets of the edge site that dials it cannot be seen."""

    CLOSED = (
        {"disabled": frozenset({EDGE})},
        {"selection": Selection(clusters=frozenset({OLD}))},
        {"unread": frozenset({EDGE})},
    )

    @staticmethod
    def site_removals(moved: Moved) -> list[bool]:
        found = [c for c in moved.plan().changes if (c.cluster, c.kind) == (OLD, CONFIG_MAP)]
        return [change.ready for change in found if change.verb is Verb.DELETE]

    @pytest.mark.parametrize("fields", CLOSED, ids=["disabled", "filtered out", "unreadable"])
    def test_a_site_stays_while_it_is_the_last_one_that_a_closed_site_dials(self, fields):
        assert self.site_removals(Moved(**fields)) == [False]

    @pytest.mark.parametrize("fields", CLOSED[:2], ids=["disabled", "filtered out"])
    def test_it_goes_when_the_closed_site_shows_with_a_declared_link(self, fields):
        moved = Moved(**fields)
        moved.see(OLD, NEW)
        assert self.site_removals(moved) == [True]

    def test_it_goes_when_nobody_dials_it(self):
        moved = Moved(disabled=frozenset({EDGE}))
        moved.see(NEW)
        assert self.site_removals(moved) == [True]

    def test_the_wait_is_reported(self):
        (message,) = Moved(disabled=frozenset({EDGE})).reported()
        assert message.startswith(
            "the site old/net remains: without it e/net has no link that is known to work"
        )
        assert message.endswith("run on cluster old: oc -n net delete configmap skupper-site")


def name_of(moved: Moved, issuer: str) -> str:
    """Name of the token that the declared link to an issuer must have."""
    return next(report.credential for report in moved.plan().links if report.link.issuer == at(issuer))


@st.composite
def fleets(draw) -> PlanInput:
    """A network of which some sites are closed to the run, some links up, with tokens of links that it had before."""
    network = draw(networks(most_sites=6))
    keys = sorted(SiteKey(site.cluster.name, site.namespace) for site in network.sites)
    closed = draw(st.frozensets(st.sampled_from(sorted({key.cluster for key in keys})), max_size=2))
    disabled = draw(st.booleans())
    sites = tuple(
        replace(site, cluster=replace(site.cluster, disabled=disabled and site.cluster.name in closed))
        for site in network.sites
    )
    definitions = Definitions(networks=(replace(network, sites=sites),))
    (declared,) = resolve(definitions).networks
    links = [(link.dialler, link.issuer) for link in declared.links]
    edges = {site.key for site in declared.sites if site.edge}
    fakes = {key.cluster: FakeCluster(key.cluster) for key in keys}
    for key in keys:
        fakes[key.cluster].add_site(key.namespace, site_id=f"id-{key}", edge=key in edges)
    pairs = [(dialler, issuer) for dialler in keys for issuer in keys if dialler != issuer]
    undeclared = [pair for pair in pairs if pair not in links]
    strays = draw(st.lists(st.sampled_from(undeclared), max_size=3, unique=True)) if undeclared else []
    up = [link for link in links if draw(st.booleans())]
    for dialler, issuer in strays:
        deliver(fakes, dialler, issuer, f"{fingerprint.stem(Link(dialler, issuer))}-00000000")
    open_clusters = frozenset(fakes) - closed
    selection = Selection() if disabled else Selection(clusters=open_clusters)
    inputs = PlanInput(desired=resolve(definitions), ownership=OURS, now=NOW, selection=selection)
    whole = replace(
        inputs, selection=Selection(), snapshots={name: fake.snapshot() for name, fake in fakes.items()}
    )
    for report in plan_inputs(whole).links:
        if (report.link.dialler, report.link.issuer) in up and report.credential:
            deliver(fakes, report.link.dialler, report.link.issuer, report.credential)
    for key in keys:
        outgoing = [f"id-{issuer}" for dialler, issuer in (*up, *strays) if dialler == key]
        incoming = [f"id-{dialler}" for dialler, issuer in up if issuer == key and dialler not in edges]
        names = [(f"id-{site.key}", site.name) for site in declared.sites]
        fakes[key.cluster].add_status(
            key.namespace, f"id-{key}", outgoing=outgoing, incoming=incoming, names=names
        )
    snapshots = {name: fakes[name].snapshot() for name in open_clusters}
    return replace(inputs, snapshots=snapshots)


def deliver(fakes: dict[str, FakeCluster], dialler: SiteKey, issuer: SiteKey, name: str) -> None:
    host = f"{issuer.namespace}.{issuer.cluster}.example.com"
    fakes[dialler.cluster].add_link_secret(
        dialler.namespace, name, str(dialler), str(issuer), issued_by=f"id-{issuer}", host=host
    )


@given(fleets())
def test_no_removal_leaves_a_site_without_a_declared_link_that_works(inputs: PlanInput):
    found = plan_inputs(inputs)
    by_end: dict[SiteKey, list[LinkReport]] = {}
    for report in found.links:
        for end in (report.link.dialler, report.link.issuer):
            by_end.setdefault(end, []).append(report)
    for end in ends_of(removed_tokens(found, inputs)):
        if end in by_end:
            assert any(report.converged or shown(report, inputs) for report in by_end[end])


def removed_tokens(found: Plan, inputs: PlanInput) -> Iterable[tuple[str, str]]:
    """The ends that the annotations of the tokens name which may be removed now."""
    for change in found.changes:
        if change.verb is Verb.DELETE and change.removal and change.kind == SECRET and change.ready:
            (live,) = [
                live
                for key, live in inputs.snapshot(change.cluster).objects.items()
                if key == (SECRET, change.namespace, change.name)
            ]
            yield live.annotations["qontract-skupper/dialler"], live.annotations["qontract-skupper/issuer"]


def ends_of(pairs: Iterable[tuple[str, str]]) -> Iterable[SiteKey]:
    return [SiteKey(*end.split("/")) for pair in pairs for end in pair]


def shown(report: LinkReport, inputs: PlanInput) -> bool:
    """True if the ConfigMap of an end that can be read lists the link."""
    dialler, issuer = report.link.dialler, report.link.issuer
    reported = []
    for key, other, way in ((dialler, issuer, "outgoing"), (issuer, dialler, "incoming")):
        for found, live in inputs.snapshot(key.cluster).objects.items():
            if found == (CONFIG_MAP, key.namespace, "skupper-network-status"):
                status = json.loads(live.content["data"]["NetworkStatus"])
                own = next(e for e in status["siteStatus"] if e["site"]["identity"] == f"id-{key}")
                links = own["routerStatus"][0]["links"]
                reported.append({"name": f"router-of-id-{other}", "direction": way} in links)
    return any(reported)


def test_a_connector_without_a_name_is_no_sign_of_a_link_that_is_skipped():
    """`b` is filtered out by its namespace; it is declared to dial `a`, which still dials it."""
    a, b = FakeCluster("a"), FakeCluster("b")
    a.add_site("near", site_id="id-a")
    b.add_site("far", site_id="id-b")
    b.add_connectors("far", "id-b", "")
    link = Link(SiteKey("a", "near"), SiteKey("b", "far"))
    name = f"{fingerprint.stem(link)}-00000000"
    a.add_link_secret("near", name, "a/near", "b/far", issued_by="id-b", host="far.b.example.com")
    sites = tuple(
        SiteDefinition(Cluster(cluster, f"https://{cluster}", private=False), namespace)
        for cluster, namespace in (("a", "near"), ("b", "far"))
    )
    inputs = PlanInput(
        desired=resolve(
            Definitions(networks=(Network("n", "1.9.6", settings={"image": "image"}, sites=sites),))
        ),
        ownership=OURS,
        now=NOW,
        snapshots={"a": a.snapshot(), "b": b.snapshot()},
        selection=Selection(namespaces=frozenset({"near"})),
    )
    (removal,) = [change for change in plan_inputs(inputs).changes if change.name == name]
    assert (
        str(removal.waits_for)
        == "the declared link b/far -> a/near is up (skipped: --namespace-name near excludes it)"
    )
