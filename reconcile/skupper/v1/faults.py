"""Objects of ours, or of a declared site, that are there and of no use: a finding about each of them.

Without it such an object would be taken for one that is missing, and people would wait for what is never to come.
An object that is not there yet, or that nobody has written yet, is no fault. The readers say what they could not
read; this is the one place that says what follows from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reconcile.findings import Finding, Severity
from reconcile.kinds import CONFIG_MAP, SECRET, Kind
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import names, status
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import RENEW_BEFORE, LinkSecret, Stray

_MAKE_ANEW = f"delete the ConfigMap {names.SITE} there, and the next run makes the site and its links anew"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one object, and what to do about it."""

    at: SiteKey
    kind: Kind
    name: str
    what: str
    next_step: str
    blocks: bool = False
    """True if a declared link cannot come up because of it."""

    def finding(self, network: str = "") -> Finding:
        return Finding(
            rule="unusable-object",
            severity=Severity.ERROR if self.blocks else Severity.WARNING,
            message=f"{self.kind.label} {self.name} in {self.at} is of no use: {self.what}. {self._advice}",
            network=network,
            cluster=self.at.cluster,
            namespace=self.at.namespace,
        )

    @property
    def _advice(self) -> str:
        return self.next_step[:1].upper() + self.next_step[1:]


def of_site(live: LiveSite, *, issues: bool) -> Iterator[Fault]:
    """What is wrong with the objects of a site of ours; `issues` is true if declared links end at it."""
    if live.config_map and not live.config_map.uid:
        step = "look at the object, and at what stands between us and the API server"
        yield Fault(live.key, CONFIG_MAP, names.SITE, "it has no uid", step, blocks=True)
    if live.status and live.status.fault not in {"", status.EMPTY}:
        step = (
            f"restart the Deployment {names.ROUTER}, which writes it; until then nobody knows of links there"
        )
        yield Fault(live.key, CONFIG_MAP, names.NETWORK_STATUS, live.status.fault, step)
    if live.router_config.fault:
        yield Fault(live.key, CONFIG_MAP, names.INTERNAL, live.router_config.fault, _MAKE_ANEW)
    for name in (names.SITE_CA, names.SITE_SERVER):
        fault = live.certificate_fault(name)
        if fault:
            step = f"put a CA there or remove it, then {_MAKE_ANEW}" if name == names.SITE_CA else _MAKE_ANEW
            yield Fault(live.key, SECRET, name, fault, step, blocks=issues)


def expiring(live: LiveSite, now: datetime) -> Iterator[Finding]:
    """Certificates of a site where links end that run out: Skupper never renews them, and no token can mend that."""
    for name, certificate in ((names.SITE_CA, live.authority), (names.SITE_SERVER, live.server)):
        if certificate.expires and certificate.expires - now < RENEW_BEFORE:
            over = certificate.expires < now
            told = f"{'expired' if over else 'expires'} on {certificate.expires:%Y-%m-%d}"
            yield Finding(
                rule="expiring-site",
                severity=Severity.ERROR if over else Severity.WARNING,
                message=(
                    f"{SECRET.name} {name} in {live.key} {told}; from then on no router can dial the site. "
                    f"{_MAKE_ANEW[:1].upper()}{_MAKE_ANEW[1:]}"
                ),
                cluster=live.key.cluster,
                namespace=live.key.namespace,
            )


def of_secret(secret: LinkSecret) -> Iterator[Fault]:
    """What is wrong with a Secret of a declared link, whose next plan has a new token made in its place."""
    if secret.oddity:
        step = "a new token takes its place; find out who else writes to it"
        yield Fault(secret.at, SECRET, secret.name, secret.oddity, step)


def of_stray(stray: Stray) -> Fault:
    """A Secret that looks like a link's and belongs to none: neither used nor removed."""
    step = "delete it, unless you know whose it is: then take our labels off"
    return Fault(stray.at, SECRET, stray.name, stray.why, step)


def nameless(inputs: PlanInput) -> Iterator[Finding]:
    """Objects without a usable name, of which nothing more can be said or done; one finding a kind and namespace."""
    for cluster, snapshot in sorted(inputs.snapshots.items()):
        for key in sorted(snapshot.objects):
            if not snapshot.objects[key].addressable:
                yield Finding(
                    rule="nameless-object",
                    severity=Severity.WARNING,
                    message=(
                        f"cluster {cluster} shows a {key.kind.label} without a name or namespace that can be "
                        "asked for; it is not looked at. See what stands between us and the API server"
                    ),
                    cluster=cluster,
                    namespace=key.namespace,
                )
