"""Rules about one site: settings that contradict each other, or that Skupper ignores or fails on."""

import re
from collections.abc import Iterator, Mapping

from reconcile.findings import Finding, Severity
from reconcile.skupper.definitions import Network
from reconcile.skupper.sites import Site
from reconcile.skupper.v1.sites import ingress
from reconcile.skupper.v1.value_types import quantity

LONGEST_NAMESPACE_WITH_ROUTES = 42
"""The Route host starts with ``skupper-inter-router-<namespace>``, one DNS label of at most 63 characters."""

_HOST_REQUIRED = {"nodeport", "ingress", "nginx-ingress-v1", "contour-http-proxy"}
_SCRAPED = "prometheus.io/"
"""Annotations with which Prometheus finds what to scrape, by convention."""
_RESOURCE = re.compile(r"(?P<key>.*(?:Cpu|Memory))Limit$")


def check(network: Network, site: Site) -> Iterator[Finding]:
    """All findings about one wanted site."""
    yield from _namespace_length(site)
    yield from _service_controller(network, site)
    yield from _routers(network, site)
    yield from _edge(network, site)
    yield from _ingress(network, site)
    yield from _limits(network, site)
    yield from _separators(network, site)
    yield from _metrics(network, site)
    yield from _consumers(site)
    yield from _policies(site)


def _finding(
    network: Network, site: Site, rule: str, key: str, message: str, severity: Severity = Severity.ERROR
) -> Finding:
    """A finding about a config key, placed where the data sets it: in the namespace, else in the network."""
    own = not key or key in site.definition.config or key not in network.config
    base = ("skupper", "config") if own else ("config",)
    return Finding(
        rule=rule,
        message=message,
        severity=severity,
        datafile=site.definition.path if own else network.path,
        pointer=(*base, key) if key else ("skupper",),
        subject=site.subject,
    )


def _namespace_length(site: Site) -> Iterator[Finding]:
    length = len(site.namespace)
    if ingress(site) == "route" and length > LONGEST_NAMESPACE_WITH_ROUTES:
        yield Finding(
            rule="namespace-length",
            message=(
                f"namespace {site.namespace} has {length} characters; with ingress route at most "
                f"{LONGEST_NAMESPACE_WITH_ROUTES}, or the host of its Route is too long. Choose another ingress "
                "or a shorter namespace"
            ),
            datafile=site.definition.path,
            pointer=("name",),
            subject=site.subject,
        )


def _service_controller(network: Network, site: Site) -> Iterator[Finding]:
    if site.config.get("serviceController") is False:
        yield _finding(
            network, site, "service-controller", "serviceController",
            f"{site.key}: without the service-controller no token ever becomes a link. Remove the key",
        )  # fmt: skip


def _routers(network: Network, site: Site) -> Iterator[Finding]:
    if not site.routers:
        yield _finding(
            network, site, "routers", "routers",
            f"{site.key}: routers {site.config['routers']!r} is not a valid number of routers. Write 1 or more",
        )  # fmt: skip


def _edge(network: Network, site: Site) -> Iterator[Finding]:
    """Contradictions within one level; across levels the closer one wins."""
    for config in (site.definition.config, network.config):
        edge = bool(config.get("edge")) or config.get("routerMode") == "edge"
        mode = config.get("routerMode")
        if "edge" in config and mode is not None and (mode == "edge") is not config["edge"]:
            yield _finding(
                network, site, "edge-contradiction", "routerMode",
                f"{site.key}: edge is {str(config['edge']).lower()} but routerMode is {mode}. Keep one of the two",
            )  # fmt: skip
        if edge and config.get("ingress", "none") != "none":
            yield _finding(
                network, site, "edge-ingress", "ingress",
                f"{site.key} is an edge site and accepts no links, so it cannot have ingress {config['ingress']}. "
                "Remove the ingress, or make it an interior site with edge: false",
            )  # fmt: skip
    own = site.definition.config
    if site.edge and own.get("ingress", "none") != "none" and not own.get("edge") and "routerMode" not in own:
        yield _finding(
            network, site, "edge-ingress", "ingress",
            f"{site.key} is an edge site (its cluster is private) and accepts no links, so ingress "
            f"{own['ingress']} cannot be. Remove the ingress, or make it an interior site with edge: false",
        )  # fmt: skip


