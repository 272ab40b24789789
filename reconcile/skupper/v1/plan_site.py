"""Plans one declared site: what to apply in its namespace, and its state.

Objects without drift need no request. A change of the ConfigMap that Skupper ignores, or answers with a restart, is
still applied, and the reason says which of the two happens.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from reconcile.findings import Finding, Severity
from reconcile.kinds import CONFIG_MAP, DEPLOYMENT, ROLE_BINDING, Kind
from reconcile.skupper.definitions import Network
from reconcile.skupper.drift import FieldDrift, Masked, drift
from reconcile.skupper.live import LiveObject
from reconcile.skupper.plan import Change, SiteReport, SiteState, Verb
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import (
    changing,
    commands,
    controller_rights,
    disruptions,
    foreign,
    in_effect,
    incomplete,
    legacy,
    names,
    objects,
    provenance,
    replacing,
    versions,
)
from reconcile.skupper.v1.deployments import failing
from reconcile.skupper.v1.keys import BY_NAME
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.waits import Wait, WaitKind


def _cleaned_up(site: Site) -> Wait:
    return Wait(WaitKind.CLEANED_UP, str(site.key), "the remaining objects of the old site are deleted")


@dataclass(frozen=True, slots=True)
class SitePlan:
    """The plan of one declared site."""

    report: SiteReport
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    refused: bool = False
    """True if nothing may be written there."""


def plan(network: Network, site: Site, live: LiveSite, now: datetime) -> SitePlan:
    """Plan one site on a readable cluster."""
    if live.foreign:
        report = SiteReport.of(site, SiteState.SKIPPED, "its ConfigMap skupper-site is not ours")
        return SitePlan(report, (), (foreign.refuse_site(site, live),), refused=True)
    annotations = live.config_map.annotations if live.config_map else objects.NO_ANNOTATIONS
    bound = controller_rights.binds(site, live)
    lacking = controller_rights.fault(site, live) if bound else None
    desired = objects.desired(network, site, live.ownership, annotations, bound=bound)
    others = foreign.around(live, desired)
    if others:
        report = _report(network, site, live, now)
        if not live.site_id or live.being_adopted:
            listed = ", ".join(f"{found.key.kind.name} {found.key.name}" for found in others)
            report = SiteReport.of(site, SiteState.SKIPPED, f"{listed} there is not ours")
        return SitePlan(report, (), (foreign.refuse_objects(site, others),), refused=True)
    older = versions.downgrade(network, site, live)
    if older:
        return SitePlan(_report(network, site, live, now), (), (older,), refused=True)
    changes: list[Change] = []
    for kind, body in desired:
        changes += _changes(network, live, site, kind, body)
        if bound and not lacking and kind == ROLE_BINDING:
            # Right after it: a run that fails at it, or is stopped before it, leaves the site-controller its rights.
            changes += [_superseded(site, found) for found in controller_rights.superseded(live)]
    report = _report(network, site, live, now)
    single = (incomplete.finding(site, live, now), in_effect.exposure(site, live))
    findings = (*filter(None, single), *_failing(site, live, now))
    if lacking:
        findings = (lacking, *findings)
    return SitePlan(report, tuple(changes), findings)


def _changes(network: Network, live: LiveSite, site: Site, kind: Kind, body: objects.Body) -> list[Change]:
    """The changes of one object: none, an apply, or a delete and an apply."""
    found = live.find(kind, body["metadata"]["name"])
    if found is None or found.deleting:
        waits_for = _cleaned_up(site) if kind == CONFIG_MAP and not live.site_id and _old_site(live) else None
        reason = "the site does not exist" if not live.site_id else "it is missing"
        return [replace(_apply(site, kind, body, reason), waits_for=waits_for)]
    recreated_because = replacing.why(kind, body, found, taken_over=live.adopted(found))
    if recreated_because:
        applied = _apply(site, kind, body, recreated_because)
        removed = replace(applied, verb=Verb.DELETE, body=None, uid=found.uid)
        return [removed, applied]
    differing = drift(body, found)
    if not differing and provenance.applied(found):
        return []
    upgraded = versions.upgrade(network, live, kind, differing)
    reason = upgraded or _why(kind, differing) if differing else "this integration has not applied it yet"
    if live.adopted(found):
        reason = f"taken over from {legacy.NAME}; {reason}"
    disruption = None
    if live.site_id and not live.being_adopted:
        annotated = bool(live.router_restarted_for)
        drifted = disruptions.of_drift(kind, differing, annotated=annotated)
        disruption = disruptions.VERSION if upgraded else drifted
    masked = tuple(_masked(field) for field in differing)
    return [replace(_apply(site, kind, body, reason), drift=masked, disruption=disruption)]


def _masked(field: FieldDrift) -> FieldDrift:
    """Hide the values of confidential keys, also where all of ``data`` differs as one: a drift is for showing."""
    if field.path[0] != "data":
        return field
    if len(field.path) == 1:
        return FieldDrift(field.path, _without_secrets(field.live), _without_secrets(field.desired))
    return FieldDrift(field.path, Masked.VALUE, Masked.VALUE) if _confidential(field.path[1]) else field


def _without_secrets(data: object) -> object:
    if not isinstance(data, Mapping):
        return data
    return {name: Masked.VALUE if _confidential(name) else value for name, value in data.items()}


def _confidential(name: str) -> bool:
    key = BY_NAME.get(name)
    return key is not None and key.confidential


def _apply(site: Site, kind: Kind, body: objects.Body, reason: str) -> Change:
    return Change(
        verb=Verb.APPLY,
        cluster=site.cluster.name,
        namespace=site.namespace,
        kind=kind,
        name=body["metadata"]["name"],
        network=site.network,
        reason=reason,
        body=body,
    )


def _superseded(site: Site, found: LiveObject) -> Change:
    return Change(
        verb=Verb.DELETE,
        cluster=site.cluster.name,
        namespace=site.namespace,
        kind=found.key.kind,
        name=found.key.name,
        network=site.network,
        uid=found.uid,
        reason=f"ClusterRole {names.BOUND_ROLE} is bound in its place",
    )


def _why(kind: Kind, differing: tuple[FieldDrift, ...]) -> str:
    """What differs and, for the ConfigMap, the effect of each change; fields with the same effect are grouped."""
    if kind != CONFIG_MAP:
        return f"it differs in {', '.join(field.dotted for field in differing)}"
    paths: dict[str, list[str]] = {}
    for field in differing:
        paths.setdefault(_effect(field), []).append(field.dotted)
    effects = (f"{', '.join(fields)}, which {effect}" for effect, fields in sorted(paths.items()))
    return f"it differs in {'; in '.join(effects)}"


def _effect(field: FieldDrift) -> str:
    """The effect of a change of a field of ``skupper-site``, as a clause.

    Skupper does not copy our only annotation to pods, and we set it only if the pods have none that it excludes.
    """
    if field.path[0] != "data":
        return "changes nothing for Skupper"
    key = BY_NAME.get(field.path[1]) if len(field.path) > 1 else None
    return key.effect if key else "is unknown to Skupper"


def _old_site(live: LiveSite) -> bool:
    """True while the router or its ConfigMap of a former site still exists.

    Skupper would take a site created over them for an existing one and never set it up (``client/router_inspect.go``).
    """
    return any(
        old.key.name in {names.INTERNAL, names.ROUTER} and old.key.kind in {CONFIG_MAP, DEPLOYMENT}
        for old in live.orphans
    )


def _report(network: Network, site: Site, live: LiveSite, now: datetime) -> SiteReport:
    if live.config_map is None:
        return SiteReport.of(site, SiteState.ABSENT, "the site does not exist yet")
    seen = live.status.sites.get(live.site_id) if live.status else None
    state, reason = _state(live, now)
    pending = in_effect.pending(network, site, live)
    return SiteReport.of(
        site,
        state,
        reason,
        mode=live.router_config.mode,
        version=(seen.version if seen else "") or live.router_config.version,
        since=live.config_map.created,
        pending=pending,
        changing=changing.of(network, live, pending, now),
    )


def _state(live: LiveSite, now: datetime) -> tuple[SiteState, str]:
    """The state of a site that exists, and why it is not ready, with the command that changes that."""
    lost, missing = live.lost_deployment, live.missing_part
    if lost:
        other = names.SERVICE_CONTROLLER if lost == names.ROUTER else names.ROUTER
        step = f"to have Skupper create it again, {commands.restart_creation(live.key, other)}"
        return SiteState.DOWN, f"deployment {lost} is gone; {step}"
    if missing:
        return SiteState.STARTING, f"{missing} is not there yet"
    for name in (names.ROUTER, names.SERVICE_CONTROLLER):
        downtime = live.downtime(name, now)
        if downtime:
            return SiteState.DOWN, downtime.advise(live.key)
    return (SiteState.UNKNOWN, live.silent) if live.silent else (SiteState.READY, "")


def _failing(site: Site, live: LiveSite, now: datetime) -> Iterator[Finding]:
    """A rollout that fails while pods of an older one still run."""
    for name in (names.ROUTER, names.SERVICE_CONTROLLER):
        found = live.part(DEPLOYMENT, name)
        quoted = failing(found) if found else None
        if quoted and not live.downtime(name, now):
            yield Finding(
                rule="failing-deployment",
                severity=Severity.WARNING,
                message=(
                    f"{site.key}: the rollout of Deployment {name} fails ({quoted}), older pods still run; "
                    + commands.on(site.key, f"describe deploy/{name}")
                ),
                subject=site.subject,
            )
