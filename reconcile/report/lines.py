"""Lines that plans, runs and statuses share: one for each change, and one that sums up the links.

An action line is a Python list, as other qontract integrations log them. Dry run and run print the same line; scripts
read it, so its form is fixed.
"""

from collections import Counter

from reconcile.report.wording import counted
from reconcile.skupper.plan import Change, LinkState, Plan, SiteState, Verb

_ALWAYS_WITH_ACCOUNT = {Verb.APPLY, Verb.DELETE}
"""Lines of these verbs always name the account; those of other verbs only if it is the cluster-admin account."""

_SHORT = 12
"""Characters of a bundle's sha that name it in a log line."""


def action(change: Change) -> str:
    """For example ``['apply', 'privileged=False', 'cluster', 'namespace', 'ConfigMap', 'skupper-site']``."""
    words = [change.verb.value]
    if change.admin or change.verb in _ALWAYS_WITH_ACCOUNT:
        words.append(f"privileged={change.admin}")
    return repr([*words, change.cluster, change.namespace, change.kind.label, change.name])


def link_summary(plan: Plan) -> str:
    """How many declared links are up, on standby or not up, and how many errors there are."""
    errors = f" {counted(len(plan.errors), 'error')}, see above." if plan.errors else ""
    return _links(plan) + errors


def run_summary(plan: Plan, *, bundle: str, writes: int, seconds: float) -> str:
    """``bundle 0f5e0f5e0f5e: 6 of 6 sites ready, 6 of 6 links up, 117 writes, 45 s``."""
    sites = [
        site
        for site in plan.sites
        if not site.leaving and site.state not in {SiteState.KEPT, SiteState.MISSING}
    ]
    ready = sum(site.state is SiteState.READY for site in sites)
    converged = sum(link.converged for link in plan.links)
    counts = [
        f"{ready} of {counted(len(sites), 'site')} ready",
        f"{converged} of {counted(len(plan.links), 'link')} up",
        counted(writes, "write"),
        f"{seconds:.0f} s",
    ]
    return f"{f'bundle {bundle[:_SHORT]}' if bundle else 'bundle not pinned'}: {', '.join(counts)}"


def _links(plan: Plan) -> str:
    managed = [link for link in plan.links if link.managed]
    left = Counter(link.state.value for link in plan.links if not link.managed)
    if not managed:
        found = " and ".join(f"{counted(number, 'link')} {state}" for state, number in sorted(left.items()))
        return f"{found or 'No links'}."
    good = sum(link.converged for link in managed)
    standbys = sum(link.state is LinkState.STANDBY for link in managed)
    standby = f", {standbys} of them on standby" if standbys and good == len(managed) else ""
    unreported = sum(link.state is LinkState.UNKNOWN for link in managed)
    unknown = f", {unreported} of them unknown" if unreported and len(managed) > 1 else ""
    others = "".join(f", {number} {state}" for state, number in sorted(left.items()))
    return f"{_share(good, len(managed))}{standby}{unknown}{others}."


def _share(good: int, total: int) -> str:
    if total == 1:
        return f"The one declared link is {'up' if good else 'not up'}"
    if good == total:
        return f"All {total} declared links are up"
    if good == 0:
        return f"None of {total} declared links is up"
    bad = total - good
    return f"{bad} of {total} declared links {'is' if bad == 1 else 'are'} not up"
