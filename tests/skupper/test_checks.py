"""The rules about data, one fact each: what is refused, where the finding points, what passes."""

import pytest
from hypothesis import given

from reconcile.engines import check_definitions
from reconcile.findings import Finding, PolicySubject, SiteSubject
from reconcile.skupper.definitions import Cluster, Definitions, NamespaceOf, Network, Policy, SiteDefinition
from tests.skupper.networks import networks

PUBLIC = Cluster("public", "https://public", private=False)
PRIVATE = Cluster("private", "https://private", private=True)
NETWORK_FILE, SITE_FILE = "/dependencies/skupper/n.yml", "/services/site.yml"


def judge(config=None, network_config=None, *, cluster=PUBLIC, namespace="net", **options) -> list[Finding]:
    """Findings for a network of one judged site beside a good one."""
    judged = SiteDefinition(cluster, namespace, config=config or {}, path=SITE_FILE, **options)
    good = SiteDefinition(PUBLIC, "good", path="/services/good.yml")
    network = Network(
        "n",
        "1.9.6",
        settings={"image": "image"},
        config=network_config or {},
        sites=(judged, good),
        path=NETWORK_FILE,
    )
    return list(check_definitions(Definitions(networks=(network,))))


def rules(*args, **options) -> list[str]:
    return [finding.rule for finding in judge(*args, **options)]


@given(networks())
def test_every_finding_is_the_same_each_time(network: Network):
    definitions = Definitions(networks=(network,))
    assert check_definitions(definitions) == check_definitions(definitions)


def test_a_good_network_has_no_findings():
    assert rules({}, {"routerLogging": "error+", "routers": 2}) == []


@pytest.mark.parametrize(
    ("config", "rule"),
    [
        ({"serviceController": False}, "service-controller"),
        ({"edge": True, "ingress": "route"}, "edge-ingress"),
        ({"edge": True, "routerMode": "interior"}, "edge-contradiction"),
        ({"clusterLocal": True, "ingress": "route"}, "cluster-local"),
        ({"ingress": "nodeport"}, "ingress-host"),
        ({"ingress": "contour-http-proxy"}, "ingress-host"),
        ({"routerLoadBalancerIp": "10.0.0.1"}, "load-balancer-ip"),
        ({"clusterPermissions": True}, "cluster-permissions"),
        ({"routerMemory": "1Gi", "routerMemoryLimit": "512Mi"}, "limit-below-request"),
        ({"controllerCpu": "1", "controllerCpuLimit": "900m"}, "limit-below-request"),
        ({"ingressAnnotations": {"a": "1,2"}}, "annotation-separator"),
        ({"routers": 200}, "too-many-routers"),
        (
            {"createNetworkPolicy": True, "routerPodAnnotations": {"prometheus.io/scrape": "true"}},
            "network-policy-metrics",
        ),
    ],
)
def test_a_setting_that_cannot_work_is_found(config: dict, rule: str):
    assert rules(config) == [rule]


@pytest.mark.parametrize(
    "config",
    [
        {"edge": False},
        {"ingress": "nodeport", "ingressHost": "node.example.com"},
        {"routerMemory": "512Mi", "routerMemoryLimit": "1Gi"},
        {"ingressAnnotations": {"a": "1,2"}, "annotationSeparator": ";"},
        {"clusterLocal": True},
        {"createNetworkPolicy": True, "routerPodAnnotations": {"team": "vault"}},
        {"createNetworkPolicy": False, "routerPodAnnotations": {"prometheus.io/scrape": "true"}},
        {"ingress": "loadbalancer", "routerLoadBalancerIp": "10.0.0.1"},
    ],
)
def test_a_setting_that_works_passes(config: dict):
    assert [rule for rule in rules(config) if rule != "not-connected"] == []


def test_an_ingress_for_a_site_on_a_private_cluster_is_refused():
    assert rules({"ingress": "loadbalancer"}, cluster=PRIVATE) == ["edge-ingress"]


def test_an_ingress_of_the_network_is_for_its_interior_sites():
    assert rules({}, {"ingress": "loadbalancer"}, cluster=PRIVATE) == []


def test_a_namespace_of_43_characters_is_too_long_with_routes():
    assert rules(namespace="x" * 43) == ["namespace-length"]


def test_a_namespace_of_43_characters_is_not_too_long_with_a_load_balancer():
    assert rules({"ingress": "loadbalancer"}, namespace="x" * 43) == []


def test_a_finding_points_into_the_namespace_that_sets_the_value():
    (finding,) = judge({"serviceController": False})
    assert (finding.datafile, finding.dotted) == (SITE_FILE, "skupper.config.serviceController")


