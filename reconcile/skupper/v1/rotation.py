"""Replaces a token whose link may be up: parks it, proves the links without it, and only then deletes it.

Two connections between the same sites show as one record, that of whichever was first, and a connector in the router's
configuration may never connect. So whether a new token works shows only while the old one is out of use. A *parked*
token keeps its Secret and loses the label that makes it a token: the service-controller drops its connector. If the
links do not come up in time, the label is put back, which restores the old link. All of this is in the Secret's label
and annotations, so a run that is killed is completed by the next one.

Source: ``cmd/service-controller/token_handler.go``; records of links: ``pkg/flow/record.go``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from reconcile.findings import Finding, SiteSubject
from reconcile.kinds import SECRET
from reconcile.skupper.live import instant
from reconcile.skupper.plan import Change, LinkObservation, LinkReport, Verb, Verdict
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link
from reconcile.skupper.v1 import commands, link_steps, names
from reconcile.skupper.v1.tokens import LinkSecret
from reconcile.skupper.waits import Wait, WaitKind

PROVE_WITHIN = timedelta(seconds=60)
"""How long a token stays parked before it is restored. A link record follows a connection within 30 s."""

_ATTENDED = 2 * PROVE_WITHIN
"""A token that is parked for longer was left by the run that parked it: nobody saw whether the new one works."""

_NEVER = "-"
"""Stands for a time that is not known."""

UNDISTURBED = timedelta(seconds=45)
"""A record that is older than the parking proves a link after this time: config-sync, which ends the connection of a
parked token, resyncs every 30 s."""


class Rotations:
    """Lets one rotation at a time begin among neighbouring sites, none near a router that restarts.

    So no site loses two links at once.
    """

    def __init__(self, links: Iterable[Link], parked: Iterable[Link]) -> None:
        """`links` are all that may be in use, `parked` those whose rotation is under way."""
        self._neighbours: dict[SiteKey, set[SiteKey]] = {}
        for link in links:
            self._neighbours.setdefault(link.dialler, set()).add(link.issuer)
            self._neighbours.setdefault(link.issuer, set()).add(link.dialler)
        self._begun = [(_ends(link), _replaced(link)) for link in sorted(set(parked))]
        self._restarts: set[SiteKey] = set()

    def begin(self, link: Link) -> Wait | None:
        """Begin the rotation of a link; if something is under way around it, return the wait for its end."""
        ends = _ends(link)
        around = ends.union(*(self._neighbours.get(key, set()) for key in ends))
        for others, wait in self._begun:
            if others != ends and others & around:
                return wait
        for site in sorted(self._restarts & around):
            return Wait(WaitKind.ROTATED, str(site), f"{site} has restarted", shown_at=(site,))
        self._begun.append((ends, _replaced(link)))
        return None

    def keep_clear(self, site: SiteKey) -> None:
        """Begin no rotation around a site whose router restarts, or is about to; those under way go on."""
        self._restarts.add(site)


def _ends(link: Link) -> frozenset[SiteKey]:
    return frozenset({link.dialler, link.issuer})


def _replaced(link: Link) -> Wait:
    return Wait(WaitKind.ROTATED, str(link), f"the token of {link} is replaced")


def park(
    secret: LinkSecret,
    network: str,
    reason: str,
    replacements: Sequence[str],
    now: datetime,
    *,
    seen: tuple[LinkObservation, LinkObservation],
    waits_for: Wait | None = None,
    removal: bool = False,
) -> list[Change]:
    """Take a token out of use, and delete it once the links are up without it.

    `replacements` are the tokens of these links, if the link of this one is up; they are not tried again if they fail.
    `seen` is what its dialler and its issuer report about its link now.
    """
    former = " ".join(each.began.isoformat() if each.began else _NEVER for each in seen)
    annotations = {names.PARKED: now.isoformat(timespec="seconds"), names.FORMER: former}
    if replacements:
        annotations[names.REPLACEMENT] = ",".join(sorted(replacements))
    parking = _patch(
        secret,
        network,
        f"{reason}; it is parked until the new link is proven",
        {"labels": {names.TYPE: None}, "annotations": annotations},
        waits_for=waits_for,
        attended=True,
        removal=removal,
    )
    up = Wait(WaitKind.LINKED, str(secret.link), "the links are up without it")
    return [parking, link_steps.remove(secret, network, reason, waits_for=up)]


def finish(
    secret: LinkSecret, network: str, reason: str, now: datetime, *, proven: bool, judged: bool = True
) -> list[Change]:
    """Delete a parked token whose links are up without it, or restore it if they did not come up in time.

    `judged`: False if nothing shows now whether they are up. The rotation is then to be tried again, and so it is where
    no run has watched it: what is down after a run was killed may be down for another reason than the new token.
    """
    if proven:
        return [link_steps.remove(secret, network, reason)]
    age = now - secret.parked_at if secret.parked_at else _ATTENDED
    # Clocks of two runners differ a little; a time further in the future is that of one whose clock was wrong.
    if abs(age) < PROVE_WITHIN:
        wait = Wait(WaitKind.PROVEN, str(secret.link), "the links are up without it")
        return [link_steps.remove(secret, network, reason, waits_for=wait)]
    if judged and PROVE_WITHIN <= age < _ATTENDED:
        return [restore(secret, network, "the link did not come up without it")]
    why = "nothing shows whether the link is up without it"
    return [restore(secret, network, why, cleared=(names.PARKED, names.FORMER, names.REPLACEMENT))]


def unjudged(secrets: Iterable[LinkSecret], network: str, now: datetime) -> list[Change]:
    """Finish the rotation of a link that cannot be judged now: no token of it stays out of use for that."""
    return [
        change
        for secret in secrets
        if secret.delivered and secret.parked
        for change in finish(secret, network, "its rotation is under way", now, proven=False, judged=False)
    ]


def restore(
    secret: LinkSecret, network: str, reason: str, *, cleared: Sequence[str] = (names.PARKED, names.FORMER)
) -> Change:
    """Put a parked token back into use, without these annotations."""
    metadata = {"labels": {names.TYPE: names.TOKEN}, "annotations": dict.fromkeys(cleared)}
    return _patch(secret, network, f"{reason}: it is restored", metadata)


def restores(change: Change) -> bool:
    """True if a change puts a parked token back into use. It goes before all others, which may fail."""
    metadata = (change.body or {}).get("metadata", {})
    return change.verb is Verb.PATCH and metadata.get("labels") == {names.TYPE: names.TOKEN}


def proven(
    secret: LinkSecret, seen: Mapping[SiteKey, LinkObservation], now: datetime, *, loaded: bool
) -> bool:
    """True if what both ends report cannot be the connection of this parked token.

    That is, if each reports a link that was established later than the one it reported when the token was parked. Both
    times are of the same router, so that no two clocks are compared. `loaded`: its connector is still in the
    configuration of the router.
    """
    if loaded or secret.parked_at is None:
        return False
    written = secret.live.annotations.get(names.FORMER, "").split(" ")
    former = dict(zip((secret.link.dialler, secret.link.issuer), map(instant, written), strict=False))
    if all(_later(each, former.get(key)) for key, each in seen.items()):
        return True
    return now - secret.parked_at >= UNDISTURBED


def _later(observation: LinkObservation, former: datetime | None) -> bool:
    if observation.verdict is Verdict.SILENT:
        return True
    return bool(former and observation.began and observation.began > former)


def failed(secret: LinkSecret, report: LinkReport) -> Finding:
    """Report a token that was restored since the one that was to replace it did not connect."""
    tried = ", ".join(sorted(secret.failed_replacements))
    return Finding(
        rule="failed-rotation",
        message=(
            f"the new token of {report.link} ({tried}) did not connect while the old one, Secret {secret.name} in "
            f"{secret.at}, was parked: the old one is in use again. Check that {report.link.dialler} can reach "
            f"{report.link.issuer} and that the certificates of {report.link.issuer} are those that its router has "
            "loaded. Then have the rotation tried again; "
            + commands.on(secret.at, f"annotate secret {secret.name} {names.REPLACEMENT}-")
        ),
        subject=SiteSubject(secret.at.cluster, secret.at.namespace, report.network),
    )


def _patch(
    secret: LinkSecret,
    network: str,
    reason: str,
    metadata: dict[str, object],
    *,
    waits_for: Wait | None = None,
    attended: bool = False,
    removal: bool = False,
) -> Change:
    return Change(
        verb=Verb.PATCH,
        cluster=secret.at.cluster,
        namespace=secret.at.namespace,
        kind=SECRET,
        name=secret.name,
        network=network,
        uid=secret.live.uid,
        reason=reason,
        body={"metadata": metadata},
        waits_for=waits_for,
        attended=attended,
        removal=removal,
    )
