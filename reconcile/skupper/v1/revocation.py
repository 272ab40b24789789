"""Revokes all tokens that a site has issued: a new CA, a new server certificate, a router that has loaded both.

What ``skupper revoke-access`` does, in an order that keeps the interruption short. The router reads CA and certificate
when it starts, so until then the old tokens work. First the two Secrets are replaced in place; then every dialler gets
a token of the new CA and loads it, beside the old one; then the router restarts in its turn (``waves``), and the new
tokens connect. Each step follows from what is on the clusters, so a run that is killed is completed by the next one.

Source: ``client/revoke_all.go``, ``pkg/certs/certs.go``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from reconcile.findings import Finding, Reason, Severity
from reconcile.kinds import DEPLOYMENT, SECRET, Kind
from reconcile.skupper.live import instant
from reconcile.skupper.plan import Change, Issuance, LinkReport, ObjectRef, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import commands, disruptions, names
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.marks import RevocationOrder
from reconcile.skupper.waits import Wait, WaitKind

PREPARE = timedelta(minutes=3)
"""How long after the order the router restarts at the latest: a leaked token must not wait for a broken dialler."""

_IMPRECISION = timedelta(seconds=5)
"""A CA that is younger than an order by less may be older: how far a cluster's clock is ahead is known to a second."""

