"""Plans the records of removals: each removal waits until it is recorded on two sites that remain.

Of two runs at once one must see what the other records. So both write to the same object first, that of the first
site that exists, and each write requires that its object is still as the plan has seen it. A site at which a write
failed is left out for the rest of the run. This holds while each run fails to read, or to write to, at most one
cluster, whatever their data: two runs that each lack another one of three sites have the third in common. Records are
deleted once they no longer count.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import timedelta

from reconcile.skupper.plan import Change, Verb
from reconcile.skupper.removal_records import FRESH, LASTS, MOST, PREFIX, Records, Unit, entry
from reconcile.skupper.removal_units import Units
from reconcile.skupper.sites import SiteKey
from reconcile.skupper.waits import Wait, WaitKind

_COPIES = 2
_NAMED = 3
_RECENT = timedelta(hours=1)
_JUST_NOW = timedelta(minutes=-1)
"""By how much a record may be from a later time: machines learn the clock of a cluster only so well."""


@dataclass(frozen=True, slots=True)
class Recording:
    """The removals of one plan, and what is written for them first."""

    records: Records
    units: Units
    networks: Mapping[SiteKey, str]
    """Every wanted site -> its network."""
    removals: Sequence[Change]
    """All removals that are planned, in order."""
    all_read: bool = True
    """True if no cluster with sites is unread."""

    def plan(self) -> tuple[list[Change], list[Change]]:
        """(the writes of records, the removals); a removal waits for the record of it."""
        leaving = self._leaving()
        due = {unit for change in self.removals if change.ready for unit in self.units.of(change)}
        places = self._places(leaving, due)
        writes = [
            self._write(place, values, due) for place in places if (values := self._lacking(place, due))
        ]
        changes = list(self.removals)
        if writes:
            first = SiteKey(*writes[0].work_key)
            later = Wait(WaitKind.RECORDED, str(first), f"{first} has recorded it", shown_at=(first,))
            writes[1:] = [replace(write, waits_for=later) for write in writes[1:]]
            wait = Wait(WaitKind.RECORDED, str(first), "its removal is recorded", shown_at=tuple(places))
            keeping = {place for place in leaving if self.records.at(place)}
            changes = [self._deferred(change, wait, keeping) for change in changes]
        if places:
            changes = [replace(change, recorded=bool(self.units.of(change))) for change in changes]
        return [*writes, *self._pruned(leaving, {write.work_key for write in writes})], changes

    def _deferred(self, change: Change, wait: Wait, keeping: Set[SiteKey]) -> Change:
        # What a site has recorded is copied before it goes, even if its own removal needs no record.
        keeps = not change.link and SiteKey(*change.work_key) in keeping
        waits = change.ready and (keeps or self.units.of(change))
        return replace(change, waits_for=wait) if waits else change

    def _leaving(self) -> frozenset[SiteKey]:
        """The sites that the plan removes."""
        return frozenset(
            SiteKey(*change.work_key)
            for change in self.removals
            if change.verb is Verb.DELETE and change.namespace and not change.link
        )

    def _places(self, leaving: Set[SiteKey], due: Set[Unit]) -> list[SiteKey]:
        """The sites that shall have all records, the one to write first at the head; empty if nothing is to record."""
        counting = [record for record in self.records.counting.values() if record.at]
        if not counting and not due:
            return []
        fit = self._fit(leaving)
        staying = _two(key for key in fit if key not in leaving)
        if due:
            return list(dict.fromkeys((*_two(fit), *staying)))
        lasting = (len(set(record.places) - leaving) for record in counting)
        return staying if min(lasting) < len(staying) else []

    def _fit(self, leaving: Set[SiteKey]) -> list[SiteKey]:
        """The sites that may keep records, in order; without the one that failed to, if another run sees those left."""
        keepers = self.records.keepers.items()
        fit = sorted((key for key, keeper in keepers if keeper.writable()), key=self._preference)
        failed = self._failed(fit)
        others = [key for key in fit if key not in failed]
        several = len({key.cluster for key in fit}) > 1
        places = {key.cluster for key in failed} if several else failed
        replaced = self.all_read and len(places) == 1 and bool(set(others) - leaving)
        return others if replaced else fit

    def _failed(self, keys: Iterable[SiteKey]) -> frozenset[SiteKey]:
        return frozenset(filter(self.records.rejects, keys))

    def _preference(self, key: SiteKey) -> tuple[bool, SiteKey]:
        """What was created just now, perhaps in place of what another run removes, has no records and comes last."""
        created = self.records.keepers[key].live.created
        recent = created is None or self.records.now_at(key) - created < _RECENT
        return recent, key

    def _lacking(self, place: SiteKey, due: Set[Unit]) -> dict[str, str]:
        """The records that a site lacks, or that are too old for a removal that is due: annotation -> value."""
        records, now = self.records, self.records.now_at(place)
        values = {}
        for unit in sorted(due):
            age = records.age(place, unit.key)
            if age is None or not _JUST_NOW <= age <= FRESH:
                values[PREFIX + unit.key] = entry(unit.what, now)
        for record in list(records.counting.values())[:MOST]:
            name, age = PREFIX + record.key, records.age(place, record.key)
            if record.at and name not in values and (age is None or age >= LASTS):
                values[name] = entry(record.what, now - (records.now - record.at))
        return values

    def _write(self, place: SiteKey, values: Mapping[str, str], due: Set[Unit]) -> Change:
        own = [unit.what for unit in sorted(due) if PREFIX + unit.key in values]
        more = f" and {len(own) - _NAMED} more" if len(own) > _NAMED else ""
        what = (
            f"the removal of {', '.join(own[:_NAMED])}{more}"
            if own
            else "removals that another site has recorded"
        )
        failed = ", ".join(map(str, sorted(self._failed(self.records.keepers))))
        instead = f"; a write at {failed} has failed" if failed else ""
        return self._patch(place, values, f"it records {what}{instead}")

    def _pruned(self, leaving: Set[SiteKey], written: Set[tuple[str, str]]) -> Iterator[Change]:
        """Delete the records that no longer count, from every site of which nothing else is written."""
        for place in self.records.expired:
            kept = place in leaving or place in written or self.records.rejects(place)
            if not kept and self.records.keepers[place].writable():
                yield self._patch(place, {}, "what it records was removed more than a day ago")

    def _patch(self, place: SiteKey, values: Mapping[str, str], reason: str) -> Change:
        """Write records, and delete those of the same site that no longer count."""
        live = self.records.keepers[place].live
        expired = (PREFIX + key for key in self.records.expired.get(place, ()))
        return Change(
            verb=Verb.PATCH,
            cluster=place.cluster,
            namespace=place.namespace,
            kind=live.key.kind,
            name=live.key.name,
            network=self.networks.get(place, ""),
            reason=reason,
            body={"metadata": {"annotations": {**dict.fromkeys(expired), **values}}},
            expects=live.resource_version,
        )


def _two(keys: Iterable[SiteKey]) -> list[SiteKey]:
    """The first site of each of two clusters, or two of the only one."""
    listed = list(keys)
    first: dict[str, SiteKey] = {}
    for key in listed:
        first.setdefault(key.cluster, key)
    others = (key for key in listed if key not in first.values())
    return [*first.values(), *others][:_COPIES]
