"""Removes a site in two phases: first its links at both ends, then the site itself.

A site is removed when its data says ``delete``, or has not declared it for some time (``missing``). Its links are
deleted only when their replacements are up, and the site only when no link Secret names it, so that no remote keeps
dialling it. Objects that Skupper created are garbage-collected; until then they are listed.
"""

from collections.abc import Iterable, Sequence

from reconcile.kinds import CONFIG_MAP, Kind
from reconcile.skupper.plan import Change, SiteReport, SiteState, Verb
from reconcile.skupper.v1 import lost_labels, names, objects
from reconcile.skupper.v1.guards import Owned, Proven
from reconcile.skupper.v1.live_site import LiveSite
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.waits import Wait, WaitKind


def plan(
    live: LiveSite, secrets: Sequence[LinkSecret], network: str, reason: str, *, waits_for: Wait | None = None
) -> list[Change]:
    """Remove the site itself, once none of `secrets` (all link Secrets of ours) names it any more.

    `waits_for` is what must be observed first.
    """
    if live.foreign:
        return []
    if live.config_map and lost_labels.config_map(live.config_map, live.mine):
        # It is ours by what is beside it, which goes first: a run that is killed in between would never finish.
        return [lost_labels.restore_config_map(live.key, live.ownership, network)]
    linked = any(live.key in {secret.link.dialler, secret.link.issuer} for secret in secrets)
    if linked and not waits_for:
        waits_for = Wait(WaitKind.UNLINKED, str(live.key), "its links are removed")
    guards = (Owned(live.ownership), Proven(live.ownership))
    changes = []
    for kind, name in _own_objects():
        found = live.find(kind, name)
        if found and not found.deleting and not any(guard.hold(found) for guard in guards):
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
    """The progress of the removal; None if nothing is left."""
    if live.foreign or not live.mine:
        return None
    left = sorted(f"{o.key.kind.name} {o.key.name}" for o in live.mine)
    return SiteReport(
        network=network,
        key=live.key,
        name=live.config.get("name", str(live.key)),
        mode="",
        state=SiteState.REMOVING,
        reason=f"{reason}; still there: {_some(left)}",
    )


def _own_objects() -> Iterable[tuple[Kind, str]]:
    """What we applied, in the order of removal: reverse order of creation, but ``skupper-site`` last but one.

    Until that ConfigMap is deleted the site works, so it goes after all that would no longer be applied. The
    ServiceAccount records what a later run needs to finish the removal: the network, and since when it is missing.
    """
    account, *others = objects.APPLIED
    site = (CONFIG_MAP, names.SITE)
    yield from (applied for applied in reversed(others) if applied != site)
    yield from (site, account)


def _some(listed: Sequence[str], most: int = 5) -> str:
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