def _ingress(network: Network, site: Site) -> Iterator[Finding]:
    config = site.config
    declared = {**network.config, **site.definition.config}
    if declared.get("clusterLocal") and declared.get("ingress", "none") != "none":
        yield _finding(
            network, site, "cluster-local", "clusterLocal",
            f"{site.key}: clusterLocal stands for ingress none, but ingress is {declared['ingress']}. "
            "Keep one of the two",
        )  # fmt: skip
    if ingress(site) in _HOST_REQUIRED and not (config.get("ingressHost") or config.get("routerIngressHost")):
        yield _finding(
            network, site, "ingress-host", "ingress",
            f"{site.key}: ingress {ingress(site)} needs ingressHost, or its tokens carry no host. Add it",
        )  # fmt: skip
    if "routerLoadBalancerIp" in config and ingress(site) != "loadbalancer":
        yield _finding(
            network, site, "load-balancer-ip", "routerLoadBalancerIp",
            f"{site.key}: routerLoadBalancerIp has no effect with ingress {ingress(site)}",
            Severity.WARNING,
        )  # fmt: skip
    if config.get("clusterPermissions"):
        yield _finding(
            network, site, "cluster-permissions", "clusterPermissions",
            f"{site.key}: clusterPermissions has no effect, since the site-controller has no rights beyond its "
            "namespace",
            Severity.WARNING,
        )  # fmt: skip


def _limits(network: Network, site: Site) -> Iterator[Finding]:
    for key, limit in sorted(site.config.items()):
        match = _RESOURCE.match(key)
        request = site.config.get(match["key"]) if match else None
        if request is None:
            continue
        at_most, asked = quantity(str(limit)), quantity(str(request))
        if at_most is not None and asked is not None and at_most < asked:
            yield _finding(
                network, site, "limit-below-request", key,
                f"{site.key}: {key} {limit} is less than the {request} requested; no pod would start. Raise it",
            )  # fmt: skip


def _separators(network: Network, site: Site) -> Iterator[Finding]:
    separator = str(site.config.get("annotationSeparator", ","))
    for key, value in sorted(site.config.items()):
        if isinstance(value, dict) and any(separator in f"{name}{entry}" for name, entry in value.items()):
            yield _finding(
                network, site, "annotation-separator", key,
                f"{site.key}: a value of {key} contains {separator!r}, which separates the entries. "
                "Set annotationSeparator to a character that no value has",
            )  # fmt: skip


def _metrics(network: Network, site: Site) -> Iterator[Finding]:
    """Metrics that are to be scraped, and a NetworkPolicy that lets nobody outside of the namespace scrape them.

    Claims, which it shuts out as well, are not in the data; ``undeclared`` reports those that it stops.
    Source: ``pkg/kube/networkpolicies.go``.
    """
    annotations = site.config.get("routerPodAnnotations")
    keys = sorted(annotations) if isinstance(annotations, Mapping) else []
    scraped = [key for key in keys if key.startswith(_SCRAPED)]
    if site.config.get("createNetworkPolicy") and scraped and not _admits(site):
        yield _finding(
            network, site, "network-policy-metrics", "createNetworkPolicy",
            f"{site.key}: createNetworkPolicy lets no pod of another namespace reach the metrics of the routers (port "
            f"9090), which annotation {scraped[0]} offers to Prometheus. Add the namespace of Prometheus to "
            "networkPoliciesAllow of this one, or remove createNetworkPolicy or the annotation",
            Severity.WARNING,
        )  # fmt: skip


def _consumers(site: Site) -> Iterator[Finding]:
    """Namespaces that are to use the Services of a site, and that no NetworkPolicy lets in."""
    for index, other in enumerate(site.definition.admitted):
        if other.cluster != site.cluster.name:
            problem = (
                f"{other} is on another cluster, and a NetworkPolicy lets in pods of its own cluster only. Make a "
                f"namespace on cluster {other.cluster} a site of network {site.network}, and let {other} into that one"
            )
        elif site.cluster.no_network_policies and site.config.get("createNetworkPolicy"):
            problem = (
                f"createNetworkPolicy shuts {other} out of the Services of the network, and the cluster disables "
                "openshift-network-policies, which would let it in. Enable that, or remove createNetworkPolicy"
            )
        else:
            continue
        yield Finding(
            rule="consumer-shut-out",
            message=f"{site.key}: networkPoliciesAllow has no effect: {problem}",
            severity=Severity.WARNING,
            datafile=site.definition.path,
            pointer=("networkPoliciesAllow", index),
            subject=site.subject,
        )


def _admits(site: Site) -> bool:
    """True if the integration openshift-network-policies lets a namespace in, with all its pods and to all ports."""
    near = any(other.cluster == site.cluster.name for other in site.definition.admitted)
    return near and not site.cluster.no_network_policies


def _policies(site: Site) -> Iterator[Finding]:
    if site.definition.policies and not site.definition.cluster_admin:
        yield Finding(
            rule="policy-rights",
            message=(
                f"{site.key} refers to policies, which are cluster-scoped and need the cluster-admin token. "
                "Add clusterAdmin: true"
            ),
            datafile=site.definition.path,
            pointer=("skupper", "policies"),
            subject=site.subject,
        )