def test_a_finding_points_into_the_network_if_the_value_comes_from_there():
    found = judge(network_config={"serviceController": False})
    assert {(finding.datafile, finding.dotted) for finding in found} == {
        (NETWORK_FILE, "config.serviceController")
    }


SCRAPED = {"createNetworkPolicy": True, "routerPodAnnotations": {"prometheus.io/scrape": "true"}}
NEAR, FAR = (NamespaceOf("public", "prometheus"),), (NamespaceOf("far", "user"),)
UNSERVED = Cluster("public", "https://public", private=False, no_network_policies=True)


def test_metrics_that_a_namespace_is_let_in_to_are_not_shut_out():
    assert rules(SCRAPED, admitted=NEAR) == []


@pytest.mark.parametrize(
    ("cluster", "config", "admitted", "found"),
    [
        (PUBLIC, {}, NEAR, []),
        (PUBLIC, {"createNetworkPolicy": True}, NEAR, []),
        (PUBLIC, {}, FAR, ["consumer-shut-out"]),
        (UNSERVED, {}, NEAR, []),
        (UNSERVED, {"createNetworkPolicy": True}, NEAR, ["consumer-shut-out"]),
        (UNSERVED, SCRAPED, NEAR, ["consumer-shut-out", "network-policy-metrics"]),
    ],
)
def test_a_namespace_that_no_network_policy_lets_in_is_named(
    cluster: Cluster, config: dict, admitted: tuple[NamespaceOf, ...], found: list[str]
):
    assert sorted(rules(config, cluster=cluster, admitted=admitted)) == found


def test_a_namespace_of_another_cluster_is_named_with_what_lets_it_in():
    (finding,) = judge(admitted=FAR)
    assert (finding.datafile, finding.dotted) == (SITE_FILE, "networkPoliciesAllow[0]")
    assert "Make a namespace on cluster far a site of network n" in finding.message


def test_policies_need_the_cluster_admin_account():
    assert rules(policies=(Policy("p"),)) == ["policy-gap", "policy-rights"]


def test_a_pattern_that_is_no_regular_expression_is_found():
    policy = Policy("p", path="/policies/p.yml", allowed_services=("fine", "*.example.com"))
    (finding,) = [f for f in judge(policies=(policy,), cluster_admin=True) if f.rule == "policy-pattern"]
    assert (finding.datafile, finding.dotted) == ("/policies/p.yml", "allowedServices[1]")


def test_a_broken_pattern_names_who_uses_its_policy():
    policy = Policy("p", path="/policies/p.yml", allowed_services=("a(",))
    (finding,) = [f for f in judge(policies=(policy,), cluster_admin=True) if f.rule == "policy-pattern"]
    assert "used by network n (public/net)" in finding.message
    assert finding.subject == PolicySubject("p")


def test_a_cluster_without_spec_is_a_warning():
    assert rules(cluster=Cluster("x", "https://x")) == ["cluster-without-spec"]


def test_private_sites_alone_cannot_be_connected():
    sites = tuple(SiteDefinition(PRIVATE, name) for name in ("one", "two"))
    (finding,) = check_definitions(
        Definitions(networks=(Network("n", "1.9.6", settings={"image": "i"}, sites=sites),))
    )
    assert finding.rule == "not-connected"
    assert "[private/one]; [private/two]" in finding.message
    assert "No site accepts links" in finding.message


def test_two_sites_of_one_name_collide():
    sites = (
        SiteDefinition(Cluster("a-b", "https://ab", private=False), "c"),
        SiteDefinition(Cluster("a", "https://a", private=False), "b-c"),
    )
    (finding,) = check_definitions(
        Definitions(networks=(Network("n", "1.9.6", settings={"image": "i"}, sites=sites),))
    )
    assert finding.message.startswith("a/b-c and a-b/c would both be the site a-b-c")


def test_a_namespace_in_two_networks_is_refused_in_the_second():
    def network(name: str) -> Network:
        return Network(
            name,
            "1.9.6",
            settings={"image": "i"},
            sites=(SiteDefinition(PUBLIC, "net", path=f"/{name}.yml"),),
        )

    found = check_definitions(Definitions(networks=(network("one"), network("two"))))
    assert [(f.subject, f.datafile) for f in found if f.rule == "overlapping-networks"] == [
        (SiteSubject("public", "net", "two"), "/two.yml")
    ]


def test_a_site_that_is_to_go_is_not_judged():
    assert "service-controller" not in rules({"serviceController": False}, delete=True)
