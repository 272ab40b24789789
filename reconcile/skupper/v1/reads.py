"""The LISTs that show everything of ours on a cluster.

Skupper copies the labels of its ConfigMap to all that it makes, so one label selector a kind finds our objects and
its own. The two ConfigMaps that the routers write carry no labels and are found by their names.

Source: ``cmd/config-sync/collector.go``.
"""

from collections.abc import Iterable

from reconcile.kinds import (
    CLUSTER_POLICY,
    CONFIG_MAP,
    DEPLOYMENT,
    ROLE,
    ROLE_BINDING,
    ROUTE,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
)
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.reading import Read
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import words


def trace(ownership: Ownership) -> Read:
    """The one LIST that tells whether anything of ours is on a cluster: the ConfigMap of a site goes last."""
    return Read(CONFIG_MAP, labels=ownership.selector)


def reads(sites: Iterable[Site], ownership: Ownership, *, heartbeat: bool = False) -> tuple[Read, ...]:
    """All LISTs for a cluster with these declared sites.

    `heartbeat` adds the routers' leases, which tell how old a status is.
    """
    ingresses = {site.ingress for site in sites}
    kinds = [SECRET, DEPLOYMENT, SERVICE_ACCOUNT, ROLE, ROLE_BINDING]
    if ingresses & {"loadbalancer", "nodeport"}:
        kinds.append(SERVICE)
    found = [trace(ownership), _by_name(words.NETWORK_STATUS)]
    if heartbeat:
        found.append(_by_name(words.LEADER))
    found += [Read(kind, labels=ownership.selector) for kind in kinds]
    if "route" in ingresses:
        # Plain Kubernetes has no Routes; there the sites lack their host, and say so.
        found.append(Read(ROUTE, labels=ownership.selector, optional=True))
    found.append(Read(CLUSTER_POLICY, labels=ownership.selector, optional=True, admin=True))
    return tuple(found)


def foreign() -> Read:
    """The LIST that shows sites of others, made only where a declared site is missing."""
    return _by_name(words.SITE)


def _by_name(name: str) -> Read:
    return Read(CONFIG_MAP, fields=f"metadata.name={name}")
