"""The LISTs that show all managed objects on a cluster.

Skupper copies the labels of its ConfigMap to all objects that it creates, so one label selector per kind finds our
objects and Skupper's. The two ConfigMaps that the routers write have no labels and are found by name.

Source: ``cmd/config-sync/collector.go``.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from reconcile.kinds import (
    CLUSTER_POLICY,
    CLUSTER_ROLE,
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
from reconcile.skupper.list_requests import ListRequest, Probe, Reading
from reconcile.skupper.live import ClusterSnapshot, ObjectKey
from reconcile.skupper.ownership import INSTANCE, Ownership
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import (
    controller_rights,
    legacy,
    names,
    objects,
    policies,
    policy_readers,
    provenance,
    router_config,
)
from reconcile.skupper.v1.sites import ingress

LEASES = ListRequest(CONFIG_MAP, fields=f"metadata.name={names.LEADER}")
"""The leases of the routers. Each is renewed every two seconds, which proves the status beside it to be current."""

OWN_CERTIFICATES = ((SECRET, names.SITE_CA), (SECRET, names.SITE_SERVER))
"""What Skupper uses as it is if somebody else has created it beforehand, without our labels."""


def reading(sites: Sequence[Site], ownership: Ownership, *, take_over: bool = False) -> Reading:
    """What to read of a cluster with these declared sites."""
    return Reading(
        presence_list=presence_list(ownership),
        lists=list_requests(sites, ownership, take_over=take_over),
        heartbeats=(LEASES,),
        probes_for=partial(probes_for, sites, ownership),
        namespaces=tuple(sorted({site.namespace for site in sites})),
    )


def presence_list(ownership: Ownership) -> ListRequest:
    """The one LIST that shows whether a cluster has managed objects: a site's ServiceAccount is deleted last."""
    return ListRequest(SERVICE_ACCOUNT, labels=ownership.selector)


def list_requests(
    sites: Iterable[Site], ownership: Ownership, *, take_over: bool = False
) -> tuple[ListRequest, ...]:
    """All LISTs for a cluster with these declared sites.

    `take_over` adds the objects of ``skupper_network``.
    """
    sites = tuple(sites)
    ingresses = {ingress(site) for site in sites}
    kinds = [SECRET, DEPLOYMENT, SERVICE_ACCOUNT, ROLE, ROLE_BINDING]
    if ingresses & {"loadbalancer", "nodeport"}:
        kinds.append(SERVICE)
    found = [ListRequest(CONFIG_MAP, labels=ownership.selector), _by_name(names.NETWORK_STATUS), LEASES]
    found += [ListRequest(kind, labels=ownership.selector) for kind in kinds]
    if "route" in ingresses:
        # Plain Kubernetes has no Routes; there the sites report that their host is missing.
        found.append(ListRequest(ROUTE, labels=ownership.selector, optional=True))
    best_effort = not any(site.definition.policies for site in sites)
    found.append(
        ListRequest(
            CLUSTER_POLICY, labels=ownership.selector, optional=True, admin=True, best_effort=best_effort
        )
    )
    if take_over and sites:
        every = (CONFIG_MAP, SECRET, DEPLOYMENT, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, SERVICE)
        found += [ListRequest(kind, labels=legacy.SELECTOR) for kind in every]
        found.append(ListRequest(ROUTE, labels=legacy.SELECTOR, optional=True))
    return tuple(found)


