"""What people, clouds and Skupper itself do to clusters."""

import base64

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROUTE, SECRET, SERVICE_ACCOUNT
from reconcile.sandbox.skupper import certificates
from reconcile.skupper.definitions import ApprovedChange
from reconcile.skupper.ownership import INSTANCE, MANAGED_BY
from reconcile.skupper.plan import SiteState
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names
from tests.end_to_end.harness import OURS
from tests.soak.data import DeclaredSite
from tests.soak.fleet import DAY, SoakFleet
from tests.soak.table import event
from tests.waiting import until


@event()
def a_token_is_lost(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.whole())
    found = fleet.tokens(key)
    if not found:
        return None
    fleet.harness[key.cluster].remove(SECRET, found[0], key.namespace)
    fleet.broken.add(key)
    return f"a token of {key} is deleted"


@event()
def labels_are_lost(fleet: SoakFleet) -> str:
    key = fleet.choose(fleet.whole())
    kind, name = fleet.draw.choice(
        [(CONFIG_MAP, names.SITE), (SERVICE_ACCOUNT, names.SITE_CONTROLLER), (SECRET, "")]
    )
    name = name or next(iter(fleet.tokens(key)), "")
    if fleet.harness[key.cluster].find(kind, name, key.namespace):
        without = {"metadata": {"labels": dict.fromkeys(OURS.labels)}}
        fleet.admins[key.cluster].patch(kind, name, key.namespace, without)
        # Labels are copied to pods.
        fleet.broken.add(key)
    return f"{kind.name} of {key} loses its labels"


@event()
def a_site_is_recreated(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.whole())
    fleet.harness[key.cluster].remove(CONFIG_MAP, names.SITE, key.namespace)
    if patient := fleet.draw.random() < 0.5:
        fleet.gone(key)
    fleet.broken.add(key)
    return f"ConfigMap skupper-site of {key} is deleted" + (", and the site is gone" if patient else "")


@event()
def a_router_is_deleted(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.whole())
    if not fleet.harness[key.cluster].find(DEPLOYMENT, names.ROUTER, key.namespace):
        return None
    fleet.harness[key.cluster].remove(DEPLOYMENT, names.ROUTER, key.namespace)
    fleet.broken.add(key)
    return f"Deployment skupper-router of {key} is deleted"


@event(first=True)
def a_router_is_scaled_to_zero_and_back(fleet: SoakFleet) -> str:
    key = fleet.choose(fleet.whole())
    admin = fleet.admins[key.cluster]
    admin.patch(DEPLOYMENT, names.ROUTER, key.namespace, {"spec": {"replicas": 0}})
    fleet.broken.add(key)
    fleet.begin()
    result = fleet.run(wait=1)
    (site,) = [site for site in result.outcome.plan.sites if site.key == key]
    assert site.state is SiteState.DOWN, site
    admin.patch(DEPLOYMENT, names.ROUTER, key.namespace, {"spec": {"replicas": 1}})
    return f"the router of {key} is scaled to 0 for one run"


@event()
def a_ca_is_replaced(fleet: SoakFleet) -> str | None:
    """As ``skupper revoke-access`` does: a new CA, a server certificate by it, and the router restarts."""
    key = fleet.choose(fleet.interior())
    found = fleet.harness[key.cluster].find(SECRET, names.SITE_SERVER, key.namespace) if key else None
    if found is None:
        return None
    hosts = sorted(certificates.hosts_of(base64.b64decode(found["data"]["tls.crt"])))
    authority = certificates.new_authority(names.SITE_CA, at=fleet.clock.now())
    fleet.admins[key.cluster].patch(SECRET, names.SITE_CA, key.namespace, {"data": authority})
    _present(fleet, key, hosts, authority)
    return f"the CA of {key} is replaced"


@event()
def a_ca_nears_its_end(fleet: SoakFleet) -> str | None:
    """And its renewal is approved."""
    key = fleet.choose(fleet.interior())
    found = fleet.harness[key.cluster].find(SECRET, names.SITE_SERVER, key.namespace) if key else None
    if found is None:
        return None
    hosts = sorted(certificates.hosts_of(base64.b64decode(found["data"]["tls.crt"])))
    created = fleet.clock.now() - certificates.LIFETIME.total_seconds() + 50 * 86400
    authority = certificates.new_authority(names.SITE_CA, at=created)
    fleet.admins[key.cluster].patch(SECRET, names.SITE_CA, key.namespace, {"data": authority})
    _present(fleet, key, hosts, authority, created)
    fleet.data.networks[fleet.data.wanted[key]].approve(ApprovedChange.REVOKE, key)
    return f"the CA of {key} expires in 50 days, and another one is approved"


@event()
def a_host_changes(fleet: SoakFleet) -> str | None:
    """Its Routes get another host, for which its certificate is valid."""
    key = fleet.choose(fleet.interior())
    cluster = fleet.harness[key.cluster]
    found, ca = (cluster.find(SECRET, name, key.namespace) for name in (names.SITE_SERVER, names.SITE_CA))
    if not found or not ca:
        return None
    hosts = certificates.hosts_of(base64.b64decode(found["data"]["tls.crt"]))
    serial = fleet.next_serial()
    new = {
        name: f"{name}-{serial}.{key.namespace}.{key.cluster}.example"
        for name in (names.INTER_ROUTER_ROUTE, names.EDGE_ROUTE)
    }
    _present(fleet, key, sorted({*hosts, *new.values()}), ca["data"])
    for name, host in new.items():
        fleet.admins[key.cluster].patch(ROUTE, name, key.namespace, {"spec": {"host": host}})
    return f"the Routes of {key} get other hosts"


