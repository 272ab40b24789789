"""Plans made by hand: one for each thing that a report has to say."""

from datetime import UTC, datetime, timedelta
from typing import Any

from reconcile.findings import ClusterSubject, Finding, NetworkSubject, Severity
from reconcile.kinds import CLUSTER_POLICY, CONFIG_MAP, DEPLOYMENT, ROLE, SECRET, SERVICE_ACCOUNT, Kind
from reconcile.skupper.drift import FieldDrift, Masked
from reconcile.skupper.plan import (
    Change,
    LinkObservation,
    LinkReport,
    LinkState,
    Plan,
    SiteReport,
    SiteState,
    Verb,
    Verdict,
)
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link, LinkRole
from reconcile.skupper.waits import Wait, WaitKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
UP, ABSENT, UNKNOWN = Verdict.UP, Verdict.ABSENT, Verdict.UNKNOWN


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def change(
    verb: Verb = Verb.APPLY, kind: Kind = CONFIG_MAP, name: str = "skupper-site", **rest: Any
) -> Change:
    given = {
        "cluster": "east",
        "namespace": "vault-net",
        "network": "vault",
        "reason": "the site does not exist",
        **rest,
    }
    return Change(verb=verb, kind=kind, name=name, **given)


def wait(kind: WaitKind, text: str, subject: str = "west/vault-net") -> Wait:
    return Wait(kind, subject, text)


def key(name: str) -> SiteKey:
    cluster, _, namespace = name.partition("/")
    return SiteKey(cluster, namespace or "vault-net")


def site(name: str, state: SiteState = SiteState.READY, **rest: Any) -> SiteReport:
    at = key(name)
    given = {"network": "vault", "mode": "interior", **rest}
    return SiteReport(key=at, name=f"{at.cluster}-{at.namespace}", state=state, **given)


def ready(name: str, **rest: Any) -> SiteReport:
    return site(name, version="1.9.6", since=ago(days=3), **rest)


def link(
    source: str,
    target: str,
    state: LinkState,
    reason: str = "",
    role: LinkRole | None = LinkRole.MESH,
    **rest: Any,
) -> LinkReport:
    given = {"network": "vault", **rest}
    declared = Link(key(source), key(target), role=role)
    return LinkReport(link=declared, state=state, reason=reason, **given)


def seen(verdict: Verdict, **span: float) -> LinkObservation:
    return LinkObservation(verdict, at=ago(**span) if span else None)


SILENT = LinkObservation(Verdict.SILENT, "an issuer does not list edge sites", ago(seconds=5))

EMPTY = Plan()

_TOKEN = "link-west-vault-net-75a4ce0b-<fingerprint>"
_NEW = Link(key("east"), key("west"))
_ISSUER_WAITS = "issuer west/vault-net: the site does not exist yet"

FRESH = Plan(
    changes=(
        change(kind=SERVICE_ACCOUNT, name="skupper-site-controller"),
        change(kind=ROLE, name="skupper-site-controller"),
        change(kind=DEPLOYMENT, name="skupper-site-controller"),
        change(),
        change(
            cluster="west",
            waits_for=wait(WaitKind.CLEANED_UP, "the remaining objects of the old site are deleted"),
        ),
        change(
            Verb.CREATE,
            SECRET,
            _TOKEN,
            link=_NEW,
            cluster="west",
            reason="the link does not exist",
            waits_for=wait(WaitKind.ACCEPTS_LINKS, "west/vault-net is ready to accept links"),
        ),
        change(
            Verb.CREATE,
            SECRET,
            _TOKEN,
            link=_NEW,
            reason="the token is issued",
            waits_for=wait(WaitKind.ISSUED, "the token is issued"),
        ),
        change(
            Verb.DELETE,
            SECRET,
            _TOKEN,
            link=_NEW,
            cluster="west",
            reason="its token is delivered",
            waits_for=wait(WaitKind.DELIVERED, "its token is delivered"),
        ),
        change(
            kind=CLUSTER_POLICY,
            name="test-vault",
            admin=True,
            namespace="",
            network="",
            reason="the policy does not exist",
        ),
        change(
            kind=SERVICE_ACCOUNT, name="skupper-site-controller", network="grafana", namespace="grafana-net"
        ),
    ),
    sites=(
        site("east", SiteState.ABSENT, reason="the site does not exist yet"),
        site("west", SiteState.ABSENT, reason="the site does not exist yet"),
        site("east/grafana-net", SiteState.ABSENT, network="grafana", reason="the site does not exist yet"),
    ),
    links=(link("east", "west", LinkState.WAITING, _ISSUER_WAITS),),
)
"""Nothing exists yet: sites and policies are made, a link's steps wait for one another."""

