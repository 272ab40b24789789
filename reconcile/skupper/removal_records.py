"""Records of removals, which the clusters keep: by them the removal budget counts a day and not a run.

Before a site, link or policy is removed, an annotation of an object of ours says so: on the object of two other sites
that remain, on different clusters if there are sites on two, so that neither a cluster that is down nor the removal of
a site loses a record. An annotation names one removal, so two runs that write at once do not overwrite each other.

Times are those of the clock of the cluster that keeps the record, so it does not matter which machine runs. Whatever is
wrong with a record, it counts: it may make the budget smaller, and never larger.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from math import ceil
from typing import NamedTuple

from reconcile.findings import Finding, Severity, SiteSubject
from reconcile.skupper.live import LiveObject, instant
from reconcile.skupper.plan_input import PlanInput
from reconcile.skupper.sites import SiteKey

PREFIX = "removed.qontract-skupper/"
"""Of the annotation ``removed.qontract-skupper/<key>: <time> <what>``."""

FRESH = timedelta(minutes=30)
"""A removal is planned only while its record is younger than this, and ends within the same time."""

LASTS = timedelta(days=1) + 2 * FRESH
"""How long a record counts: a day from the moment of the removal, which comes that much later than its record."""

MOST = 1000
"""So many removals fit into the annotations of one object, which an API server limits to 256 KiB."""

_AHEAD = timedelta(hours=1)
"""A record from a later time than this cannot be: the clock of its cluster was put back, or somebody else wrote it."""

_UNPROVEN = "secret "
_LONGEST = 200


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """What counts as one removal. Of objects of unproven origin each counts, apart from all others."""

    what: str
    """``site east/vault``, ``link west/vault -> east/vault``, ``policy vault on east``, ``secret east/vault/name``."""
    uid: str = ""
    """UID of the object whose removal counts, since another one of this name counts again; empty if not known."""

    @classmethod
    def unproven(cls, place: str, uid: str) -> "Unit":
        """A Secret of which only labels and a name show that it is ours."""
        return cls(f"{_UNPROVEN}{place}", uid)

    @property
    def key(self) -> str:
        """Identifies the record of this removal."""
        return sha256(f"{self.what} {self.uid}".encode()).hexdigest()[:20]


class Entry(NamedTuple):
    """One annotation, as far as it can be read."""

    what: str
    """What was removed; empty if that is not readable."""
    at: datetime | None
    """When it was written, by the clock of its cluster; None if that is not readable."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """The object of one site that may keep records: Skupper copies none of its annotations to pods."""

    live: LiveObject
    writable: Callable[[], bool]
    """Returns False if this run may change nothing there, or if the object is not ours."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known about one removal, by all of its copies."""

    key: str
    what: str
    at: datetime | None
    """When it was recorded, by our clock; None if a copy of it is not valid, so that it counts until it is deleted."""
    places: tuple[SiteKey, ...]
    """The sites that keep it."""
    proven: bool
    """True if it counts against the budget of what is proven to be ours. If its copies differ it may count as both."""
    unproven: bool
    """True if it counts against the budget of objects of unproven origin."""

    @property
    def until(self) -> datetime | None:
        """When it ceases to count."""
        return self.at + LASTS if self.at else None


