"""The LISTs that show everything of ours on a cluster.

Skupper copies the labels of its ConfigMap to all that it makes, so one label selector a kind finds our objects and
its own. The two ConfigMaps that the routers write carry no labels and are found by their names.

Source: ``cmd/config-sync/collector.go``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

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
    Kind,
)
from reconcile.skupper.live import ClusterView, ObjectKey
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.reading import Look, Read
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import objects, peer, policies, provenance, words


def trace(ownership: Ownership) -> Read:
    """The one LIST that tells whether anything of ours is on a cluster: the ConfigMap of a site goes last."""
    return Read(CONFIG_MAP, labels=ownership.selector)


def reads(
    sites: Iterable[Site], ownership: Ownership, *, heartbeat: bool = False, take_over: bool = False
) -> tuple[Read, ...]:
    """All LISTs for a cluster with these declared sites.

    `heartbeat` adds the routers' leases, which tell how old a status is; `take_over` adds what the published
    integration made.
    """
    sites = tuple(sites)
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
    spare = not any(site.definition.policies for site in sites)
    found.append(Read(CLUSTER_POLICY, labels=ownership.selector, optional=True, admin=True, spare=spare))
    if take_over and sites:
        every = (CONFIG_MAP, SECRET, DEPLOYMENT, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, SERVICE)
        found += [Read(kind, labels=peer.SELECTOR) for kind in every]
        found.append(Read(ROUTE, labels=peer.SELECTOR, optional=True))
    return tuple(found)


def closer(sites: Iterable[Site], ownership: Ownership, view: ClusterView) -> tuple[Look, ...]:
    """What to look for by name after the LISTs: what we would apply and did not see, since others may have it.

    A namespace that is not declared is looked at if it holds something of ours but no site of ours: then that is
    what is left over, or a site of somebody else's.
    """
    sites = tuple(site for site in sites if site.live)
    names: dict[tuple[Kind, str], set[str]] = {}
    for site in sites:
        for kind, name in objects.APPLIED:
            names.setdefault((kind, name), set()).add(site.namespace)
    ours = {key.namespace for key, live in view.objects.items() if provenance.proven(live, ownership)}
    names.setdefault((CONFIG_MAP, words.SITE), set()).update(ours - {""})
    looks = []
    for (kind, name), namespaces in names.items():
        missing = sorted(space for space in namespaces if ObjectKey(kind, space, name) not in view.objects)
        if missing:
            looks.append(Look(_by_name(name, kind), tuple(missing)))
    return (*looks, *_closer_at_policies(sites, ownership, view))


def _closer_at_policies(sites: Iterable[Site], ownership: Ownership, view: ClusterView) -> Iterator[Look]:
    for _, name in policies.desired(sites, ownership):
        if ObjectKey(CLUSTER_POLICY, "", name) not in view.objects:
            yield Look(replace(_by_name(name, CLUSTER_POLICY), optional=True, admin=True))


def _by_name(name: str, kind: Kind = CONFIG_MAP) -> Read:
    return Read(kind, fields=f"metadata.name={name}")
