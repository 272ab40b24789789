"""Wrong clocks: where one is wrong, no token is requested, delivered or replaced.

By a clock that is years off every token has expired, its replacement as well, and each run would issue more. The API
servers say what time it is. Where they do not, a token that has just been issued and counts as expired shows the same.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property

from reconcile.findings import ClusterSubject, Finding, FleetSubject, Reason, SiteSubject
from reconcile.kinds import SECRET
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import commands
from reconcile.skupper.v1.link_steps import LinkEnds
from reconcile.skupper.v1.tokens import RENEW_BEFORE, LinkSecret

TOLERANCE = timedelta(minutes=5)
"""By how much a cluster's clock may differ from ours; certificates and leases allow for as much."""

FRESH = timedelta(hours=1)
"""A token that was issued within this time cannot have expired."""


class Clocks:
    """Our clock and those of all clusters."""

    def __init__(self, inputs: PlanInput) -> None:
        self._inputs = inputs

    def findings(self) -> Iterator[Finding]:
        """Our clock, if it differs from those of all clusters, else each cluster whose clock is off."""
        known = [name for name, snapshot in self._inputs.snapshots.items() if snapshot.heartbeat_at]
        if len(self._off) == len(known) > 1:
            each = ", ".join(f"{_ahead(-ahead)} of {name}" for name, ahead in sorted(self._off.items()))
            yield _finding(f"the clock of this machine is {each}", FleetSubject())
            return
        for name, ahead in sorted(self._off.items()):
            yield _finding(
                f"the clock of cluster {name} is {_ahead(ahead)} of this machine", ClusterSubject(name)
            )

    def wrong_at(self, key: SiteKey) -> bool:
        """True if the clock of this machine or of a site's cluster is known to be wrong: no expiry can be judged."""
        return key.cluster in self._off

    def fault(self, ends: LinkEnds) -> Reason | None:
        """Why nothing may be done about the tokens of a link; None if its clocks may be right."""
        for key in (ends.link.dialler, ends.link.issuer):
            if self.wrong_at(key):
                return f"the clock of this machine or of cluster {key.cluster} is wrong"
        if self._expired_at_once(ends):
            return f"the clock of this machine or of the nodes of {ends.link.issuer} is wrong"
        return None

    def link_findings(self, ends: LinkEnds) -> Iterator[Finding]:
        """A token that has expired although it was just issued, unless the clock of its cluster explains it."""
        found = self._expired_at_once(ends)
        if found and not self.wrong_at(ends.link.issuer):
            expires = found.live.certificates["tls.crt"].expires
            step = commands.on(found.at, f"delete secret {found.name}")
            message = (
                f"{SECRET.name} {found.name} in {found.at} was issued at {found.live.created:%Y-%m-%d %H:%M} UTC by "
                f"the clock of the API server and expires on {expires:%Y-%m-%d}, which is too soon by the clock of "
                f"this machine ({self._inputs.now:%Y-%m-%d %H:%M} UTC): one of the clocks is wrong. No other token of "
                f"link {ends.link} is issued. Correct the clock; if all are right, {step}"
            )
            yield Finding("wrong-clock", message, subject=SiteSubject(*found.at, ends.network))

    @cached_property
    def _off(self) -> dict[str, timedelta]:
        return {
            name: snapshot.clock_ahead
            for name, snapshot in self._inputs.snapshots.items()
            if snapshot.heartbeat_at and abs(snapshot.clock_ahead) > TOLERANCE
        }

    def _expired_at_once(self, ends: LinkEnds) -> LinkSecret | None:
        delivered = {secret.name for secret in ends.delivered}
        for secret in ends.at_issuer:
            if (
                secret.issued
                and secret.name not in delivered
                and self._expired(secret)
                and self._fresh(secret)
            ):
                return secret
        return None

    def _expired(self, secret: LinkSecret) -> bool:
        certificate = secret.live.certificates.get("tls.crt")
        return bool(
            certificate and certificate.expires and certificate.expires - self._inputs.now < RENEW_BEFORE
        )

    def _fresh(self, secret: LinkSecret) -> bool:
        """True if it was just issued by its cluster's clock, or if that clock is unknown."""
        created = secret.live.created
        listed = self._inputs.snapshot(secret.at.cluster).heartbeat_at
        return bool(created and (listed is None or listed - created < FRESH))


def _finding(what: str, subject: FleetSubject | ClusterSubject) -> Finding:
    message = (
        f"{what}. By a wrong clock tokens look expired that are not, so none is issued or replaced. Compare both with: "
        "date -u"
    )
    return Finding("wrong-clock", message, subject=subject)


def _ahead(by: timedelta) -> str:
    days, seconds = abs(by).days, abs(by).seconds
    amount = f"{days} days" if days else f"{seconds // 60} minutes"
    return f"{amount} {'ahead of that' if by > timedelta() else 'behind that'}"