DRIFTED = Plan(
    changes=(
        change(
            reason="it differs in data.routers, which takes effect only when the site is recreated",
            drift=(
                FieldDrift(("data", "console-password"), Masked.VALUE, Masked.VALUE),
                FieldDrift(("data", "router-logging"), None, "error+"),
                FieldDrift(("data", "routers"), "1", "2"),
                FieldDrift(("metadata", "labels", "team"), "sre", None),
            ),
        ),
        change(
            kind=DEPLOYMENT,
            name="skupper-site-controller",
            reason="it differs in spec.template.spec.containers",
            drift=(
                FieldDrift(("spec", "replicas"), 3, 1),
                FieldDrift(("spec", "template", "spec", "containers"), [{"name": "x" * 200}], ["ä"]),
            ),
        ),
        change(
            Verb.PATCH,
            SECRET,
            "link-west-vault-net-75a4ce0b-1",
            reason="the request is still open",
            link=Link(key("west"), key("east")),
        ),
    ),
    sites=(ready("east"), ready("west")),
    links=(link("west", "east", LinkState.REQUESTED, "east/vault-net has not issued the token yet"),),
)
"""Objects that somebody has changed, and a request that is touched."""

REMOVALS = Plan(
    changes=(
        change(
            Verb.DELETE,
            SECRET,
            "link-west-vault-net-75a4ce0b-1",
            reason="the link is not declared",
            removal=True,
            link=Link(key("east"), key("west")),
            waits_for=wait(WaitKind.LINKED, "the declared link east/vault-net -> south/vault-net is up"),
        ),
        change(
            Verb.DELETE,
            cluster="north",
            network="",
            namespace="old",
            reason="the site is not declared",
            removal=True,
        ),
        change(
            Verb.DELETE,
            CLUSTER_POLICY,
            "test-old",
            admin=True,
            network="",
            namespace="",
            reason="no namespace refers to the policy",
            removal=True,
        ),
        change(
            Verb.DELETE,
            SECRET,
            "link-south-vault-net-75a4ce0b-2",
            reason="it belongs to an older token",
            link=Link(key("south"), key("east")),
        ),
    ),
    sites=(
        ready("east"),
        site(
            "north/old",
            SiteState.REMOVING,
            network="",
            mode="",
            reason="the site is not declared; still there: ConfigMap skupper-site",
        ),
    ),
)
"""What goes: a link, a site and a policy out of service, and a used-up token."""


def new_link(dialler: str, issuer: str, role: LinkRole = LinkRole.UPLINK) -> tuple[Change, ...]:
    """The steps of a link that does not exist yet."""
    made = Link(key(dialler), key(issuer), role=role)
    name = f"link-{key(issuer).cluster}-{key(issuer).namespace}-75a4ce0b-1"
    at_issuer, at_dialler = key(issuer)._asdict(), key(dialler)._asdict()
    issued = wait(WaitKind.ISSUED, "the token is issued")
    return (
        change(Verb.CREATE, SECRET, name, reason="the link does not exist", link=made, **at_issuer),
        change(
            Verb.CREATE, SECRET, name, reason="the token is issued", link=made, waits_for=issued, **at_dialler
        ),
    )


def old_link(dialler: str, issuer: str, **rest: Any) -> Change:
    """The removal of a link that is not declared any more."""
    gone = Link(key(dialler), key(issuer))
    name = f"link-{key(issuer).cluster}-{key(issuer).namespace}-75a4ce0b-2"
    given = {**key(dialler)._asdict(), "reason": "the link is not declared", **rest}
    return change(Verb.DELETE, SECRET, name, removal=True, link=gone, **given)


