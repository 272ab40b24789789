"""The links of a review, and why each is created or deleted.

A plan does not know why the topology changed, but it has both the old and the new links of a site: a deleted and a
created uplink of the same edge site are one move, and so are two links between interior sites that share an end.
"""

from collections.abc import Iterable, Iterator, Sequence

from reconcile.skupper.plan import Change, LinkReport, SiteReport, Verb
from reconcile.skupper.review.items import Action, Item
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.topology import Link, LinkRole

Steps = Sequence[tuple[Change, bool]]
"""Changes, and whether each is refused."""


class LinkItems:
    """Explains the links of one plan."""

    def __init__(
        self, sites: Iterable[SiteReport], links: Iterable[LinkReport], site_items: Iterable[Item]
    ) -> None:
        self._sites = {report.key: report for report in sites}
        self._declared = {report.link: report for report in links}
        changed = [(item.subject, item.action) for item in site_items if isinstance(item.subject, SiteKey)]
        self._new = {key for key, action in changed if action is Action.CREATE}
        self._leaving = {key for key, action in changed if action is Action.DELETE}
        redundant = (link for link in self._declared if link.role is LinkRole.REDUNDANT)
        self._redundant = {end for link in redundant for end in _ends(link)}
        self._pairs: dict[Link, Link] = {}

    def items(self, steps: Steps) -> Iterator[Item]:
        """One item a link; refused removals apart from what is applied."""
        grouped: dict[tuple[Link, str, bool], list[Change]] = {}
        for change, refused in steps:
            if change.link:
                grouped.setdefault((change.link, change.network, refused), []).append(change)
        actions = {key: self._action(key[0], changes) for key, changes in grouped.items()}
        later = [report for report in self._declared.values() if report.waits_for]
        found = {link for (link, *_), action in actions.items() if action is Action.CREATE}
        created = sorted(found | {report.link for report in later})
        deleted = sorted({link for (link, *_), action in actions.items() if action is Action.DELETE})
        self._pairs = self._moves(created, [link for link in deleted if not self._between_networks(link)])
        for (link, network, refused), changes in grouped.items():
            action = actions[link, network, refused]
            yield Item(
                action=action,
                subject=link,
                network=network,
                reason=self._reason(link, action, changes),
                changes=tuple(changes),
                waits_for=None if any(change.ready for change in changes) else changes[0].waits_for,
                refused=refused,
                counterpart=self._pairs.get(link),
            )
        for report in later:
            yield Item(
                action=Action.CREATE,
                subject=report.link,
                network=report.network,
                reason=self._why_created(report.link),
                waits_for=report.waits_for,
                counterpart=self._pairs.get(report.link),
            )

    def _action(self, link: Link, changes: Sequence[Change]) -> Action:
        """A declared link whose old token is still at the dialler exists: it gets a new token."""
        if link not in self._declared:
            marked = all(change.verb is Verb.PATCH and not change.removal for change in changes)
            return Action.UPDATE if marked else Action.DELETE
        verbs = [change.verb for change in changes if (change.cluster, change.namespace) == link.dialler]
        return Action.CREATE if verbs == [Verb.CREATE] else Action.UPDATE

    def _moves(self, created: Sequence[Link], deleted: Sequence[Link]) -> dict[Link, Link]:
        """Pair deleted links with the links that replace them, in both directions."""
        pairs: dict[Link, Link] = {}
        at: dict[SiteKey, set[int]] = {}
        # Site -> the places of its links in `created`.
        for place, link in enumerate(created):
            for end in _ends(link):
                at.setdefault(end, set()).add(place)
        for fits in (_turned, self._same_uplink, _shared):
            for old in deleted:
                # All that may replace a link have an end in common with it.
                near = [created[place] for place in sorted(set().union(*(at.get(e, ()) for e in _ends(old))))]
                new = next((link for link in near if link not in pairs and fits(old, link)), None)
                if new and old not in pairs:
                    pairs |= {old: new, new: old}
        return pairs

    def _same_uplink(self, old: Link, new: Link) -> bool:
        return old.dialler == new.dialler and self._is_uplink(old) and self._is_uplink(new)

    def _between_networks(self, link: Link) -> bool:
        """True for a link that keeps two networks joined; it has no replacement, and its change says why it goes."""
        return len({self._sites[end].network for end in _ends(link) if end in self._sites}) > 1

    def _is_uplink(self, link: Link) -> bool:
        report = self._sites.get(link.dialler)
        return link.role is LinkRole.UPLINK or (report is not None and report.mode == "edge")

    def _reason(self, link: Link, action: Action, changes: Sequence[Change]) -> str:
        match action:
            case Action.CREATE:
                return self._why_created(link)
            case Action.DELETE:
                return changes[0].reason if self._between_networks(link) else self._why_deleted(link)
        return changes[0].reason

    def _why_created(self, link: Link) -> str:
        old = self._pairs.get(link)
        if old:
            return self._move(old, link)
        return _clauses(self._new_site(link) or "new link", _role(link))

    def _why_deleted(self, link: Link) -> str:
        leaving = self._leaving_site(link)
        if leaving:
            return leaving
        new = self._pairs.get(link)
        if new:
            return self._move(link, new)
        if self._is_uplink(link):
            return _clauses("no longer one of its uplinks", LinkRole.UPLINK.text)
        if not self._redundant.isdisjoint(_ends(link)):
            return _clauses("no longer needed", LinkRole.REDUNDANT.text)
        return "the data no longer links these sites"

    def _move(self, old: Link, new: Link) -> str:
        """``uplink moves b → e: spread over clusters``."""
        if _turned(old, new):
            return f"turns around: {new.dialler} now dials {new.issuer}"
        shared = sorted(set(_ends(old)) & set(_ends(new)))[0]
        before, after = _other(old, shared), _other(new, shared)
        what = "uplink" if self._is_uplink(new) else f"link of {shared}"
        cause = _clauses(self._leaving_site(old) or self._new_site(new), _role(new))
        return f"{what} moves {_step(before, after)}: {cause}"

    def _new_site(self, link: Link) -> str:
        if link.dialler in self._new:
            return "new site"
        return f"new site {link.issuer}" if link.issuer in self._new else ""

    def _leaving_site(self, link: Link) -> str:
        leaving = next((end for end in _ends(link) if end in self._leaving), None)
        return f"site {leaving} is deleted" if leaving else ""


def _turned(old: Link, new: Link) -> bool:
    return _ends(old) == _ends(new)[::-1]


def _shared(old: Link, new: Link) -> bool:
    """True for two links between interior sites that have an end in common."""
    interior = new.role in {LinkRole.MESH, LinkRole.REDUNDANT}
    return interior and len(set(_ends(old)) & set(_ends(new))) == 1


def _ends(link: Link) -> tuple[SiteKey, SiteKey]:
    return link.dialler, link.issuer


def _other(link: Link, end: SiteKey) -> SiteKey:
    return link.issuer if end == link.dialler else link.dialler


def _step(before: SiteKey, after: SiteKey) -> str:
    """Two sites, by their clusters if that tells them apart."""
    same = before.namespace == after.namespace
    return f"{before.cluster} → {after.cluster}" if same else f"{before} → {after}"


def _role(link: Link) -> str:
    return link.role.text if link.role else ""


def _clauses(*clauses: str) -> str:
    return ", ".join(filter(None, clauses))
