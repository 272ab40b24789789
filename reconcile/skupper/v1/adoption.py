"""Adopts a site of the legacy integration ``skupper_network``.

First our labels are added to the objects that Skupper created for the site, then to the tokens of its links, together
with annotations for both ends; then our own objects are applied, the ConfigMap ``skupper-site`` last. Until then a run
without ``--take-over`` sees a foreign site and skips it. From then on the usual rules hold, and a legacy token counts
as stale: it is deleted once the token that replaces it has a working link.

The legacy labels stay, since Services select pods by them. No annotation of ``skupper-site`` is added or removed. A
token is adopted only if both of its sites are ours or are being adopted, so links to sites that stay with
``skupper_network`` are kept.

Source: ``reconcile/skupper_network/reconciler.py`` and ``models.py`` of qontract-reconcile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from reconcile.kinds import CONFIG_MAP
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import legacy, names, objects
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.waits import Wait, WaitKind


class Adoption:
    """Plans which objects to label in the namespaces of `sites`: all that are ours or are being adopted."""

    def __init__(self, sites: Sequence[LiveSite]) -> None:
        self._sites = [site for site in sites if site.site_id]

    def plan(self, site: LiveSite, network: str) -> list[Change]:
        """Label the objects that Skupper created for this site, and the Secrets of its links."""
        created = [self._change(site, live, network) for live in _created_by_skupper(site)]
        return [*created, *self._link_secrets(site, network)]

    def deferred(self, steps: Sequence[Change], sites: Sequence[SiteKey]) -> list[Change]:
        """Defer the steps of a link until its sites are adopted."""
        waits = [key for key in sites if key in self._being_adopted]
        if not waits:
            return list(steps)
        return [
            step
            if step.waits_for
            else replace(
                step, waits_for=Wait(WaitKind.TAKEN_OVER, str(waits[0]), f"{waits[0]} is taken over")
            )
            for step in steps
        ]

    @cached_property
    def secrets(self) -> list[LinkSecret]:
        """Legacy Secrets of links that are being adopted, as the link Secrets that they become."""
        return [secret for site in self._sites for secret in self._secrets_at(site)]

    def _secrets_at(self, site: LiveSite) -> Iterator[LinkSecret]:
        for live in _unlabelled(site):
            ends = self._ends(site, live) if legacy.token(live) and not live.owners else None
            if ends:
                yield LinkSecret(Link(*ends), site.key, live)

    def _link_secrets(self, site: LiveSite, network: str) -> Iterator[Change]:
        for secret in self.secrets:
            if secret.at == site.key:
                link = secret.link
                annotations = {names.DIALLER: str(link.dialler), names.ISSUER: str(link.issuer)}
                yield self._change(site, secret.live, network, annotations)

    def _ends(self, site: LiveSite, secret: LiveObject) -> tuple[SiteKey, SiteKey] | None:
        """Dialler and issuer of a Secret in this site's namespace; None if either is uncertain."""
        issued_by = secret.annotations.get(names.GENERATED_BY, "")
        if secret.labels.get(names.TYPE) == names.REQUEST or issued_by == site.site_id:
            dialler = self._dialler(secret)
            return (dialler, site.key) if dialler and dialler != site.key else None
        issuer = self._issuer(secret, issued_by)
        return (site.key, issuer) if issuer and issuer != site.key else None

    def _dialler(self, secret: LiveObject) -> SiteKey | None:
        return self._only(
            [key for key in self._keys if legacy.receiver(*key) == secret.labels.get(legacy.RECEIVER)]
        )

    def _issuer(self, secret: LiveObject, issued_by: str) -> SiteKey | None:
        """By site id; for an issuer that was recreated, by name: legacy tokens are named after their issuer."""
        if issued_by in self._by_id:
            return self._by_id[issued_by]
        return self._only([key for key in self._keys if secret.key.name.endswith("-{}-{}".format(*key))])

    @staticmethod
    def _only(found: Sequence[SiteKey]) -> SiteKey | None:
        return found[0] if len(found) == 1 else None

    @cached_property
    def _keys(self) -> list[SiteKey]:
        return [site.key for site in self._sites]

    @cached_property
    def _being_adopted(self) -> frozenset[SiteKey]:
        return frozenset(site.key for site in self._sites if site.being_adopted)

    @cached_property
    def _by_id(self) -> dict[str, SiteKey]:
        return {site.site_id: site.key for site in self._sites}

    @staticmethod
    def _change(
        site: LiveSite, live: LiveObject, network: str, annotations: dict[str, str] | None = None
    ) -> Change:
        metadata: dict[str, Any] = {"labels": site.ownership.labels}
        if annotations:
            metadata["annotations"] = annotations
        what = "a token of a link" if annotations else "an object that Skupper created for the site"
        return Change(
            verb=Verb.PATCH,
            cluster=site.key.cluster,
            namespace=site.key.namespace,
            kind=live.key.kind,
            name=live.key.name,
            network=network,
            reason=f"taken over from {legacy.NAME}: our labels are added to {what}",
            body={"metadata": metadata},
        )


def _created_by_skupper(site: LiveSite) -> Iterator[LiveObject]:
    for live in _unlabelled(site):
        if any(o.kind == CONFIG_MAP.name and o.uid == site.site_id for o in live.owners):
            yield live


def _unlabelled(site: LiveSite) -> Iterator[LiveObject]:
    """Objects with legacy labels and not ours yet in the namespace of a site, except those that are applied anyway."""
    for live in sorted(site.legacy_objects, key=lambda live: live.key):
        if (live.key.kind, live.key.name) not in objects.APPLIED and not live.deleting:
            yield live