_UP = wait(WaitKind.LINKED, "the declared link priv-c/vault-net -> pub-e/vault-net is up")

MOVES = Plan(
    changes=(
        change(cluster="pub-d"),
        *new_link("pub-d", "pub-a", LinkRole.REDUNDANT),
        *new_link("priv-c", "pub-e"),
        old_link("priv-c", "pub-b", waits_for=_UP),
        old_link("pub-a", "pub-b"),
    ),
    sites=(
        ready("pub-a"),
        ready("pub-b"),
        ready("pub-e"),
        ready("priv-c", mode="edge"),
        site("pub-d", SiteState.ABSENT),
    ),
    links=(
        link("pub-d", "pub-a", LinkState.WAITING, role=LinkRole.REDUNDANT),
        link("priv-c", "pub-e", LinkState.WAITING, role=LinkRole.UPLINK),
    ),
)
"""A site joins a ring, and an uplink moves."""

OVER_BUDGET = Plan(
    refused=(
        old_link("priv-c", "pub-b"),
        change(
            Verb.DELETE,
            cluster="pub-b",
            reason="the site is marked delete",
            removal=True,
        ),
    ),
    sites=(
        ready("priv-c", mode="edge"),
        site("pub-b", SiteState.KEPT, mode="", reason="the site is marked delete; still there: Role x"),
    ),
    findings=(Finding("removal-budget", "2 sites, links and policies would be removed"),),
)
"""Removals that exceed the budget."""

CONVERGED = Plan(
    sites=(ready("east"), ready("west"), ready("private", mode="edge")),
    links=(
        link(
            "west",
            "east",
            LinkState.UP,
            dialler=seen(UP, seconds=3),
            issuer=seen(UP, seconds=61),
            credential="link-east-vault-net-75a4ce0b-1",
            since=ago(hours=5),
        ),
        link(
            "private", "east", LinkState.UP, dialler=seen(UP, seconds=4), issuer=SILENT, since=ago(minutes=9)
        ),
        link(
            "private",
            "west",
            LinkState.STANDBY,
            "the active uplink is east-vault-net",
            dialler=seen(ABSENT, seconds=4),
            issuer=SILENT,
            since=ago(minutes=9),
        ),
    ),
)
"""All is as declared."""

_DISABLED = "cluster south disables this integration"
_UNREADABLE = (
    "south: GET https://api.south.example.com:6443/api/v1/configmaps: no answer in 30 s; check that the cluster is up "
    "and that this network reaches it"
)

FINDINGS = (
    Finding("wrong-type", "12 is not a string", datafile="/nets/vault.yml", pointer=("config", "name")),
    Finding(
        "enum",
        "'Edge' is none of edge, interior",
        datafile="/ns/east.yml",
        pointer=("sites", 0, "config"),
    ),
    Finding("no-schema", "$schema is missing", datafile="/ns/west.yml"),
    Finding(
        "single-site", "one live site makes no network", Severity.WARNING, subject=NetworkSubject("vault")
    ),
    Finding(
        "no-policy-kind",
        "cluster east does not know SkupperClusterPolicy.skupper.io: have its CRD installed",
        subject=ClusterSubject("east"),
    ),
)