def probes_for(sites: Iterable[Site], ownership: Ownership, snapshot: ClusterSnapshot) -> tuple[Probe, ...]:
    """What to look up by name after the LISTs: foreign objects may have the names that we would apply.

    A namespace that is not declared is probed if it has managed objects but no site of ours: it has leftover
    resources, or a foreign site. Where a router dials with a Secret that the LISTs did not show, the tokens are probed.
    The Services of a site that is to be removed are listed as well, and the ClusterRole that sites are bound to.
    """
    every = tuple(sites)
    sites = tuple(site for site in every if site.wanted)
    wanted_names: dict[tuple[Kind, str], set[str]] = {}
    for site in sites:
        bound = controller_rights.is_bound(site.namespace, snapshot.objects)
        for kind, name in (*objects.applied(bound=bound), *(() if site.edge else OWN_CERTIFICATES)):
            wanted_names.setdefault((kind, name), set()).add(site.namespace)
        if site.edge and ObjectKey(SECRET, site.namespace, names.SITE_SERVER) in snapshot.objects:
            # An interior site that should be an edge site: what is open there is to be named.
            for route in (names.INTER_ROUTER_ROUTE, names.EDGE_ROUTE, names.CLAIMS_ROUTE):
                wanted_names.setdefault((ROUTE, route), set()).add(site.namespace)
    ours = {key.namespace for key, live in snapshot.objects.items() if provenance.proven(live, ownership)}
    wanted_names.setdefault((CONFIG_MAP, names.SITE), set()).update(ours - {""})
    probes = []
    for (kind, name), namespaces in wanted_names.items():
        missing = sorted(
            space for space in namespaces if ObjectKey(kind, space, name) not in snapshot.objects
        )
        if missing:
            probes.append(Probe(_by_name(name, kind, optional=kind == ROUTE), tuple(missing)))
    if any(controller_rights.depends_on_cluster_role(site, snapshot.objects) for site in sites):
        # Only accounts with the rights of deploy/rbac/site-controller.yaml may list it.
        probes.append(Probe(_by_name(names.BOUND_ROLE, CLUSTER_ROLE, optional=True)))
    return (
        *probes,
        *_token_probes(snapshot),
        *_service_probes({site.namespace for site in sites}, ownership, snapshot),
        *_policy_probes(sites, ownership, snapshot),
        *_reader_probes(every, ownership, snapshot),
    )


def _token_probes(snapshot: ClusterSnapshot) -> Iterator[Probe]:
    """Look up the tokens of namespaces whose router dials with a Secret that is not ours or has lost our labels."""
    namespaces = {
        key.namespace
        for key, live in snapshot.objects.items()
        if (key.kind, key.name) == (CONFIG_MAP, names.INTERNAL)
        for connector in live.derived(router_config.of).connectors
        if ObjectKey(SECRET, key.namespace, connector) not in snapshot.objects
    }
    if namespaces:
        tokens = ListRequest(SECRET, labels=f"{names.TYPE} in ({names.TOKEN},{names.CLAIM})")
        yield Probe(tokens, tuple(sorted(namespaces)))


def _service_probes(
    wanted: Collection[str], ownership: Ownership, snapshot: ClusterSnapshot
) -> Iterator[Probe]:
    """The Services in each namespace whose site is to be removed: some may lead to its router (``exposed``)."""
    for key, live in sorted(snapshot.objects.items()):
        site = (key.kind, key.name) == (CONFIG_MAP, names.SITE) and provenance.proven(live, ownership)
        if site and key.namespace not in wanted:
            # Nothing watches what a probe finds, so Skupper's own Services, which have to go, must not be among it.
            request = ListRequest(
                SERVICE, labels=f"!{INSTANCE}", fields=f"metadata.namespace={key.namespace}"
            )
            yield Probe(request, (key.namespace,))


def _policy_probes(sites: Iterable[Site], ownership: Ownership, snapshot: ClusterSnapshot) -> Iterator[Probe]:
    for _, name in policies.desired(sites, ownership):
        if ObjectKey(CLUSTER_POLICY, "", name) not in snapshot.objects:
            yield Probe(replace(_by_name(name, CLUSTER_POLICY), optional=True, admin=True))


def _reader_probes(sites: Sequence[Site], ownership: Ownership, snapshot: ClusterSnapshot) -> Iterator[Probe]:
    """What lets service-controllers read policies, of ours and of an administrator, where it matters."""
    for kind, name in policy_readers.looked_up(sites, ownership, snapshot):
        if ObjectKey(kind, "", name) not in snapshot.objects:
            yield Probe(replace(_by_name(name, kind), optional=True, admin=True))


def _by_name(name: str, kind: Kind = CONFIG_MAP, *, optional: bool = False) -> ListRequest:
    return ListRequest(kind, fields=f"metadata.name={name}", optional=optional)
