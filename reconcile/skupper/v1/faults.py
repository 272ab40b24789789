"""Findings about unusable objects: objects of ours, or of a declared site, that exist and cannot be used.

Without a finding such an object would look like one that does not exist yet, and people would wait in vain. An object
that is missing or empty for a while is not reported. The parsers report what they could not read; only this module
knows the consequences.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.kinds import CONFIG_MAP, SECRET, Kind
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.v1 import commands, names, status
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret, Stray


@dataclass(frozen=True, slots=True)
class Fault:
    """One unusable object and the next step."""

    at: SiteKey
    kind: Kind
    name: str
    what: str
    next_step: str
    blocks: bool = False
    """True if it keeps a declared link from coming up."""

    def finding(self, network: str = "") -> Finding:
        return Finding(
            rule="unusable-object",
            severity=Severity.ERROR if self.blocks else Severity.WARNING,
            message=f"{self.kind.label} {self.name} in {self.at} is unusable: {self.what}. {_sentence(self.next_step)}",
            subject=SiteSubject(self.at.cluster, self.at.namespace, network),
        )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def of_site(live: LiveSite, *, issues: bool) -> Iterator[Fault]:
    """Unusable objects of one of our sites; `issues` is true if it issues tokens for declared links."""
    if live.config_map and not live.config_map.uid:
        step = "check the API server and any proxy in between; " + commands.on(
            live.key, f"get configmap {names.SITE} -o yaml"
        )
        yield Fault(live.key, CONFIG_MAP, names.SITE, "its uid is missing", step, blocks=True)
    if live.status and live.status.fault and live.status.fault != status.EMPTY:
        step = "until the router rewrites it, link state there is unknown; " + commands.on(
            live.key, f"rollout restart deploy/{names.ROUTER}"
        )
        yield Fault(live.key, CONFIG_MAP, names.NETWORK_STATUS, live.status.fault, step)
    if live.router_config.fault:
        yield Fault(
            live.key, CONFIG_MAP, names.INTERNAL, live.router_config.fault, commands.recreate_site(live.key)
        )
    for name in (names.SITE_CA, names.SITE_SERVER):
        fault = live.certificate_fault(name)
        if fault:
            step = commands.recreate_site(live.key)
            if name == names.SITE_CA:
                step = f"correct or delete that Secret, then {step}"
            yield Fault(live.key, SECRET, name, fault, step, blocks=issues)


def lost(live: LiveSite) -> Iterator[Finding]:
    """Certificates of a site that issues tokens that are gone: Skupper never creates them again."""
    effects = {
        names.SITE_CA: "established links go on, but no token can be issued",
        names.SITE_SERVER: "established links go on until the router restarts, which then fails",
    }
    for name, effect in effects.items():
        if live.lost(name):
            yield Finding(
                rule="lost-secret",
                message=(
                    f"{SECRET.name} {name} in {live.key} is gone: {effect}. Restore it from a backup; or, "
                    + commands.recreate_site(live.key)
                ),
                subject=SiteSubject(live.key.cluster, live.key.namespace),
            )


def of_secret(secret: LinkSecret) -> Iterator[Fault]:
    """An unusable Secret of a declared link; the plan replaces it by a new token."""
    if secret.malformed:
        step = "a new token replaces it. To find out what else writes to it, " + commands.on(
            secret.at, f"get secret {secret.name} -o jsonpath='{{.metadata.managedFields}}'"
        )
        yield Fault(secret.at, SECRET, secret.name, secret.malformed, step)


def of_stray(stray: Stray) -> Fault:
    """A Secret that looks like that of a link and belongs to none: neither used nor deleted."""
    step = "delete it, or remove our labels if someone else owns it; " + commands.on(
        stray.at, f"delete secret {stray.name}"
    )
    return Fault(stray.at, SECRET, stray.name, stray.why, step)


def nameless(inputs: PlanInput) -> Iterator[Finding]:
    """Objects without a usable name, which are ignored; one finding per kind and namespace."""
    for cluster, snapshot in sorted(inputs.snapshots.items()):
        for key in sorted(snapshot.objects):
            if not snapshot.objects[key].addressable:
                yield Finding(
                    rule="nameless-object",
                    severity=Severity.WARNING,
                    message=(
                        f"cluster {cluster} returned a {key.kind.label} without a usable name or namespace; it is "
                        "ignored. Check the API server and any proxy in between"
                    ),
                    subject=SiteSubject(cluster, key.namespace),
                )