_LONGEST_CN = 63
"""Characters of a common name, as Skupper limits those of server certificates."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """The revocation that is ordered for a site."""

    site: Site
    live: LiveSite
    order: RevocationOrder
    approval: str = ""
    """Where the data approves it; empty if it does not."""

    @property
    def latest(self) -> datetime | None:
        """When the router restarts whatever is broken elsewhere; None if there is no hurry."""
        return None if self.order.renewal else self.order.at + PREPARE

    @property
    def refused(self) -> Reason | None:
        """Why it cannot be carried out; None if it can."""
        if not self.live.site_id:
            return "the site does not exist yet"
        if self.live.router_config.mode == "edge":
            return "it is an edge site, which issues no tokens"
        for name in (names.SITE_CA, names.SITE_SERVER):
            found = self.live.part(SECRET, name)
            if found is None:
                return f"its Secret {name} is missing"
            if found not in self.live.mine:
                return f"its Secret {name} was not created by Skupper; replace it where it comes from"
        return None

    @property
    def pending(self) -> bool:
        """True while the router may still accept tokens from before the order."""
        return self.refused is None and not (
            self.begun and self._server_made and self.live.routers_know_the_ca
        )

    def steps(self, awaited: Sequence[Wait], now: datetime) -> list[Change]:
        """The changes that are left.

        The router may restart once nothing is `awaited`, or when `PREPARE` is over; when it does is decided by
        ``rollout``.
        """
        if not self.pending:
            return []
        steps = []
        if not self.begun:
            steps.append(self._new_authority())
        if not (self.begun and self._server_made):
            steps.append(self._new_server())
        waits_for = None if self.begun and self._server_made else self._wait("both are replaced")
        if waits_for is None and awaited and now - self.order.at < PREPARE:
            waits_for = awaited[0]
        if self._restarting:
            return steps
        return [*steps, self._restart(waits_for)]

    def awaited(self, links: Sequence[LinkReport], loads: Callable[[LinkReport], bool]) -> Iterator[Wait]:
        """What the router should wait for: every dialler that can be changed has a token of the new CA (`loads`)."""
        for report in links:
            if report.managed and report.link.issuer == self.site.key and not loads(report):
                yield self._wait(f"{report.link.dialler} has loaded a token of the new CA")

    def findings(self, links: Sequence[LinkReport]) -> Iterator[Finding]:
        """What cannot be done, or what it interrupts and for how long."""
        refused = self.refused
        if refused:
            yield Finding(
                rule="unrevocable-site",
                message=f"the tokens of {self.site.key} cannot be revoked: {refused}",
                subject=self.site.subject,
            )
        elif self.pending:
            yield Finding(
                rule="revoked-site",
                severity=Severity.WARNING,
                message=self._interruption(links),
                subject=self.site.subject,
            )

    def _interruption(self, links: Sequence[LinkReport]) -> str:
        own = {report.link.dialler for report in links if report.link.issuer == self.site.key}
        alone = sorted(
            str(key)
            for key in own
            if not any(
                report.converged
                and key in {report.link.dialler, report.link.issuer}
                and self.site.key not in {report.link.dialler, report.link.issuer}
                for report in links
            )
        )
        what = f"{len(own)} {'link' if len(own) == 1 else 'links'}"
        text = (
            f"the tokens that {self.site.key} has issued are revoked: its router restarts once its diallers have new "
            f"ones, which interrupts {what} for up to a minute"
        )
        if alone:
            text += f"; {', '.join(alone)} {'has' if len(alone) == 1 else 'have'} no other link"
        claims = f"delete secret -l {names.TYPE}=token-claim-record"
        step = commands.on(self.site.key, claims)
        return f"{text}. Claims that nobody has redeemed stay valid; to delete them, {step}"

    @property
    def begun(self) -> bool:
        """True if the CA was replaced because of this order, or of a later one, or is that of a later site."""
        found = self.live.part(SECRET, names.SITE_CA)
        if found is None:
            return False
        made_for = instant(found.annotations.get(names.REVOKED))
        if made_for and made_for >= self.order.at:
            return True
        return bool(found.created and found.created - self.live.clock_ahead > self.order.at + _IMPRECISION)

    @property
    def _server_made(self) -> bool:
        found = self.live.part(SECRET, names.SITE_SERVER)
        signer = found.certificates.get("ca.crt") if found else None
        return bool(signer and self.live.ca and signer.fingerprint == self.live.ca)

    @property
    def _made_for(self) -> str:
        """The order that the restart is for: that of the present CA, once it is replaced."""
        found = self.live.part(SECRET, names.SITE_CA)
        made_for = found.annotations.get(names.REVOKED) if found and self.begun else None
        return made_for or self.order.at.isoformat()

    @property
    def _restarting(self) -> bool:
        """True if the restart is under way."""
        return self.live.router_restarted_for == self._made_for

    def _new_authority(self) -> Change:
        reason = "its CA is replaced, so that the tokens that it has signed are refused"
        return self._patch(names.SITE_CA, reason, Issuance(subject=names.SITE_CA))

    def _new_server(self) -> Change:
        found = self.live.server.hosts
        ends = [self.live.endpoint(edge=edge).host for edge in (False, True)]
        hosts = tuple(dict.fromkeys(host for host in (*found, *ends) if host))
        subject = next((host for host in reversed(hosts) if len(host) <= _LONGEST_CN), names.ROUTER)
        signer = ObjectRef(self.live.key.cluster, SECRET, self.live.key.namespace, names.SITE_CA)
        waits_for = None if self.begun else self._wait("its CA is replaced")
        issuance = Issuance(subject=subject, hosts=hosts, signer=signer)
        return self._patch(names.SITE_SERVER, "the new CA signs it", issuance, waits_for)

    def _patch(self, name: str, reason: Reason, issuance: Issuance, waits_for: Wait | None = None) -> Change:
        """Replace the data of a Secret, if nobody else has changed it meanwhile."""
        found = self.live.part(SECRET, name)
        metadata: dict[str, object] = {"annotations": {names.REVOKED: self.order.at.isoformat()}}
        if found and found.resource_version:
            metadata["resourceVersion"] = found.resource_version
        return replace(
            self._change(SECRET, name, reason, {"metadata": metadata}, waits_for), issuance=issuance
        )

    def _restart(self, waits_for: Wait | None) -> Change:
        """Annotate the pods, as Skupper does; if it takes the annotation off, they restart once more."""
        pods = {"metadata": {"annotations": {names.REVOKED: self._made_for}}}
        reason = "its router loads the new CA when it starts"
        restart = self._change(DEPLOYMENT, names.ROUTER, reason, {"spec": {"template": pods}}, waits_for)
        return replace(restart, disruption=disruptions.new_authority(self.latest))

    def _change(
        self, kind: Kind, name: str, reason: Reason, body: dict[str, object], waits_for: Wait | None
    ) -> Change:
        return Change(
            verb=Verb.PATCH,
            cluster=self.live.key.cluster,
            namespace=self.live.key.namespace,
            kind=kind,
            name=name,
            network=self.site.network,
            reason=reason,
            body=body,
            waits_for=waits_for,
            approval=self.approval,
            ordered=True,
        )

    def _wait(self, text: str) -> Wait:
        return Wait(WaitKind.REVOKED, str(self.site.key), text)
