"""Taking a site away, in two phases: first its links at both ends, then the site itself.

A site is removed when its data says ``delete`` or says nothing of it any more. Its links go only when those that
replace them are up, and the site only when no link Secret names it, so that no peer is left dialling a ghost. What
Skupper made is collected by the API server; until it is gone it is listed.
"""

from collections.abc import Iterable, Sequence

from reconcile.kinds import CONFIG_MAP, Kind
from reconcile.skupper.plan import Change, SiteReport, Verb
from reconcile.skupper.v1 import names, objects, provenance
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret


def plan(
    live: LiveSite, secrets: Sequence[LinkSecret], network: str, reason: str, *, waits_for: str = ""
) -> list[Change]:
    """Remove the site itself, once none of `secrets` (all link Secrets of ours) names it any more.

    `waits_for` says what else has to happen first.
    """
    if live.foreign:
        return []
    linked = any(live.key in {secret.link.dialler, secret.link.issuer} for secret in secrets)
    if linked and not waits_for:
        waits_for = "its links are removed"
    changes = []
    for kind, name in _own_objects():
        found = live.find(kind, name)
        if found and not found.deleting and provenance.proven(found, live.ownership):
            changes.append(
                Change(
                    verb=Verb.DELETE,
                    cluster=live.key.cluster,
                    namespace=live.key.namespace,
                    kind=kind,
                    name=name,
                    network=network,
                    uid=found.uid,
                    reason=reason,
                    waits_for=waits_for,
                    removal=kind == CONFIG_MAP,
                )
            )
    return changes


def report(live: LiveSite, network: str, reason: str) -> SiteReport | None:
    """How far the removal is; None if nothing is left."""
    if live.foreign or not live.mine:
        return None
    left = sorted(f"{o.key.kind.name} {o.key.name}" for o in live.mine)
    return SiteReport(
        network=network,
        key=live.key,
        name=live.config.get("name", str(live.key)),
        mode="",
        state="removing",
        reason=f"{reason}; still there: {_some(left)}",
    )


def _own_objects() -> Iterable[tuple[Kind, str]]:
    """What we applied, in the order of removal: last made first gone, but the ConfigMap at the very end.

    By the ConfigMap a run finds a site that is not declared any more, so it stays until all else is done.
    """
    for kind in reversed(objects.CONTROLLER_KINDS):
        yield kind, names.SITE_CONTROLLER
    yield CONFIG_MAP, names.SITE


def _some(listed: Sequence[str], most: int = 5) -> str:
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
