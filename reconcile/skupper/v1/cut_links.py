"""Reports a declared link that is cut by an order: it must not exist, and its ends say whether it is gone."""

from collections.abc import Iterator

from reconcile.skupper.plan import LinkObservation, LinkReport, LinkState, Verdict
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import commands, observations
from reconcile.skupper.v1.marks import Cut
from reconcile.skupper.v1.observations import Identity
from reconcile.skupper.v1.observed_state import ObservedState


def report(network: str, link: Link, cut: Cut, observed: ObservedState) -> LinkReport:
    """Cut, once no end that can be read has a Secret of the link or reports it; unknown if no end can tell."""
    seen = _seen(link, observed)
    left = sorted(f"Secret {secret.name} in {secret.at}" for secret in observed.secrets_of(link))
    up = sorted(str(end) for end, each in seen.items() if each.verdict is Verdict.UP)
    state, since = LinkState.CUT, None
    reason = f"{cut}; to link it again, {cut.ended_by}"
    if up or left:
        state, since = LinkState.CUTTING, cut.since
        reason = f"{cut}, but {' and '.join(_remaining(up, left, link, observed))}"
    elif not any(each.verdict is Verdict.ABSENT for each in seen.values()):
        state, reason = LinkState.UNKNOWN, f"{cut}, but neither end reports whether the link is gone"
    return LinkReport(
        network=network,
        link=link,
        state=state,
        reason=reason,
        since=since,
        dialler=seen[link.dialler],
        issuer=seen[link.issuer],
    )


def _remaining(up: list[str], left: list[str], link: Link, observed: ObservedState) -> Iterator[str]:
    """What is left of a link, and what can be done about it."""
    if left:
        yield f"{', '.join(left)} {'is' if len(left) == 1 else 'are'} still there"
    if up:
        yield f"{' and '.join(up)} still reports the link"
    if not observed.may_write(link.dialler):
        yield (
            f"the token of {link.dialler} cannot be deleted there; to have {link.issuer} refuse it, "
            + commands.revoke(link.issuer)
        )


def _seen(link: Link, observed: ObservedState) -> dict[SiteKey, LinkObservation]:
    """What both ends report about the link; one that can be read speaks for both if the other one cannot."""
    now = observed.inputs.now
    readable = [end for end in (link.dialler, link.issuer) if _readable(end, observed)]
    dialler, issuer = _identity(link.dialler, observed), _identity(link.issuer, observed)
    if len(readable) > 1:
        ends = observed.site(link.dialler), observed.site(link.issuer)
        return {
            link.dialler: observations.of_dialler(ends[0], ends[1], now),
            link.issuer: observations.of_issuer(ends[0], ends[1], now, dialler_is_edge=dialler.edge),
        }
    found = dict.fromkeys(
        (link.dialler, link.issuer), LinkObservation(Verdict.UNKNOWN, "it could not be read")
    )
    for end in readable:
        live_end = observed.site(end)
        verdict = observations.of_any(live_end, dialler, issuer, now)
        found[end] = LinkObservation(verdict, at=live_end.status_at)
    return found


def _readable(end: SiteKey, observed: ObservedState) -> bool:
    return not observed.inputs.snapshot(end.cluster).problem_in(end.namespace)


def _identity(key: SiteKey, observed: ObservedState) -> Identity:
    site = next((each for each in observed.inputs.desired.sites if each.key == key), None)
    site_id = observed.site(key).site_id if _readable(key, observed) else ""
    return Identity(site_id, site.name if site else "", edge=site is not None and site.edge)