class Records:
    """All records on the clusters that could be read."""

    def __init__(self, inputs: PlanInput, keepers: Mapping[SiteKey, Keeper]) -> None:
        self._inputs = inputs
        self.keepers = keepers
        self._entries = {
            key: found for key, keeper in keepers.items() if (found := keeper.live.derived(_read))
        }

    @property
    def now(self) -> datetime:
        """What time it is by our clock."""
        return self._inputs.now

    def now_at(self, key: SiteKey) -> datetime:
        """What time it is by the clock of a site's cluster, in whole seconds and never earlier than it is."""
        moment = self._inputs.now + self._inputs.snapshot(key.cluster).clock_ahead
        return moment.replace(microsecond=0) + timedelta(seconds=ceil(moment.microsecond / 1_000_000))

    def rejects(self, key: SiteKey) -> bool:
        """True if a site may keep records and has failed to write something in this run."""
        return self._inputs.gives_up(key)

    def at(self, key: SiteKey) -> bool:
        """True if a site keeps any records."""
        return key in self._entries

    def age(self, key: SiteKey, record: str) -> timedelta | None:
        """How long ago a site recorded a removal; None if it has no record of it, or none that is valid."""
        entry = self._entries.get(key, {}).get(record)
        return self._age(key, entry) if entry else None

    @cached_property
    def counting(self) -> Mapping[str, Record]:
        """The records that count now, by key: those of a day, and those that are not valid."""
        found: dict[str, list[tuple[SiteKey, Entry]]] = {}
        for key, entries in sorted(self._entries.items()):
            for record, entry in entries.items():
                if not self._is_expired(key, entry):
                    found.setdefault(record, []).append((key, entry))
        return {record: self._record(record, found[record]) for record in sorted(found)}

    def used(self, *, unproven: bool = False) -> frozenset[str]:
        """The keys of the records that count against the budget, or (`unproven`) for objects of unproven origin."""
        return frozenset(
            key for key, record in self.counting.items() if (record.unproven if unproven else record.proven)
        )

    @cached_property
    def expired(self) -> Mapping[SiteKey, Sequence[str]]:
        """Site -> the keys of its records that no longer count, where there are any."""
        found = {
            key: sorted(record for record, entry in entries.items() if self._is_expired(key, entry))
            for key, entries in sorted(self._entries.items())
        }
        return {key: old for key, old in found.items() if old}

    def findings(self) -> Iterator[Finding]:
        """Report records that are not valid: they count until somebody deletes them."""
        for key, entries in sorted(self._entries.items()):
            wrong = sorted(record for record, entry in entries.items() if self._age(key, entry) is None)
            if wrong:
                live = self.keepers[key].live
                keys = " ".join(f"{PREFIX}{record}-" for record in wrong)
                yield Finding(
                    rule="removal-record",
                    severity=Severity.WARNING,
                    message=(
                        f"{key}: {len(wrong)} of the removals that {live.key.kind.name} {live.key.name} records "
                        "have no valid time, so they count against the removal budget until they are deleted. If "
                        f"they are forged, on cluster {key.cluster} run: oc -n {key.namespace} annotate "
                        f"{live.key.kind.name.lower()} {live.key.name} {keys}"
                    ),
                    subject=SiteSubject(key.cluster, key.namespace),
                )

    def _record(self, record: str, copies: Iterable[tuple[SiteKey, Entry]]) -> Record:
        found = list(copies)
        ages = [self._age(key, entry) for key, entry in found]
        known = [age for age in ages if age is not None]
        youngest = self._inputs.now - min(known) if len(known) == len(ages) else None
        whats = [entry.what for _, entry in found]
        return Record(
            key=record,
            what=max(whats),
            at=youngest,
            places=tuple(key for key, _ in found),
            proven=not all(what.startswith(_UNPROVEN) for what in whats),
            unproven=any(not what or what.startswith(_UNPROVEN) for what in whats),
        )

    def _is_expired(self, key: SiteKey, entry: Entry) -> bool:
        age = self._age(key, entry)
        return age is not None and age >= LASTS

    def _age(self, key: SiteKey, entry: Entry) -> timedelta | None:
        if entry.at is None or not entry.what:
            return None
        age = self.now_at(key) - entry.at
        return age if age >= -_AHEAD else None


def entry(what: str, at: datetime) -> str:
    """The value of an annotation."""
    return f"{at.isoformat(timespec='seconds')} {what}"


def _read(live: LiveObject) -> Mapping[str, Entry]:
    """The records of one object, by key."""
    found = {}
    for name, value in live.annotations.items():
        if name.startswith(PREFIX):
            written, _, what = value.partition(" ")
            found[name.removeprefix(PREFIX)] = Entry(what[:_LONGEST], instant(written))
    return found
