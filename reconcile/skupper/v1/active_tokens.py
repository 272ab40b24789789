"""Secrets that make a router dial another site, ours or not.

The service-controller makes a connector for every Secret with the type of a token, whoever created it, except for those
that the site issued itself and those that a policy disabled. A claim becomes such a token once it is redeemed.

Source: ``cmd/service-controller/{token_handler,claim_handler}.go``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconcile.kinds import SECRET
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names, provenance


@dataclass(frozen=True, slots=True)
class ActiveToken:
    """One Secret that its site dials with, or will dial with once it redeemed the claim."""

    at: SiteKey
    live: LiveObject

    @property
    def name(self) -> str:
        return self.live.key.name

    @property
    def claim(self) -> bool:
        return self.live.labels.get(names.TYPE) == names.CLAIM

    @property
    def host(self) -> str:
        """Where it dials; empty if it does not say."""
        found = self.live.annotations
        return (
            found.get("inter-router-host", "") or found.get("edge-host", "") or found.get(names.CLAIM_URL, "")
        )

    @property
    def issued_by(self) -> str:
        """Id of the site that issued it; empty if it does not say."""
        return self.live.annotations.get(names.GENERATED_BY, "")

    @property
    def issuer(self) -> SiteKey | None:
        """The site that issued it, if this is a delivered token of a link of ours."""
        link = provenance.ends(self.live)
        return link.issuer if link and link.dialler == self.at else None


def find(inputs: PlanInput) -> Iterator[ActiveToken]:
    """All active tokens and claims that the snapshots show, by cluster, namespace and name."""
    for cluster, snapshot in sorted(inputs.snapshots.items()):
        for key, live in sorted(snapshot.objects.items(), key=lambda entry: entry[0]):
            if key.kind == SECRET and _active(cluster, live):
                yield ActiveToken(SiteKey(cluster, key.namespace), live)


def _active(cluster: str, live: LiveObject) -> bool:
    if live.deleting or not live.addressable or names.DISABLED in live.labels:
        return False
    link = provenance.ends(live)
    if link and link.issuer == SiteKey(cluster, live.key.namespace):
        # The issuer's copy: no site dials itself, unless it was recreated, and then only itself.
        return False
    kind = live.labels.get(names.TYPE)
    return kind == names.TOKEN or (kind == names.CLAIM and names.CLAIM_FAILED not in live.annotations)
