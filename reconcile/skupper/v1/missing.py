"""Sites that the data does not mention any more: they are marked first, and removed by a later run.

The mark is a tombstone, an annotation with the time: of a site on its ServiceAccount, of a link on its Secrets at both
ends. What is declared again loses it. A site that is marked ``delete``, or cut off, is not missing: it goes at once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

from reconcile.findings import Reason
from reconcile.kinds import CONFIG_MAP, SERVICE_ACCOUNT
from reconcile.skupper.guards import Trusted
from reconcile.skupper.live import LiveObject, instant
from reconcile.skupper.plan import Change, Plan, SiteReport, SiteState, Verb
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import names, objects
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.observed_state import ObservedState
from reconcile.skupper.v1.tokens import LinkSecret

_CARRIERS = objects.APPLIED
"""Where the tombstone of a site may be: on its ServiceAccount or, if that is gone, on the next of these that exists.
The ConfigMap is the last of them, since Skupper copies its annotations to pods."""


class Missing:
    """Which sites are missing, and what is done about it now."""

    def __init__(self, observed: ObservedState) -> None:
        self._observed = observed
        self._inputs = observed.inputs
        self._declared = {site.key for site in observed.inputs.desired.sites}
        self._untrusted = Trusted(observed.inputs).hold()

    def is_missing(self, key: SiteKey) -> bool:
        """True if the data does not mention a site, and nobody cuts it off."""
        return key not in self._declared and key not in self._inputs.cut

    def of_link(self, link: Link) -> list[SiteKey]:
        """The ends of a link that are missing."""
        return [end for end in (link.dialler, link.issuer) if self.is_missing(end)]

    def site(self, live: LiveSite, network: str) -> Plan | None:
        """Mark a missing site, or say what its removal waits for; None if it may be removed now."""
        carrier = self._carrier(live)
        if carrier is None:
            return None
        since = self._since(carrier)
        if not self._untrusted and self._due(since):
            return None
        changes = () if since or self._untrusted else (self._mark(live.key, carrier, network),)
        report = self._report(live, network, since)
        return Plan(changes=changes, sites=(report,))

    def secret(self, secret: LinkSecret, network: str) -> list[Change] | None:
        """Mark a Secret of a link with a missing end; None if it may be removed now."""
        since = self._since(secret.live)
        if self._untrusted:
            return []
        if self._due(since):
            return None
        return [] if since else [self._mark(secret.at, secret.live, network)]

    def cleared(self) -> Iterator[Change]:
        """Take the tombstones off what is declared again."""
        wanted = self._inputs.desired.wanted
        for key in sorted(self._observed.managed_namespaces & wanted.keys()):
            for live in filter(self._marked, self._observed.site(key).mine):
                if (live.key.kind, live.key.name) in objects.APPLIED and self._observed.may_write(key):
                    yield self._annotate(key, live, wanted[key], "the site is declared again", None)
        for secret in self._observed.secrets:
            both = wanted.keys() >= {secret.link.dialler, secret.link.issuer}
            if both and self._marked(secret.live) and self._observed.may_write(secret.at):
                reason = "both of its sites are declared again"
                yield self._annotate(secret.at, secret.live, wanted[secret.at], reason, None)

    @cached_property
    def _delay(self) -> timedelta:
        return self._inputs.removal_delay

    @staticmethod
    def _marked(live: LiveObject) -> bool:
        return names.MISSING_SINCE in live.annotations

    def _since(self, live: LiveObject) -> datetime | None:
        """Since when an object is marked; None if it is not, or if that cannot be: the time is invalid or to come."""
        since = instant(live.annotations.get(names.MISSING_SINCE))
        return since if since and since <= self._inputs.now else None

    def _due(self, since: datetime | None) -> bool:
        return not self._delay or bool(since and self._inputs.now - since >= self._delay)

    def _carrier(self, live: LiveSite) -> LiveObject | None:
        """The object that has the tombstone of a site, or that gets it."""
        found = [live.find(kind, name) for kind, name in _CARRIERS]
        own = [each for each in found if each in live.mine and not each.deleting]
        return next((each for each in own if self._marked(each)), own[0] if own else None)

    def _mark(self, key: SiteKey, live: LiveObject, network: str) -> Change:
        what = f"the site {key} is" if live.key.kind in {SERVICE_ACCOUNT, CONFIG_MAP} else "an end is"
        reason = (
            f"{what} missing from the data; unless that changes, it is removed in {_duration(self._delay)}"
        )
        return self._annotate(
            key, live, network, reason, self._inputs.now.isoformat(timespec="seconds"), by_absence=True
        )

    @staticmethod
    def _annotate(
        key: SiteKey,
        live: LiveObject,
        network: str,
        reason: Reason,
        value: str | None,
        *,
        by_absence: bool = False,
    ) -> Change:
        return Change(
            verb=Verb.PATCH,
            cluster=key.cluster,
            namespace=key.namespace,
            kind=live.key.kind,
            name=live.key.name,
            network=network,
            reason=reason,
            body={"metadata": {"annotations": {names.MISSING_SINCE: value}}},
            by_absence=by_absence,
        )

    def _report(self, live: LiveSite, network: str, since: datetime | None) -> SiteReport:
        after = (since or self._inputs.now) + self._delay
        then = self._untrusted or f"it is removed after {after:%Y-%m-%d %H:%M} UTC"
        return SiteReport(
            network=network,
            key=live.key,
            name=live.config.get("name", str(live.key)),
            mode="",
            state=SiteState.MISSING,
            reason=f"missing from the data; {then}",
            since=since,
            remove_after=None if self._untrusted else after,
        )


def _duration(delay: timedelta) -> str:
    minutes, seconds = divmod(int(delay.total_seconds()), 60)
    return f"{minutes} minutes" if minutes and not seconds else f"{int(delay.total_seconds())} s"