def _present(
    fleet: SoakFleet, key: SiteKey, hosts: list[str], authority: dict[str, str], created: float = 0
) -> None:
    """Give a router another certificate, created now or at another time, and restart it."""
    signed_by = certificates.read_authority(names.SITE_CA, authority)
    at = created or fleet.clock.now()
    server = certificates.new_leaf("skupper-router", hosts, authority=signed_by, at=at)
    admin = fleet.admins[key.cluster]
    admin.patch(SECRET, names.SITE_SERVER, key.namespace, {"data": server})
    template = {"metadata": {"annotations": {"restarted": str(fleet.next_serial())}}}
    admin.patch(DEPLOYMENT, names.ROUTER, key.namespace, {"spec": {"template": template}})
    fleet.broken.add(key)


@event(weight=0.5)
def days_pass(fleet: SoakFleet) -> str:
    days = fleet.draw.choice([1, 7, 30])
    fleet.clock.advance(days * DAY)
    return f"{days} days pass"


@event()
def foreign_objects_appear(fleet: SoakFleet) -> str:
    """In a namespace of ours and in one that we have nothing to do with; some resemble the Secrets of links."""
    key, other = (fleet.choose(fleet.data.wanted) for _ in range(2))
    labels = fleet.draw.choice(
        [{}, {"team": "theirs"}, {MANAGED_BY: OURS.labels[MANAGED_BY], INSTANCE: "other"}]
    )
    ends = fleet.draw.choice([{}, {names.DIALLER: str(key), names.ISSUER: str(other)}])
    for namespace in (key.namespace, "foreign"):
        for kind in (SECRET, CONFIG_MAP):
            name = f"link-theirs-{fleet.next_serial()}"
            metadata = {"name": name, "namespace": namespace, "labels": labels, "annotations": ends}
            body = {"apiVersion": "v1", "kind": kind.name, "metadata": metadata, "data": {}}
            fleet.harness[key.cluster].load(body)
            fleet.invariants.expect_untouched(key.cluster, kind, namespace, name)
    return f"foreign objects appear in {key} and {key.cluster}/foreign"


@event(first=True)
def a_foreign_site_is_where_one_is_declared(fleet: SoakFleet) -> str | None:
    key = fleet.choose(fleet.free())
    if key is None:
        return None
    place = (key.cluster, CONFIG_MAP, key.namespace, names.SITE)
    metadata = {"name": names.SITE, "namespace": key.namespace}
    fleet.harness[key.cluster].load(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"name": "theirs"}}
    )
    fleet.invariants.expect_untouched(*place)
    network = fleet.draw.choice(sorted(fleet.data.networks))
    fleet.data.networks[network].sites[key] = DeclaredSite()
    fleet.begin()
    result = fleet.run(wait=5)
    assert "foreign-site" in result.errors, result.errors
    fleet.invariants.forget_foreign(*place)
    fleet.harness[key.cluster].remove(CONFIG_MAP, names.SITE, key.namespace)
    fleet.begin()
    return f"{key} joins {network}, where somebody else has a site and deletes it"


@event(first=True)
def somebody_links_two_networks(fleet: SoakFleet) -> str | None:
    """A token is copied to a site of another network: that is named, and nobody but its owner deletes it."""
    source = fleet.choose(key for key in fleet.whole() if fleet.tokens(key))
    network = fleet.data.wanted.get(source)
    target = fleet.choose(key for key in fleet.interior() if fleet.data.wanted[key] != network)
    if source is None or target is None:
        return None
    token = fleet.harness[source.cluster].find(SECRET, fleet.tokens(source)[0], source.namespace)
    kept = {key: text for key, text in token["metadata"]["annotations"].items() if key in _COPIED}
    name = f"copied-{fleet.next_serial()}"
    metadata = {"name": name, "namespace": target.namespace, "annotations": kept}
    metadata["labels"] = {names.TYPE: names.TOKEN}
    fleet.harness[target.cluster].load(
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": token["data"]}
    )
    before = fleet.invariants.links()
    until(lambda: fleet.invariants.links() != before)
    fleet.invariants.expect_untouched(target.cluster, SECRET, target.namespace, name)
    fleet.begin()
    result = fleet.run(wait=5)
    assert "undeclared-token" in result.errors, result.errors
    fleet.invariants.forget_foreign(target.cluster, SECRET, target.namespace, name)
    fleet.harness[target.cluster].remove(SECRET, name, target.namespace)
    until(lambda: fleet.invariants.links() <= before)
    return f"somebody copies a token of {source} to {target} for one run"


_COPIED = frozenset(
    {"inter-router-host", "inter-router-port", "edge-host", "edge-port", "skupper.io/generated-by"}
)
"""Annotations without which a copied token makes no link."""
