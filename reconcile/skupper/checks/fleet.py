"""Rules across networks: a namespace is one site, an identifier one network, and policies cover a whole cluster."""

from collections import defaultdict
from collections.abc import Iterator

from reconcile.findings import Finding, Severity
from reconcile.skupper.checks import patterns
from reconcile.skupper.definitions import Definitions, Network, Policy, SiteDefinition

_Member = tuple[Network, SiteDefinition]


def check(definitions: Definitions) -> Iterator[Finding]:
    """All findings about the networks taken together."""
    yield from _identifiers(definitions)
    yield from _overlaps(definitions)
    yield from _policy_patterns(definitions)
    yield from _policy_gaps(definitions)


def _members(definitions: Definitions) -> Iterator[_Member]:
    for network in definitions.networks:
        for site in network.sites:
            yield network, site


def _identifiers(definitions: Definitions) -> Iterator[Finding]:
    by_name: dict[str, list[Network]] = defaultdict(list)
    for network in definitions.networks:
        by_name[network.identifier].append(network)
    for identifier, networks in sorted(by_name.items()):
        for network in sorted(networks, key=lambda entry: entry.path)[1:]:
            yield Finding(
                rule="duplicate-identifier",
                message=f"another network is named {identifier} already. Choose another identifier",
                datafile=network.path,
                pointer=("identifier",),
                network=identifier,
            )


def _overlaps(definitions: Definitions) -> Iterator[Finding]:
    by_place: dict[tuple[str, str], list[_Member]] = defaultdict(list)
    for network, site in _members(definitions):
        if not site.delete:
            by_place[site.cluster.name, site.namespace].append((network, site))
    for (cluster, namespace), members in sorted(by_place.items()):
        members.sort(key=lambda member: member[1].path)
        for network, site in members[1:]:
            first = members[0]
            yield Finding(
                rule="overlapping-networks",
                message=(
                    f"{cluster}/{namespace} is a site of network {first[0].identifier} already "
                    f"({first[1].path}). A namespace is one site of one network"
                ),
                datafile=site.path,
                pointer=("skupper", "network"),
                network=network.identifier,
                cluster=cluster,
                namespace=namespace,
            )


def _policy_patterns(definitions: Definitions) -> Iterator[Finding]:
    users: dict[Policy, list[_Member]] = defaultdict(list)
    for network, site in _members(definitions):
        for policy in site.policies:
            users[policy].append((network, site))
    for policy in sorted(users, key=lambda policy: (policy.path, policy.identifier)):
        for field, listed in _patterns(policy).items():
            for index, pattern in enumerate(listed):
                fault = "" if pattern == "*" else patterns.fault(pattern)
                if fault:
                    yield Finding(
                        rule="policy-pattern",
                        message=(
                            f"{pattern!r} is not a regular expression ({fault}), so Skupper would silently never match "
                            f"it. Policy {policy.identifier} is neither applied nor deleted until that is corrected; "
                            f"used by {_users(users[policy])}. Write .* where any text is meant"
                        ),
                        datafile=policy.path,
                        pointer=(field, index),
                        policy=policy.identifier,
                    )


def _users(members: list[_Member]) -> str:
    """``network vault (a/net, b/net); network grafana (a/other)``."""
    by_network: dict[str, set[str]] = defaultdict(set)
    for network, site in members:
        by_network[network.identifier].add(f"{site.cluster.name}/{site.namespace}")
    return "; ".join(
        f"network {network} ({', '.join(sorted(places))})" for network, places in sorted(by_network.items())
    )


def _patterns(policy: Policy) -> dict[str, tuple[str, ...]]:
    return {
        "allowedOutgoingLinksHostnames": policy.allowed_outgoing_links_hostnames,
        "allowedServices": policy.allowed_services,
    }


def _policy_gaps(definitions: Definitions) -> Iterator[Finding]:
    """Where the policy CRD is installed, a namespace without a policy may do nothing at all."""
    members = [member for member in _members(definitions) if not member[1].delete]
    with_policies = {site.cluster.name for _, site in members if site.policies}
    for network, site in members:
        if site.cluster.name in with_policies and not site.policies:
            yield Finding(
                rule="policy-gap",
                message=(
                    f"other sites on cluster {site.cluster.name} have policies, {site.namespace} has none: "
                    "Skupper would deny it everything. Add one"
                ),
                severity=Severity.WARNING,
                datafile=site.path,
                pointer=("skupper",),
                network=network.identifier,
                cluster=site.cluster.name,
                namespace=site.namespace,
            )
