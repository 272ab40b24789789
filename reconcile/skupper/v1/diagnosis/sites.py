"""Checks of a site as Skupper created it: completeness, lease, certificates, version and settings."""

from datetime import timedelta

from reconcile.skupper.diagnosis.checks import Check, Command, Judgement, failed, oc, passed, unknown, warned
from reconcile.skupper.diagnosis.facts import Facts
from reconcile.skupper.plan import SiteState, pending_text
from reconcile.skupper.sites import Site, SiteKey
from reconcile.skupper.v1 import expiry, names, status
from reconcile.skupper.v1.diagnosis import observed

_RECREATE = f"delete configmap {names.SITE}"
_VERSION = "version "


def _complete(facts: Facts, site: Site) -> Judgement:
    live = observed.site(facts, site.key)
    missing = live.missing_part
    report = facts.site_report(site.key)
    if missing and report and report.state is SiteState.STARTING and observed.under_way(facts, report.since):
        return warned(
            f"{missing} is missing; the site is being created",
            "Skupper needs some seconds, and up to two minutes for the address of a load balancer",
            Command(f"qontract-skupper status {site.network} --wait 2m"),
        )
    if missing and not live.site_id:
        return failed(f"{missing} does not exist", "a run creates the site", Command("qontract-skupper run"))
    if missing:
        # A service-controller that outlives its router goes on creating Services whose owner is gone.
        other = names.SERVICE_CONTROLLER if live.lost_deployment == names.ROUTER else names.ROUTER
        return failed(
            f"{missing} is missing",
            f"Skupper creates a site once and does not resume: delete {other} and restart the site-controller",
            oc(
                site.key,
                f"delete deploy/{other} --ignore-not-found && oc -n {site.namespace} rollout restart "
                f"deploy/{names.SITE_CONTROLLER}",
            ),
        )
    faults = [
        f"Secret {name}: {fault}" if fault else f"Secret {name} is gone"
        for name in (names.SITE_CA, names.SITE_SERVER)
        if (fault := live.certificate_fault(name)) or live.lost(name)
    ]
    if live.router_config.fault:
        faults.append(f"ConfigMap {names.INTERNAL}: {live.router_config.fault}")
    if faults:
        return failed(
            "; ".join(faults), "recreate the site; the next run does the rest", oc(site.key, _RECREATE)
        )
    return passed("ConfigMaps, Secrets and Deployments of the site exist and can be read")


def _reports(facts: Facts, site: Site) -> Judgement:
    live = observed.site(facts, site.key)
    command = oc(site.key, f"logs deploy/{names.ROUTER} -c config-sync --tail=20")
    if live.heartbeat_at is None:
        return unknown("the lease was not read, or the cluster's clock is not known")
    if live.silent:
        hint = "what the site reports about links is old and counts for nothing: see check router-running"
        return failed(live.silent, hint, command)
    if live.status is None or live.status.fault:
        fault = live.status.fault if live.status else "it does not exist"
        report = facts.site_report(site.key)
        young = report is not None and observed.under_way(facts, report.since)
        judge = warned if fault == status.EMPTY or young else failed
        return judge(
            f"ConfigMap {names.NETWORK_STATUS}: {fault}",
            "a router that has just started writes it within 30 s",
            command,
        )
    seen = sorted(entry.name or key for key, entry in live.status.sites.items())
    at = f"{live.status_at:%H:%M:%S} UTC" if live.status_at else "an unknown time"
    return passed(
        f"at {at} it saw {len(seen)} sites: {', '.join(seen[:10])}{', …' if len(seen) > 10 else ''}"
    )


def _dates(facts: Facts, site: Site) -> Judgement:
    known = expiry.expiries(observed.site(facts, site.key))
    if not known:
        return unknown("none of its certificates could be read", "see check site-complete")
    first = known[0]
    left = first.expires - facts.now
    seen = f"the first to expire is that in Secret {first.secret}, on {first.expires:%Y-%m-%d}"
    hint = f"Skupper never renews it. After that, {expiry.EFFECTS[first.secret]}"
    command = oc(site.key, _RECREATE)
    if left < timedelta():
        return failed(seen, hint.replace("After that", "Since then"), command)
    if left <= expiry.NOTICE_BEFORE:
        return warned(seen, f"{hint}. Recreate the site on a day on which it may be down", command)
    return passed(seen)


def _version(facts: Facts, site: Site) -> Judgement:
    report = facts.site_report(site.key)
    pending = [each for each in report.pending if each.name.startswith(_VERSION)] if report else []
    if report is None or not report.version:
        return unknown("the running version is not known", "see check site-complete")
    if pending:
        return warned(
            f"{report.version} runs, {pending[0].name.removeprefix(_VERSION)} is declared",
            f"to put it into effect: {pending[0].step}",
            oc(site.key, f"rollout restart deploy/{names.SITE_CONTROLLER}"),
        )
    found = facts.derived(_versions)[site.network]
    if len(found) > 1:
        listed = ", ".join(f"{number} at {where}" for number, where in sorted(found.items()))
        return warned(f"the network runs several versions: {listed}", "update the others soon")
    return passed(f"{report.version} runs, as in all of the network")


def _versions(facts: Facts) -> dict[str, dict[str, SiteKey]]:
    """Network -> the versions that run in it, each with a site where it does."""
    versions: dict[str, dict[str, SiteKey]] = {}
    for report in facts.plan.sites:
        if report.version:
            versions.setdefault(report.network, {}).setdefault(report.version, report.key)
    return versions


def _settings(facts: Facts, site: Site) -> Judgement:
    report = facts.site_report(site.key)
    pending = [each for each in report.pending if not each.name.startswith(_VERSION)] if report else []
    if pending:
        return warned(
            pending_text(pending),
            "Skupper does not take up these settings by itself; what it takes is in brackets and interrupts traffic",
            Command(f"qontract-skupper plan --verbose --cluster-name {site.cluster.name}"),
        )
    return passed("no declared setting is pending")


_ACCEPTED = ("cluster-reachable", "namespace-readable")

CHECKS: tuple[Check[Site], ...] = (
    Check("site-complete", "the site is complete", _complete, _ACCEPTED),
    Check(
        "lease-fresh", "the site reports the network, and its lease is fresh", _reports, ("site-complete",)
    ),
    Check("certificates-valid", "its certificates are valid for long", _dates, ("site-complete",)),
    Check("version-runs", "the declared version runs", _version, ("site-complete",)),
    Check("settings-in-effect", "all declared settings are in effect", _settings, ("site-complete",)),
)
