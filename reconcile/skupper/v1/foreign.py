"""Foreign objects under names that we need: they are reported and not changed, and their site is skipped.

Server-side apply would take over any object of the same name, so this is checked before anything is applied.
"""

from collections.abc import Iterable

from reconcile.findings import Finding, SiteSubject
from reconcile.kinds import CONFIG_MAP, SECRET, Kind
from reconcile.skupper.live import LiveObject
from reconcile.skupper.ownership import INSTANCE
from reconcile.skupper.plan import Change, LinkReport, LinkState
from reconcile.skupper.sites import Site
from reconcile.skupper.v1 import commands, legacy, lost_labels, names, objects, provenance, replacing
from reconcile.skupper.v1.link_steps import LinkEnds
from reconcile.skupper.v1.live_site import LiveSite


def around(live: LiveSite, desired: Iterable[tuple[Kind, objects.Body]]) -> list[LiveObject]:
    """Objects with the names of our site-controller's that are not ours and are not being adopted."""
    named = (
        (live.find(kind, body["metadata"]["name"]), body) for kind, body in desired if kind != CONFIG_MAP
    )
    return [
        found for found, body in named if found and not found.deleting and not _is_ours(found, body, live)
    ]


def refuse_site(site: Site, live: LiveSite) -> Finding:
    """Report a foreign ``skupper-site`` where a site is declared."""
    found = live.config_map
    if found and legacy.applied(found):
        whose = f"of the integration {legacy.NAME}"
        step = (
            "To adopt the site with its links, remove the namespace from the data of that integration, without "
            "`delete: true`, and run: qontract-skupper run --take-over"
        )
    else:
        whose = f"that is not ours ({provenance.owner_of(found)})" if found else "that is not ours"
        step = (
            "Delete it and stop whatever manages it, or remove the namespace from the network. "
            + _inspect(site, f"configmap {names.SITE}")
        )
    return _finding(
        "foreign-site",
        f"{site.key} has a ConfigMap {names.SITE} {whose}: nothing is changed there. {step}",
        site,
    )


def refuse_objects(site: Site, found: list[LiveObject]) -> Finding:
    """Report foreign objects under the names of our site-controller's."""
    listed = ", ".join(
        f"{live.key.kind.name} {live.key.name} ({provenance.owner_of(live)})" for live in found
    )
    message = (
        f"{site.key} has {listed}: nothing is applied there. Delete it and stop whatever manages it, or remove the "
        f"namespace from the network. {_inspect(site, f'{found[0].key.kind.plural} {found[0].key.name}')}"
    )
    return _finding("foreign-object", message, site)


def name_conflict(
    ends: LinkEnds, report: LinkReport
) -> tuple[LinkReport, list[Change], list[Finding]] | None:
    """How to treat a link if a foreign Secret has its name at either end; None if none has."""
    ours = {(secret.at, secret.name) for secret in ends.secrets}
    if (ends.link.dialler, report.credential) in ours:
        return None
    for site in (ends.dialler, ends.issuer):
        found = site.find(SECRET, report.credential)
        if found and not found.deleting and (site.key, report.credential) not in ours:
            where = f"Secret {report.credential} in {site.key} is not ours"
            message = (
                f"{where}, so link {ends.link} cannot be created. Stop whatever manages it and rename or delete it; "
                + commands.on(site.key, f"delete secret {report.credential}")
            )
            finding = Finding(
                rule="foreign-secret",
                message=message,
                subject=SiteSubject(site.key.cluster, site.key.namespace, ends.network),
            )
            waiting = LinkReport(
                network=ends.network,
                link=ends.link,
                state=LinkState.WAITING,
                reason=where,
                credential=report.credential,
                dialler=report.dialler,
                issuer=report.issuer,
            )
            return waiting, [], [finding]
    return None


def _is_ours(found: LiveObject, body: objects.Body, live: LiveSite) -> bool:
    """By its labels; in one of our sites also if only the labels were lost, so that an apply restores them."""
    if live.ownership.covers(found.labels) or live.adopted(found):
        return True
    if lost_labels.service_account(found, live.mine):
        return True
    ours = bool(live.site_id) and not live.being_adopted and INSTANCE not in found.labels
    return (
        ours
        and provenance.applied(found)
        and not replacing.why(found.key.kind, body, found, taken_over=False)
    )


def _inspect(site: Site, what: str) -> str:
    shown = commands.on(site.key, f"get {what} -o jsonpath='{{.metadata.managedFields}}'")
    return f"To see what manages it, {shown}"


def _finding(rule: str, message: str, site: Site) -> Finding:
    return Finding(
        rule=rule,
        message=message,
        datafile=site.definition.path,
        pointer=("skupper",),
        subject=site.subject,
    )
