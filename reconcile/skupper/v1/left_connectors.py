"""Takes out of a router what it still dials with although the token is deleted.

A service-controller removes a connector when it sees its token deleted. One that does not run then never catches up on
it, and the router dials on: two networks stay joined, or a site that is cut off stays linked. So the connector is
removed from ``skupper-internal``, as a service-controller would; its routers follow within seconds. That of a declared
link stays until another one takes its place.

Source: ``cmd/service-controller/{secret_controller,token_handler}.go``, ``cmd/config-sync/config_sync.go``.
"""

from collections.abc import Collection, Iterator

from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, SECRET
from reconcile.skupper.live import ObjectKey, entry_of
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint, names, provenance, router_config
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.members import Membership
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.separation import Separation
from reconcile.skupper.waits import Wait, WaitKind

_ENTRY = "skrouterd.json"


def changes(observed: ObservedState, members: Membership, separation: Separation) -> Iterator[Change]:
    """Remove the connectors of our links that have no Secret any more, one change for each link.

    One whose token was deleted just now is left to the service-controller: the change waits, and a run with it.
    """
    declared = {link for entry in observed.inputs.desired.networks for link in entry.links}
    needed = {(link.dialler, link.issuer) for link in declared if not separation.joins(link)}
    for key, connectors in members.left.items():
        live = observed.site(key)
        for issuer in sorted(set(connectors.values())):
            link = Link(key, issuer)
            if (key, issuer) in needed and not _replaced(link, live, connectors):
                continue
            left = [
                name
                for name, dialled in connectors.items()
                if dialled == issuer and live.find(SECRET, name) is None
            ]
            if left and not live.being_adopted and not separation.held(key, link):
                yield from _taken_out(left, link, live, observed)


def _taken_out(left: list[str], link: Link, live: LiveSite, observed: ObservedState) -> Iterator[Change]:
    """Take connectors of a link out of the router's configuration if that is ours."""
    internal = live.part(CONFIG_MAP, names.INTERNAL)
    if internal is None or not provenance.proven(internal, live.ownership):
        return
    ready = [name for name in left if not _pending(name, live, observed)]
    dropped = ready or left
    yield Change(
        verb=Verb.PATCH,
        cluster=live.key.cluster,
        namespace=live.key.namespace,
        kind=CONFIG_MAP,
        name=names.INTERNAL,
        network=observed.network_of(live.key),
        link=link,
        reason=f"the router still dials with {', '.join(dropped)}, whose token is deleted",
        waits_for=None if ready else Wait(WaitKind.DROPPED, str(live.key), "a later run finds it unchanged"),
        # Whoever has changed it meanwhile did not see this change.
        expects=internal.resource_version,
        body={"data": {_ENTRY: router_config.without(entry_of(internal, _ENTRY), dropped)}},
    )


def _replaced(link: Link, live: LiveSite, left: Collection[str]) -> bool:
    """True if the router has a connector of a link that has its token."""
    stem = f"{fingerprint.stem(link)}-"
    return any(name.startswith(stem) and name not in left for name in live.router_config.connectors)


def _pending(name: str, live: LiveSite, observed: ObservedState) -> bool:
    """True if the token was deleted in this run, so that the service-controller still acts on it."""
    now = observed.inputs.now
    if live.part(DEPLOYMENT, names.SERVICE_CONTROLLER) is None or live.downtime(
        names.SERVICE_CONTROLLER, now
    ):
        return False
    token = ObjectKey(SECRET, live.key.namespace, name)
    return token in observed.inputs.snapshot(live.key.cluster).gone.values()
