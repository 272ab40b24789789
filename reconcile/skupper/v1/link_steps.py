"""The writes for a link: request, retrigger, delivery, removals.

Each Secret of a link has annotations for both ends of the link. The data of a token is never part of a change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reconcile.findings import Reason
from reconcile.kinds import SECRET
from reconcile.skupper.ownership import Ownership
from reconcile.skupper.plan import Change, HandOver, ObjectRef, Verb
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import names
from reconcile.skupper.v1.delivery import Delivery
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.waits import Wait, WaitKind


@dataclass(frozen=True, slots=True)
class LinkEnds:
    """A declared link with both of its sites as they are now, and its Secrets at both."""

    network: str
    link: Link
    dialler_is_edge: bool
    dialler: LiveSite
    issuer: LiveSite
    secrets: Sequence[LinkSecret]
    ownership: Ownership
    rotate_after: datetime | None = None
    """Secrets that were not asked for since this order are stale; None without one."""
    revoking: bool = False
    """True while the router of the issuer may not have loaded its new CA, so that tokens of that cannot connect."""
    opposite: Sequence[LinkSecret] = ()
    """The Secrets of the link in the opposite direction, which hides this one while it is in use."""

    @property
    def delivered(self) -> list[LinkSecret]:
        return [secret for secret in self.secrets if secret.delivered]

    @property
    def parked(self) -> list[LinkSecret]:
        """The parked tokens between the two sites, of either direction."""
        return [secret for secret in (*self.secrets, *self.opposite) if secret.parked]

    def outdated(self, secret: LinkSecret) -> bool:
        """True if an order asks for the replacement of this Secret."""
        made_for = secret.rotated_at
        return bool(self.rotate_after and (made_for is None or made_for < self.rotate_after))

    @property
    def at_issuer(self) -> list[LinkSecret]:
        return [secret for secret in self.secrets if not secret.delivered]


def path(
    ends: LinkEnds, name: str, reason: str, *, waits_for: Wait | None = None, deliver_now: bool = False
) -> list[Change]:
    """All steps of a new link: request, delivery, removal of the issuer's copy."""
    dialler, issuer = ends.link.dialler, ends.link.issuer
    return [
        Change(
            verb=Verb.CREATE,
            cluster=issuer.cluster,
            namespace=issuer.namespace,
            kind=SECRET,
            name=name,
            network=ends.network,
            reason=reason,
            body=_secret(ends, issuer.namespace, name, names.REQUEST),
            waits_for=waits_for,
        ),
        Change(
            verb=Verb.CREATE,
            cluster=dialler.cluster,
            namespace=dialler.namespace,
            kind=SECRET,
            name=name,
            network=ends.network,
            reason="the token is issued",
            body=_secret(ends, dialler.namespace, name, names.TOKEN),
            hand_over=HandOver(
                ObjectRef(issuer.cluster, SECRET, issuer.namespace, name), _delivery(ends, name)
            ),
            waits_for=None if deliver_now else issued(ends.link),
        ),
        Change(
            verb=Verb.DELETE,
            cluster=issuer.cluster,
            namespace=issuer.namespace,
            kind=SECRET,
            name=name,
            network=ends.network,
            reason="its token is delivered",
            waits_for=Wait(WaitKind.DELIVERED, str(ends.link), "its token is delivered"),
        ),
    ]


def issued(link: Link) -> Wait:
    """Wait for the issuer's site-controller to turn the request into a token."""
    return Wait(WaitKind.ISSUED, str(link), "the token is issued")


def remove(
    secret: LinkSecret,
    network: str,
    reason: str,
    *,
    waits_for: Wait | None = None,
    removal: bool = False,
) -> Change:
    """Remove one Secret of a link, at either end."""
    return Change(
        verb=Verb.DELETE,
        cluster=secret.at.cluster,
        namespace=secret.at.namespace,
        kind=SECRET,
        name=secret.name,
        network=network,
        uid=secret.live.uid,
        reason=reason,
        waits_for=waits_for,
        removal=removal,
    )


def retrigger(secret: LinkSecret, network: str, reason: Reason, now: datetime) -> Change:
    """Update an annotation of a request or token, so that a controller of Skupper, which looks once, looks again."""
    return Change(
        verb=Verb.PATCH,
        cluster=secret.at.cluster,
        namespace=secret.at.namespace,
        kind=SECRET,
        name=secret.name,
        network=network,
        reason=reason,
        body={"metadata": {"annotations": {names.TRIGGERED: now.isoformat(timespec="seconds")}}},
    )


def _delivery(ends: LinkEnds, name: str) -> Delivery:
    return Delivery(
        name=name,
        issuer=ends.link.issuer,
        site_id=ends.issuer.site_id,
        ca=ends.issuer.ca,
        edge=ends.dialler_is_edge,
        inter_router=ends.issuer.endpoint(edge=False),
        edge_router=ends.issuer.endpoint(edge=True),
    )


def _secret(ends: LinkEnds, namespace: str, name: str, kind_of: str) -> dict[str, object]:
    annotations = {names.DIALLER: str(ends.link.dialler), names.ISSUER: str(ends.link.issuer)}
    if ends.rotate_after:
        annotations[names.ROTATED] = ends.rotate_after.isoformat()
    if kind_of == names.TOKEN and ends.link.cost != 1:
        annotations[names.COST] = str(ends.link.cost)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {**ends.ownership.labels, names.TYPE: kind_of},
            "annotations": annotations,
        },
    }