STATES = Plan(
    changes=(change(),),
    sites=(
        ready("east"),
        site("west", SiteState.ABSENT, reason="the site does not exist yet"),
        site(
            "north",
            SiteState.STARTING,
            reason="Deployment skupper-router is not there yet",
            since=ago(seconds=40),
        ),
        site("south", SiteState.UNKNOWN, reason=_UNREADABLE),
        site("off", SiteState.SKIPPED, reason=_DISABLED),
        site("private", mode="edge", version="1.9.6", since=ago(days=800)),
        site(
            "gone",
            SiteState.REMOVING,
            network="",
            mode="",
            reason="the site is not declared; still there: Role x",
        ),
        site("held", SiteState.KEPT, network="", mode="", reason="more removals than the budget allows"),
    ),
    links=(
        link("east", "west", LinkState.WAITING, _ISSUER_WAITS),
        link(
            "west",
            "north",
            LinkState.REQUESTED,
            "north/vault-net has not issued the token yet",
            since=ago(seconds=12),
        ),
        link("private", "north", LinkState.ISSUED, "the token is not delivered yet", since=ago(seconds=2)),
        link(
            "north",
            "east",
            LinkState.DELIVERED,
            "north/vault-net reports: no outgoing link",
            dialler=seen(ABSENT, seconds=1),
            issuer=seen(UNKNOWN),
            since=ago(seconds=8),
        ),
        link(
            "west",
            "east",
            LinkState.SETTLING,
            "the router of east/vault-net has restarted; west/vault-net reports: no outgoing link",
            dialler=seen(ABSENT, seconds=1),
            issuer=seen(ABSENT, seconds=3),
            since=ago(seconds=20),
        ),
        link(
            "private",
            "east",
            LinkState.UP,
            dialler=seen(UP, seconds=4),
            issuer=SILENT,
            since=ago(minutes=90),
        ),
        link(
            "private",
            "west",
            LinkState.STANDBY,
            "the active uplink is east-vault-net",
            dialler=seen(ABSENT, seconds=4),
            issuer=SILENT,
        ),
        link(
            "west",
            "east",
            LinkState.DOWN,
            "west/vault-net reports: no outgoing link; east/vault-net reports: no incoming link",
            dialler=seen(ABSENT, minutes=5),
            issuer=seen(ABSENT, days=2),
            since=ago(days=40),
        ),
        link("east", "south", LinkState.UNKNOWN, _UNREADABLE, issuer=seen(UNKNOWN, hours=3)),
        link(
            "cut",
            "east",
            LinkState.CUTTING,
            "cut/vault-net is cut off since 2026-02-28 23:00 UTC by alice, but east/vault-net still reports the link",
            dialler=seen(ABSENT, seconds=4),
            issuer=seen(UP, seconds=3),
            since=ago(seconds=20),
        ),
        link(
            "cut",
            "west",
            LinkState.CUT,
            "cut/vault-net is cut off since 2026-02-28 23:00 UTC by alice; to link it again, run: "
            "qontract-skupper cut --site cut/vault-net --end",
        ),
        link("east", "off", LinkState.SKIPPED, _DISABLED),
        link("west", "off", LinkState.SKIPPED, _DISABLED),
        link("north", "off", LinkState.SKIPPED, "--cluster-name east excludes it"),
    ),
    findings=FINDINGS,
)
"""A site in every state and a link in every state."""

FILTERED = Plan(
    sites=(site("east", SiteState.SKIPPED, reason="--external excludes it"),),
    links=(link("east", "west", LinkState.SKIPPED, "--external excludes it"),),
)
"""A filter that leaves everything out."""

LATER = Plan(
    changes=(change(cluster="pub-d"),),
    sites=(
        ready("pub-a"),
        site("pub-d", SiteState.ABSENT),
        site(
            "priv-c",
            SiteState.SKIPPED,
            mode="edge",
            reason="namespace priv-c/vault-net does not exist (yet)",
            waits_for=wait(WaitKind.NAMESPACE, "namespace priv-c/vault-net exists", "priv-c/vault-net"),
        ),
    ),
    links=(
        link(
            "priv-c",
            "pub-a",
            LinkState.SKIPPED,
            "namespace priv-c/vault-net does not exist (yet)",
            role=LinkRole.UPLINK,
            waits_for=wait(WaitKind.NAMESPACE, "namespace priv-c/vault-net exists", "priv-c/vault-net"),
        ),
    ),
)
"""A site whose namespace does not exist yet."""

EVERY = {
    "later": LATER,
    "empty": EMPTY,
    "fresh": FRESH,
    "drifted": DRIFTED,
    "removals": REMOVALS,
    "moves": MOVES,
    "over-budget": OVER_BUDGET,
    "converged": CONVERGED,
    "states": STATES,
    "filtered": FILTERED,
}
