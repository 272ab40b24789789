"""Proof of ownership: labels claim that an object is ours, and something else must confirm it.

Labels are easily copied with the rest of a manifest. So an object counts as ours, and may be deleted, only if it has
our labels *and* what only we or Skupper write: the name and the field manager of what we apply, the name and both ends
of a link's Secret, or the owner of what Skupper creates for a site.
"""

from datetime import UTC, datetime

from reconcile.kinds import CONFIG_MAP, SECRET
from reconcile.skupper.live import LiveObject, managed_fields
from reconcile.skupper.ownership import FIELD_MANAGER, INSTANCE, Ownership
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import fingerprint, legacy, names, objects

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def applied(live: LiveObject) -> bool:
    """True if we have applied this object: our field manager owns some of its fields."""
    return any(entry.manager == FIELD_MANAGER and entry.applied for entry in managed_fields(live))


def written(live: LiveObject) -> bool:
    """True if we have written this object: our field manager owns some of its fields, by whatever operation."""
    return any(entry.manager == FIELD_MANAGER for entry in managed_fields(live))


def proven(live: LiveObject, ownership: Ownership) -> bool:
    """True if an object is proven to be ours: created by us, or by Skupper for one of our sites."""
    if not ownership.covers(live.labels):
        return False
    if any(owner.kind == CONFIG_MAP.name and owner.name == names.SITE for owner in live.owners):
        return True
    if live.key.kind == SECRET:
        return bool(ends(live))
    return (live.key.kind, live.key.name) in objects.APPLIED and applied(live)


def ends(live: LiveObject) -> Link | None:
    """The link that a Secret belongs to, if its annotations, name and namespace agree; else None.

    The cluster is not known here; the caller checks it.
    """
    return live.derived(_ends)


def _ends(live: LiveObject) -> Link | None:
    dialler, issuer = (site_named(live.annotations.get(end, "")) for end in (names.DIALLER, names.ISSUER))
    if not dialler or not issuer or live.key.namespace not in {dialler.namespace, issuer.namespace}:
        return None
    link = Link(dialler, issuer)
    named = live.key.name.startswith(f"{fingerprint.stem(link)}-") or legacy.token(live)
    return link if named else None


def parked(live: LiveObject) -> bool:
    """True if this is a delivered token that we have taken out of use: it lacks the label that makes it a token."""
    return names.PARKED in live.annotations and names.TYPE not in live.labels


def owner_of(live: LiveObject) -> str:
    """Who owns a foreign object, for messages, by its labels."""
    instance = live.labels.get(INSTANCE)
    if instance:
        return f"it belongs to the instance {instance}"
    return "it is not ours"


def managers(live: LiveObject) -> str:
    """Who wrote an object, for messages: its field managers, the first one first."""
    entries = sorted(managed_fields(live), key=lambda entry: entry.written or _LONG_AGO)
    found = dict.fromkeys(entry.manager for entry in entries)
    return ", ".join(filter(None, found)) or "an unknown field manager"


def site_named(written: str) -> SiteKey | None:
    """The site that an annotation names as ``cluster/namespace``; None if it names none."""
    cluster, slash, namespace = written.partition("/")
    return SiteKey(cluster, namespace) if slash and cluster and namespace else None
