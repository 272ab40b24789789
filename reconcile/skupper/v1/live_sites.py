"""Finds the sites of ours that exist, for guards that look at all of them.

A site on a cluster that the data no longer has cannot be read. The tokens of its neighbours show that it exists, if we
have written them: their names and annotations alone could be made up to make it look as if the data had lost much.
"""

from collections.abc import Iterator
from functools import partial

from reconcile.kinds import SERVICE_ACCOUNT
from reconcile.skupper.census import LiveSites
from reconcile.skupper.live import LiveObject
from reconcile.skupper.removal_records import Keeper
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names, objects, provenance
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.observed_state import ObservedState

_SITE = frozenset(applied for applied in objects.APPLIED if applied[0] != SERVICE_ACCOUNT)


def find(observed: ObservedState) -> LiveSites:
    """All sites that are proven to be ours, with what is recorded on them."""
    keys = [key for key in sorted(observed.managed_namespaces) if exists(observed.site(key))]
    networks = {key: observed.network_of(key) for key in keys}
    networks |= {key: network for key, network in _remote(observed) if key not in networks}
    recorded = {key: observed.recorded(key, names.ORIGIN) for key in keys}
    origins = {key: origin for key, origin in recorded.items() if origin}
    return LiveSites(networks, origins, dict(_keepers(observed)))


def _keepers(observed: ObservedState) -> Iterator[tuple[SiteKey, Keeper]]:
    """The ServiceAccounts of sites that exist: Skupper copies none of their annotations to pods."""
    for key in sorted(observed.managed_namespaces):
        live = observed.site(key)
        account = live.find(SERVICE_ACCOUNT, names.SITE_CONTROLLER)
        if account:
            yield key, Keeper(account, partial(_may_keep, observed, live, account))


def _may_keep(observed: ObservedState, live: LiveSite, account: LiveObject) -> bool:
    return account in live.mine and not account.deleting and observed.may_write(live.key)


def exists(live: LiveSite) -> bool:
    """True if a namespace has anything that we applied besides the ServiceAccount, which is deleted after the site.

    What Skupper created is collected without our help.
    """
    return not live.foreign and any(
        (found.key.kind, found.key.name) in _SITE and not found.deleting for found in live.mine
    )


def _remote(observed: ObservedState) -> Iterator[tuple[SiteKey, str]]:
    """Sites on clusters that the data does not have, by the tokens of their neighbours."""
    clusters = observed.inputs.desired.clusters
    for secret in observed.secrets:
        for end in (secret.link.dialler, secret.link.issuer):
            if end.cluster not in clusters and provenance.written(secret.live):
                yield end, observed.network_of(end)
