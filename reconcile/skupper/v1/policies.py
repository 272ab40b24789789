"""``SkupperClusterPolicy`` objects: one per policy and cluster, for the namespaces that refer to it.

The kind is cluster-scoped and its ``namespaces`` are unanchored regular expressions, so names are anchored here.

Source: ``api/types/crds`` and ``client/policy_validator.go``.
"""

import re
from collections.abc import Collection, Iterable
from typing import Any

from reconcile.kinds import CLUSTER_POLICY
from reconcile.skupper.definitions import Policy
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.sites import Site


def desired(
    sites: Iterable[Site], ownership: Ownership, *, refused: Collection[str] = ()
) -> dict[tuple[str, str], dict[str, Any]]:
    """(cluster, object name) -> JSON body, for all policies of wanted sites, except those `refused`."""
    namespaces: dict[tuple[str, Policy], list[str]] = {}
    for site in sites:
        if site.wanted:
            for policy in site.definition.policies:
                if policy.identifier in refused:
                    continue
                namespaces.setdefault((site.cluster.name, policy), []).append(site.namespace)
    bodies = {}
    for (cluster, policy), names in namespaces.items():
        name = _name(ownership.instance, policy.identifier)
        bodies[cluster, name] = _body(name, policy, sorted(names), ownership)
    return dict(sorted(bodies.items()))


def names(
    sites: Iterable[Site], ownership: Ownership, identifiers: Collection[str]
) -> frozenset[tuple[str, str]]:
    """(cluster, object name) of some policies, wherever a site refers to one of them."""
    return frozenset(
        (site.cluster.name, _name(ownership.instance, policy.identifier))
        for site in sites
        for policy in site.definition.policies
        if policy.identifier in identifiers
    )


def referring(sites: Iterable[Site], ownership: Ownership) -> dict[tuple[str, str], list[Site]]:
    """(cluster, object name) -> all sites that refer to the policy, those marked ``delete`` included."""
    found: dict[tuple[str, str], list[Site]] = {}
    for site in sites:
        for policy in site.definition.policies:
            name = _name(ownership.instance, policy.identifier)
            found.setdefault((site.cluster.name, name), []).append(site)
    return found


def _name(instance: str, identifier: str) -> str:
    """The instance separates app-interfaces; as a label value it may contain what an object name may not."""
    return re.sub(r"[^a-z0-9]+", "-", f"{instance}-{identifier}".lower())


def _body(name: str, policy: Policy, namespaces: list[str], ownership: Ownership) -> dict[str, Any]:
    return {
        "apiVersion": CLUSTER_POLICY.api_version,
        "kind": CLUSTER_POLICY.name,
        "metadata": {"name": name, "labels": ownership.labels},
        "spec": {
            "namespaces": [f"^{namespace}$" for namespace in namespaces],
            "allowIncomingLinks": policy.allow_incoming_links,
            "allowedOutgoingLinksHostnames": list(policy.allowed_outgoing_links_hostnames),
            "allowedExposedResources": list(policy.allowed_exposed_resources),
            "allowedServices": list(policy.allowed_services),
        },
    }
