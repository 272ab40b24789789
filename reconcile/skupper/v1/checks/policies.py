"""Rules about the cluster policies that sites refer to; a policy covers a whole cluster."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from reconcile import go_patterns
from reconcile.findings import Finding, PolicySubject, Severity
from reconcile.skupper.definitions import Policy
from reconcile.skupper.desired import ResolvedNetwork
from reconcile.skupper.sites import Site


def check(networks: Sequence[ResolvedNetwork]) -> Iterator[Finding]:
    """All findings about policies."""
    yield from _policy_patterns(networks)
    yield from _policy_gaps(networks)


def _policy_patterns(networks: Sequence[ResolvedNetwork]) -> Iterator[Finding]:
    users: dict[Policy, list[Site]] = defaultdict(list)
    for site in _sites(networks):
        for policy in site.definition.policies:
            users[policy].append(site)
    for policy in sorted(users, key=lambda policy: (policy.path, policy.identifier)):
        for field, listed in _patterns(policy).items():
            for index, pattern in enumerate(listed):
                fault = "" if pattern == "*" else go_patterns.fault(pattern)
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
                        subject=PolicySubject(policy.identifier),
                    )


def _users(sites: list[Site]) -> str:
    """``network vault (a/net, b/net); network grafana (a/other)``."""
    by_network: dict[str, set[str]] = defaultdict(set)
    for site in sites:
        by_network[site.network].add(str(site.key))
    return "; ".join(
        f"network {network} ({', '.join(sorted(places))})" for network, places in sorted(by_network.items())
    )


def _patterns(policy: Policy) -> dict[str, tuple[str, ...]]:
    return {
        "allowedOutgoingLinksHostnames": policy.allowed_outgoing_links_hostnames,
        "allowedServices": policy.allowed_services,
    }


def _policy_gaps(networks: Sequence[ResolvedNetwork]) -> Iterator[Finding]:
    """Where the policy CRD is installed, a namespace without a policy may do nothing at all."""
    sites = [site for site in _sites(networks) if site.wanted]
    with_policies = {site.cluster.name for site in sites if site.definition.policies}
    for site in sites:
        if site.cluster.name in with_policies and not site.definition.policies:
            yield Finding(
                rule="policy-gap",
                message=(
                    f"other sites on cluster {site.cluster.name} have policies, {site.namespace} has none: "
                    "Skupper would deny it everything. Add one"
                ),
                severity=Severity.WARNING,
                datafile=site.definition.path,
                pointer=("skupper",),
                subject=site.subject,
            )


def _sites(networks: Sequence[ResolvedNetwork]) -> Iterator[Site]:
    for network in networks:
        yield from network.sites
