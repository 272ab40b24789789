"""Two clusters of the data with one address: both are refused, however the address is spelled."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconcile.engines import check_definitions
from reconcile.findings import ClusterSubject, Finding
from reconcile.kinds import CLUSTER_POLICY
from reconcile.skupper.checks.servers import endpoint
from reconcile.skupper.definitions import Cluster, Definitions, Network, Policy, SiteDefinition
from reconcile.skupper.plan import Plan, SiteState
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint
from tests.skupper.fakes import NOW, OURS, FakeCluster, body
from tests.skupper.fakes import plan as plan_inputs
from tests.skupper.resolving import resolve

ADDRESS = "https://api.example.com:6443"


def cluster(name: str, url: str, **options) -> Cluster:
    return Cluster(name, url, private=False, path=f"/openshift/{name}/cluster.yml", **options)


def definitions(*clusters: Cluster, sites=None, policies=()) -> Definitions:
    """A site on each of these clusters, or only on those named in `sites`."""
    declared = tuple(
        SiteDefinition(each, f"net-{each.name}", policies=policies, cluster_admin=True)
        for each in clusters
        if sites is None or each.name in sites
    )
    network = Network("n", "1.9.6", settings={"image": "image"}, sites=declared)
    return Definitions(networks=(network,), clusters=clusters)


def refused(*clusters: Cluster, sites=None) -> list[Finding]:
    found = check_definitions(definitions(*clusters, sites=sites))
    return [finding for finding in found if finding.rule == "duplicate-server"]


labels = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
hosts = st.lists(labels, min_size=1, max_size=3).map(lambda parts: ".".join([*parts, "example"]))
paths = st.sampled_from(["", "/k8s", "/k8s/clusters/one"])


@st.composite
def spellings(draw, host: str, port: int, path: str) -> str:
    """Any way to write the address of a server."""
    scheme = draw(st.sampled_from(["https", "HTTPS", "Https"]))
    cased = "".join(draw(st.sampled_from([letter, letter.upper()])) for letter in host)
    dot = draw(st.sampled_from(["", "."]))
    ports = [f":{port}", f":0{port}"] + ["", ":"] * (port == 443)
    return (
        f"{scheme}://{cased}{dot}{draw(st.sampled_from(ports))}{path}{draw(st.sampled_from(['', '/', '//']))}"
    )


@given(st.data(), hosts, st.sampled_from([443, 6443, 80]), paths)
def test_one_server_in_any_two_spellings_is_refused_on_both_clusters(data, host, port, path):
    one, two = data.draw(spellings(host, port, path)), data.draw(spellings(host, port, path))
    found = refused(cluster("a", one), cluster("b", two))
    assert [finding.subject for finding in found] == [ClusterSubject("a"), ClusterSubject("b")]


@given(
    st.data(), st.tuples(hosts, st.sampled_from([443, 6443]), paths), st.tuples(hosts, st.just(443), paths)
)
def test_two_servers_are_never_refused(data, one, two):
    urls = [data.draw(spellings(*each)) for each in (one, two)]
    assert bool(refused(*map(cluster, "ab", urls))) is (one == two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("https://[::1]:6443", "https://[0:0:0:0:0:0:0:1]:6443/"),
        ("https://[FD00::A]", "https://[fd00::a]:443"),
        ("http://api.example.com:443", "https://api.example.com"),
        ("https://[::ffff:10.0.0.1]:6443", "https://10.0.0.1:6443"),
        ("https://proxy.example.com/k8s/%63luster//one", "https://proxy.example.com/k8s/cluster/one/"),
        ("https://api.example.com ", "https://api.example.com"),
    ],
)
def test_addresses_of_one_server_are_one(one: str, two: str):
    assert endpoint(one) == endpoint(two) is not None


@pytest.mark.parametrize("url", ["", "api.example.com", "https://", "ssh://api.example.com"])
def test_an_address_that_is_none_equals_no_other(url: str):
    assert refused(cluster("a", url), cluster("b", url)) == []


def test_both_datafiles_are_named():
    first, second = refused(cluster("a", ADDRESS), cluster("b", ADDRESS))
    assert (first.datafile, first.pointer) == ("/openshift/a/cluster.yml", ("serverUrl",))
    assert "/openshift/b/cluster.yml" in first.message
    assert (second.datafile, "/openshift/a/cluster.yml" in second.message) == (
        "/openshift/b/cluster.yml",
        True,
    )


def test_one_site_on_either_cluster_suffices():
    assert len(refused(cluster("a", ADDRESS), cluster("b", ADDRESS), sites="a")) == 2


def test_clusters_without_sites_are_not_judged():
    assert refused(cluster("a", ADDRESS), cluster("b", ADDRESS), cluster("c", "https://c"), sites="c") == []


def test_a_second_cluster_file_is_fine_while_it_disables_the_integration():
    assert refused(cluster("a", ADDRESS), cluster("b", ADDRESS, disabled=True), sites="a") == []


def test_the_sites_of_a_disabled_cluster_are_at_risk_too():
    assert len(refused(cluster("a", ADDRESS), cluster("b", ADDRESS, disabled=True), sites="b")) == 2


LINK = f"{fingerprint.stem(Link(SiteKey('c', 'net-c'), SiteKey('a', 'net-gone')))}-00000000"


def planned(*, policies=(), budget=None) -> Plan:
    """A plan over clusters a and b, which are one server with the site of b, and over c, whose site lacks much.

    The site on c has a link to a site on a that is not declared any more.
    """
    entry = definitions(
        cluster("a", ADDRESS), cluster("b", f"{ADDRESS}/"), cluster("c", "https://c"), policies=policies
    )
    one = FakeCluster("a")
    one.add_site("net-b", site_id="id-b")
    for name in ("net-b", "left-over"):
        policy = f"qontract-skupper-test-{name}"
        one.add(CLUSTER_POLICY, body(CLUSTER_POLICY, "", policy, spec={"namespaces": ["net-b"]}))
    other = FakeCluster("c")
    other.add_site("net-c", site_id="id-c")
    host = "net-gone.a.example.com"
    other.add_link_secret("net-c", LINK, "c/net-c", "a/net-gone", issued_by="id-gone", host=host)
    snapshots = {"a": one.snapshot(), "b": one.snapshot(), "c": other.snapshot()}
    return plan_inputs(
        PlanInput(
            desired=resolve(entry),
            ownership=OURS,
            now=NOW,
            snapshots=snapshots,
            findings=check_definitions(entry),
            removal_budget=budget,
        )
    )


def test_nothing_is_changed_on_refused_clusters_and_others_go_on():
    assert {change.cluster for change in planned(policies=(Policy("p"),)).changes} == {"c"}


def test_a_link_to_a_refused_cluster_stays():
    assert LINK not in {change.name for change in planned().changes}


def test_the_sites_of_refused_clusters_are_skipped_with_the_rule():
    states = {site.key.cluster: (site.state, site.reason) for site in planned().sites}
    assert states["a"] == (SiteState.SKIPPED, "the data of cluster a has an error (duplicate-server)")


def test_what_is_on_a_refused_cluster_does_not_count_in_the_budget():
    assert [finding.rule for finding in planned(budget=0).errors] == ["duplicate-server", "duplicate-server"]
