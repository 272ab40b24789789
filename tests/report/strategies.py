"""Any plan that could be."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from reconcile import kinds
from reconcile.findings import (
    ClusterSubject,
    Finding,
    FleetSubject,
    NetworkSubject,
    PolicySubject,
    Severity,
    SiteSubject,
)
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

KINDS = (kinds.CONFIG_MAP, kinds.SECRET, kinds.DEPLOYMENT, kinds.CLUSTER_POLICY)

words = st.sampled_from(["", "plain", "two words", "a\nb", "it's", 'say "ä"', "{x}", "[y]", "\\", "%s", "→"])
names = st.sampled_from(["a", "b", "c-1", "east", "private-2"])
moments = st.integers(0, 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
json_values = st.sampled_from(
    [None, True, 0, "", "text", Masked.VALUE, [], ["a", {"b": None}], {"ä": [1, 2.5]}]
)
keys = st.builds(SiteKey, names, names)
drifts = st.builds(FieldDrift, st.lists(names, min_size=1, max_size=3).map(tuple), json_values, json_values)
waits = st.builds(Wait, st.sampled_from(WaitKind), names, words)
changes = st.builds(
    Change,
    verb=st.sampled_from(Verb),
    cluster=names,
    namespace=names | st.just(""),
    kind=st.sampled_from(KINDS),
    name=words,
    reason=words,
    network=st.sampled_from(["", "a", "b"]),
    drift=st.lists(drifts, max_size=2).map(tuple),
    waits_for=st.none() | waits,
    admin=st.booleans(),
    removal=st.booleans(),
    link=st.none() | st.builds(Link, keys, keys),
)
evidence = st.builds(LinkObservation, st.sampled_from(Verdict), words, st.none() | moments)
links = st.builds(
    LinkReport,
    network=st.sampled_from(["a", "b"]),
    link=st.builds(Link, keys, keys, st.integers(1, 9), st.none() | st.sampled_from(LinkRole)),
    state=st.sampled_from(LinkState),
    reason=words,
    credential=names,
    dialler=evidence,
    issuer=evidence,
    since=st.none() | moments,
)
sites = st.builds(
    SiteReport,
    network=st.sampled_from(["", "a", "b"]),
    key=keys,
    name=names,
    mode=st.sampled_from(["", "edge", "interior"]),
    state=st.sampled_from(SiteState),
    reason=words,
    version=st.sampled_from(["", "1.9.6"]),
    since=st.none() | moments,
)
subjects = st.one_of(
    st.builds(FleetSubject),
    st.builds(NetworkSubject, names),
    st.builds(SiteSubject, names, names, st.just("") | names),
    st.builds(PolicySubject, names),
    st.builds(ClusterSubject, names),
)
findings = st.builds(
    Finding,
    rule=names,
    message=words,
    severity=st.sampled_from(Severity),
    datafile=st.just("") | names.map("/{}.yml".format),
    pointer=st.lists(names | st.integers(0, 9), max_size=2).map(tuple),
    subject=subjects,
)
plans = st.builds(
    Plan,
    changes=st.lists(changes, max_size=3).map(tuple),
    links=st.lists(links, max_size=3).map(tuple),
    sites=st.lists(sites, max_size=3).map(tuple),
    findings=st.lists(findings, max_size=3).map(tuple),
    refused=st.lists(changes, max_size=2).map(tuple),
)
